import { randomBytes } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { connectorForUrl } from '@sluice/connectors';
import { RESTING_STATES, type TaskDocument, uuidv7 } from '@sluice/model';
import type { RunRow } from '@sluice/ports';
import type { Engine } from '@sluice/standalone';
import { testMariadb, testPostgres } from '@sluice/testkit';
import { createConnection } from 'mysql2/promise';
import { Client } from 'pg';

export type Kind = 'postgres' | 'mysql' | 'sqlite';

/** A database of one kind, with one way to run SQL and one to read text. */
export interface Place {
  readonly kind: Kind;
  readonly url: string;
  run(sql: string): Promise<void>;
  /** The first column of the only row, as text. */
  value(sql: string): Promise<string>;
  close(): Promise<void>;
}

/** A new, empty database, or another session of the one that a URL names. */
export async function place(kind: Kind, known?: string): Promise<Place> {
  if (kind === 'postgres') {
    const url = known ?? (await testPostgres());
    const client = new Client({ connectionString: url });
    await client.connect();
    await client.query(`set timezone = 'UTC'`);
    const value = async (sql: string): Promise<string> =>
      String((await client.query({ text: sql, rowMode: 'array' })).rows[0]![0]);
    return {
      kind,
      url,
      value,
      run: async (sql) => void (await client.query(sql)),
      close: () => client.end(),
    };
  }
  if (kind === 'mysql') {
    const url = known ?? (await testMariadb());
    const connection = await createConnection({
      uri: url,
      multipleStatements: true,
      charset: 'utf8mb4',
      timezone: 'Z',
    });
    await connection.query(
      `set time_zone = '+00:00', max_recursive_iterations = 100000000, group_concat_max_len = 1000000`,
    );
    const value = async (sql: string): Promise<string> => {
      const [rows] = await connection.query({ sql, rowsAsArray: true });
      return String((rows as unknown[][])[0]![0]);
    };
    return {
      kind,
      url,
      value,
      run: async (sql) => void (await connection.query(sql)),
      close: () => connection.end(),
    };
  }
  const path = join(mkdtempSync(join(tmpdir(), 'sluice-pair-')), 'pair.db');
  const database = new DatabaseSync(path);
  const value = async (sql: string): Promise<string> =>
    String(Object.values(database.prepare(sql).get()!)[0]);
  return {
    kind,
    url: `sqlite:${path}`,
    value,
    run: async (sql) => database.exec(sql),
    close: async () => database.close(),
  };
}

/** Orders 1..rows in the dialect of a place: text in several scripts, nulls, exact decimals, microseconds. */
export async function fill(at: Place, table: string, rows: number, hasKey: boolean): Promise<void> {
  const key = hasKey ? ' primary key' : '';
  const note = `case when n % 20 = 0 then null when n % 3 = 0 then 'Zürich ☕ 订单 🚚' when n % 3 = 1 then 'tab\there, back\\slash, "quotes"' else '' end`;
  const note2 = at.kind === 'mysql' ? note.replace('\\', '\\\\') : note;
  const series = {
    postgres: `from generate_series(1::bigint, ${rows}) n`,
    mysql: `from (with recursive s(n) as (select 1 union all select n + 1 from s where n < ${rows}) select n from s where n <= ${rows}) q`,
    sqlite: `from (with recursive s(n) as (select 1 union all select n + 1 from s where n < ${rows}) select n from s where n <= ${rows})`,
  }[at.kind];
  const columns = {
    postgres: `id bigint${key}, amount numeric(12,2) not null, note varchar(200), at timestamp(6) not null, day date not null, ratio double precision`,
    mysql: `id bigint${key}, amount decimal(12,2) not null, note varchar(200), at datetime(6) not null, day date not null, ratio double`,
    sqlite: `id integer${key}, amount decimal_text(12,2) not null, note text, at datetime not null, day date not null, ratio real`,
  }[at.kind];
  const select = {
    postgres: `n, n * 31337 % 1000000 / 100.0 - 5000, ${note2}, timestamp '2024-01-01 00:00:00' + n * interval '1.234567 s', date '2024-01-01' + (n % 1000)::int, n % 1000 / 7.0::float8`,
    mysql: `n, n * 31337 % 1000000 / 100 - 5000, ${note2}, timestamp('2024-01-01 00:00:00') + interval n * 1234567 microsecond, date('2024-01-01') + interval n % 1000 day, (n % 1000) / 7e0`,
    sqlite: `n, printf('%.2f', (n * 31337 % 1000000 - 500000) / 100.0), ${note2}, strftime('%Y-%m-%d %H:%M:%S', 1704067200 + n * 1234567 / 1000000, 'unixepoch') || printf('.%06d', n * 1234567 % 1000000), date('2024-01-01', '+' || (n % 1000) || ' days'), (n % 1000) / 7.0`,
  }[at.kind];
  await at.run(`create table ${table} (${columns})${at.kind === 'mysql' ? ' default charset utf8mb4' : ''}`);
  await at.run(`insert into ${table} select ${select} ${series}`);
  if (at.kind === 'postgres') await at.run(`analyze ${table}`);
}

