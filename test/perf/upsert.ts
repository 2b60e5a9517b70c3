import { join } from 'node:path';
import { readFileSync } from 'node:fs';
import { place } from '../e2e/pairs.ts';
import { timed } from './measuring.ts';
import { generate, HASH, type Workload } from './workload.ts';

/** A workload whose target has a row of every key already, with other values; `reset` brings them back. */
export interface UpsertWorkload extends Workload {
  reset(): Promise<void>;
}

/** Values that every row has before, unlike those that come. */
const OLD = { status: `'old'`, amount: 'amount + 1', note: `'as it was'`, discount: 'null' };
const COLUMNS = [
  'id',
  'customer_id',
  'status',
  'amount',
  'note',
  'created_at',
  'updated_at',
  'flag',
  'payload',
  'discount',
];
const LIST = COLUMNS.join(', ');
const old = COLUMNS.map((name) => OLD[name as keyof typeof OLD] ?? name).join(', ');
const REST = COLUMNS.slice(1);

/** PostgreSQL to PostgreSQL, beside COPY into a temporary table and one `insert ... on conflict`. */
export async function postgresUpserts(rows: number): Promise<UpsertWorkload> {
  const [source, target] = [await place('postgres'), await place('postgres')];
  await generate(source, rows);
  await timed('bash', ['-c', `pg_dump -t orders '${source.url}' | psql -q '${target.url}'`]);
  await target.run('create table was (like orders)');
  await target.run(`insert into was (${LIST}) select ${old} from orders`);
  await target.run('create table limit_orders (like orders including all)');
  const refill = async (table: string): Promise<void> => {
    await target.run(`truncate ${table}; insert into ${table} select * from was`);
    await target.run(`vacuum analyze ${table}`);
  };
  const set = REST.map((name) => `${name} = excluded.${name}`).join(', ');
  const steps = [
    'create temp table staged (like limit_orders)',
    'copy staged from stdin',
    `insert into limit_orders select * from staged on conflict (id) do update set ${set}`,
  ].map((sql) => `-c '${sql}'`);
  return {
    source,
    target,
    reset: () => refill('orders'),
    async limit() {
      await refill('limit_orders');
      const pipe = `psql -q '${source.url}' -c 'copy orders to stdout' | psql -q '${target.url}' ${steps.join(' ')}`;
      return (await timed('bash', ['-c', pipe])).seconds;
    },
    async check() {
      const [is, was] = [target, source].map((at) => at.value(`${HASH} from orders t`));
      if ((await is) !== (await was)) throw new Error(`The sides differ: ${await was} and ${await is}`);
    },
    close: async () => void (await Promise.all([source.close(), target.close()])),
  };
}

/** PostgreSQL to MariaDB, beside LOAD DATA into a temporary table and one `insert ... on duplicate key update`. */
export async function mariadbUpserts(rows: number): Promise<UpsertWorkload> {
  const [source, target] = [await place('postgres'), await place('mysql')];
  await generate(source, rows);
  const ddl = readFileSync(join(import.meta.dirname, 'workload/orders-mariadb.sql'), 'utf8');
  await target.run(ddl);
  for (const table of ['limit_orders', 'was']) await target.run(`create table ${table} like orders`);
  const { username, password, hostname, port, pathname } = new URL(target.url);
  const client = `mariadb -u${username} -p${password} -h${hostname} -P${port} ${pathname.slice(1)} --local-infile=1`;
  const texts = LIST.replace(
    'created_at, updated_at',
    `to_char(created_at, 'YYYY-MM-DD HH24:MI:SS.US'), to_char(updated_at, 'YYYY-MM-DD HH24:MI:SS.US')`,
  ).replace('flag', 'flag::int');
  const load = (table: string, before = '', after = ''): Promise<{ readonly seconds: number }> =>
    timed('bash', [
      '-c',
      `dir=$(mktemp -d); mkfifo $dir/rows
PGTZ=UTC psql -qc "copy (select ${texts} from orders) to stdout" '${source.url}' > $dir/rows &
${client} -e "${before} load data local infile '$dir/rows' into table ${table} character set utf8mb4 (${LIST}); ${after}"
rm -r $dir`,
    ]);
  await load('orders');
  await target.run(`insert into was (${LIST}) select ${old} from orders`);
  const refill = async (table: string): Promise<void> => {
    await target.run(`truncate ${table}; insert into ${table} select * from was; analyze table ${table}`);
  };
  const set = REST.map((name) => `${name} = values(${name})`).join(', ');
  const sum = (table: string): Promise<string> =>
    target.value(
      `select concat(count(*), ':', sum(crc32(concat_ws('|', ${COLUMNS.map((name) => `ifnull(${name}, '~')`).join(', ')})))) from ${table}`,
    );
  return {
    source,
    target,
    reset: () => refill('orders'),
    async limit() {
      await refill('limit_orders');
      const merge = `insert into limit_orders select * from staged on duplicate key update ${set}`;
      const done = await load('staged', 'create temporary table staged like limit_orders;', merge);
      return done.seconds;
    },
    async check() {
      const [is, was] = [await sum('orders'), await sum('limit_orders')];
      if (is !== was) throw new Error(`The sides differ: ${was} and ${is}`);
    },
    close: async () => void (await Promise.all([source.close(), target.close()])),
  };
}
