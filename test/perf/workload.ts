import { join } from 'node:path';
import { type Place, place } from '../e2e/pairs.ts';
import { timed } from './measuring.ts';

const FOLDER = join(import.meta.dirname, 'workload');

/** The table `orders` of the bench in a source and its empty twins in a target, with what an engineer would type to copy it. */
export interface Workload {
  /** What `sluice copy` copies from and to; absent: `orders` of both. */
  readonly ends?: readonly [from: string, to: string];
  readonly source: Place;
  readonly target: Place;
  /** Seconds of the pipe from `orders` into `limit_orders`. */
  limit(): Promise<number>;
  /** Throws unless the target's table has the source's rows. */
  check(): Promise<void>;
  close(): Promise<void>;
}

const TARGET =
  'id bigint primary key, customer_id bigint not null, status varchar(16) not null, amount numeric(12,2) not null, note varchar(200), created_at timestamptz(6) not null, updated_at timestamptz(6) not null, flag boolean not null, payload jsonb, discount double precision';

/** The same content in every place: count and a hash of each row's text in PostgreSQL. */
export const HASH = `select count(*) || ':' || sum(hashtextextended(t::text, 0)::numeric)`;

async function emptyTarget(): Promise<Place> {
  const target = await place('postgres');
  for (const table of ['orders', 'limit_orders']) await target.run(`create table ${table} (${TARGET})`);
  return target;
}

export async function generate(at: Place, rows: number): Promise<void> {
  const file = join(FOLDER, 'orders-postgres.sql');
  await timed('psql', ['-q', at.url, '-v', `rows=${rows}`, '-v', 'table=orders', '-f', file]);
}

export async function postgresWorkload(rows: number): Promise<Workload> {
  const [source, target] = [await place('postgres'), await emptyTarget()];
  await generate(source, rows);
  return {
    source,
    target,
    async limit() {
      await target.run('truncate limit_orders');
      const pipe = `psql -q '${source.url}' -c 'copy orders to stdout' | psql -q '${target.url}' -c 'copy limit_orders from stdin'`;
      return (await timed('bash', ['-c', pipe])).seconds;
    },
    async check() {
      const [is, was] = [target, source].map((at) => at.value(`${HASH} from orders t`));
      if ((await is) !== (await was)) throw new Error(`The sides differ: ${await was} and ${await is}`);
    },
    close: async () => void (await Promise.all([source.close(), target.close()])),
  };
}

/** The MariaDB source is filled from PostgreSQL's, so that both are the same rows. */
export async function mariadbWorkload(rows: number): Promise<Workload> {
  const origin = await place('postgres');
  await generate(origin, rows);
  const [source, target] = [await place('mysql'), await emptyTarget()];
  const { username, password, hostname, port, pathname } = new URL(source.url);
  const client = `mariadb -u${username} -p${password} -h${hostname} -P${port} ${pathname.slice(1)}`;
  await timed('bash', ['-c', `${client} < ${join(FOLDER, 'orders-mariadb.sql')}`]);
  const columns = 'id, customer_id, status, amount, note, created_at, updated_at, flag, payload, discount';
  const text = `to_char(created_at, 'YYYY-MM-DD HH24:MI:SS.US'), to_char(updated_at, 'YYYY-MM-DD HH24:MI:SS.US')`;
  const rowsOf = columns.replace('created_at, updated_at', text).replace('flag', 'flag::int');
  // A pipe by name: LOAD DATA LOCAL reads it like a file, and nothing of the size of the table is written to the disk.
  const fill = `dir=$(mktemp -d); mkfifo $dir/rows
PGTZ=UTC psql -qc "copy (select ${rowsOf} from orders) to stdout" '${origin.url}' > $dir/rows &
${client} --local-infile=1 -e "set unique_checks=0; load data local infile '$dir/rows' into table orders character set utf8mb4 (${columns})"
rm -r $dir`;
  await timed('bash', ['-c', fill]);
  return {
    source,
    target,
    async limit() {
      await target.run('truncate limit_orders');
      const pipe = `${client} --quick -N -B -e 'select ${columns} from orders' | PGTZ=UTC psql -q '${target.url}' -c "copy limit_orders (${columns}) from stdin with (null 'NULL')"`;
      return (await timed('bash', ['-c', pipe])).seconds;
    },
    async check() {
      await target.run(`set timezone = 'UTC'`);
      await origin.run(`set timezone = 'UTC'`);
      const [is, was] = [target, origin].map((at) => at.value(`${HASH} from orders t`));
      if ((await is) !== (await was)) throw new Error(`The sides differ: ${await was} and ${await is}`);
    },
    close: async () => void (await Promise.all([origin.close(), source.close(), target.close()])),
  };
}