/**
 * The canonical text of a row, made by the server: fields joined by `|`, null as `~`, decimals with 2 digits, times with 6, doubles as
 * the integer of their 10^9-fold. Its md5 per row, summed in two halves, is the fingerprint of a table: order does not matter, one
 * byte does.
 */
export function fingerprint(at: Place, table: string): Promise<string> {
  const sql = {
    postgres: `select count(*) || ':' || coalesce(sum(('x' || substr(h, 1, 12))::bit(48)::bigint), 0) || ':' || coalesce(sum(('x' || substr(h, 13, 12))::bit(48)::bigint), 0)
      from (select md5(concat_ws('|', id, amount::numeric(12,2), coalesce(note, '~'), to_char(at, 'YYYY-MM-DD HH24:MI:SS.US'), to_char(day, 'YYYY-MM-DD'), coalesce(round(ratio::numeric * 1000000)::text, '~'))) h from ${table}) q`,
    mysql: `select concat(count(*), ':', coalesce(sum(cast(conv(substr(h, 1, 12), 16, 10) as unsigned)), 0), ':', coalesce(sum(cast(conv(substr(h, 13, 12), 16, 10) as unsigned)), 0))
      from (select md5(concat_ws('|', id, cast(amount as decimal(12,2)), coalesce(note, '~'), date_format(at, '%Y-%m-%d %H:%i:%s.%f'), date_format(day, '%Y-%m-%d'), coalesce(cast(round(ratio * 1000000) as signed), '~'))) h from ${table}) q`,
    sqlite: '',
  }[at.kind];
  return at.value(sql);
}

/** Copies one table as a task of an engine and answers the run when it rests. */
export async function copyTable(...given: Parameters<typeof beginCopy>): Promise<RunRow> {
  return rested(given[0], (await beginCopy(...given)).id);
}

/** Starts to copy one table as a task of an engine. */
export async function beginCopy(
  engine: Engine,
  from: Place,
  to: Place,
  table: string,
  document: Partial<TaskDocument> & { target?: string },
): Promise<RunRow> {
  const name = randomBytes(4).toString('hex');
  const ends = await Promise.all(
    [from, to].map((end, i) => {
      const { connector, config } = connectorForUrl(end.url);
      return engine.sources.create(engine.workspace, `${name}-${i}`, connector, config);
    }),
  );
  const { target = table, ...more } = document;
  const task = await engine.store.tasks.insert({
    id: uuidv7(),
    workspace: engine.workspace,
    name,
    document: {
      mode: 'full',
      reader: { dataSource: ends[0]!.id, parameters: { table } },
      writer: { dataSource: ends[1]!.id, parameters: { table: target } },
      ...more,
    },
    createdAt: 1,
    updatedAt: 1,
  });
  return engine.runs.control.start({
    workspace: engine.workspace,
    task: task.id,
    trigger: 'test',
    actor: 'test',
  });
}

export async function rested(engine: Engine, run: string): Promise<RunRow> {
  for (;;) {
    const row = (await engine.store.runs.get(run))!;
    if (RESTING_STATES.has(row.state)) return row;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
