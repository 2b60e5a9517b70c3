import {
  REWRITE,
  type ReaderFixture,
  rowText,
  sharedSources,
  SOURCE_TABLES,
  type SourceTable,
  type TestSource,
} from '@sluice/connector-sdk/contract';
import { MAX_RECORD_BYTES } from '@sluice/model';
import { testPostgres } from '@sluice/testkit';
import { openDatabase, type TestDatabase } from './database.fixture.ts';

const TYPES = { integer: 'bigint', text: 'text' } as const;

/** Tables in a database of their own. */
export function postgresReaderFixture(): ReaderFixture {
  let db: TestDatabase;
  let made = 0;

  const sourceOf = (
    table: string,
    columns: readonly string[],
    parameters: Readonly<Record<string, unknown>> = {},
  ): TestSource => ({
    config: db.config,
    parameters: { table, ...parameters },
    columns,
    rows: async () => (await db.run(`select ${columns.join(', ')} from ${table}`)).map(rowText),
  });

  const create = async (given: SourceTable): Promise<TestSource> => {
    const table = `t${made++}`;
    const lines = given.columns.map(
      ({ name, type, nullable }) => `${name} ${TYPES[type]}${nullable === true ? '' : ' not null'}`,
    );
    if (given.key.length > 0) lines.push(`primary key (${given.key.join(', ')})`);
    await db.run(`create table ${table} (${lines.join(', ')})`);
    const rows = given.rows();
    const arrays = given.columns.map((_, column) =>
      rows.map((row) => (row[column] === null ? null : String(row[column]))),
    );
    const lists = given.columns.map(({ type }, column) => `$${column + 1}::${TYPES[type]}[]`);
    await db.client.query(`insert into ${table} select * from unnest(${lists.join(', ')})`, arrays);
    const names = given.columns.map(({ name }) => name);
    return sourceOf(table, names, given.splitKey === undefined ? {} : { splitKey: given.splitKey });
  };
  const one = async (): Promise<string> =>
    String((await create(SOURCE_TABLES['one row'])).parameters['table']);

  return {
    without: {},
    open: async () => {
      db = await openDatabase(await testPostgres());
    },
    close: () => db.close(),
    ...sharedSources(create),
    unresumable: () => create(SOURCE_TABLES['no key, with equal rows']),
    damaged: async () => {
      const table = `t${made++}`;
      await db.run(
        `create table ${table} (id int primary key, t text)`,
        `insert into ${table} select n, repeat('x', case when n in (3, 7) then ${MAX_RECORD_BYTES} else n end) from generate_series(1, 9) n`,
      );
      const code = 'SLUICE_SRC_ROW_TOO_LARGE';
      const source = sourceOf(table, ['id']);
      return {
        ...source,
        rows: async () => (await db.run(`select id from ${table} where id not in (3, 7)`)).map(rowText),
        damaged: { 2: code, 6: code },
      };
    },
    refused: {
      column: async () => ({
        config: db.config,
        parameters: { table: await one(), columns: ['id', 'nowhere'] },
        codes: ['SLUICE_SRC_COLUMN'],
      }),
      'split column': async () => ({
        config: db.config,
        parameters: { table: await one(), splitKey: 'nowhere' },
        codes: ['SLUICE_SRC_COLUMN'],
      }),
      table: async () => ({
        config: db.config,
        parameters: { table: 'nowhere' },
        codes: ['SLUICE_SRC_TABLE'],
      }),
      database: async () => ({
        config: { ...db.config, database: 'nowhere' },
        parameters: { table: 't' },
        codes: ['SLUICE_SRC_DATABASE'],
      }),
      password: async () => ({
        config: { ...db.config, password: 'wr0ng-s3cret' },
        parameters: { table: 't' },
        codes: ['SLUICE_SRC_AUTH'],
        secret: 'wr0ng-s3cret',
      }),
      host: async () => ({
        config: { ...db.config, host: '127.0.0.1', port: 1, password: 'wr0ng-s3cret' },
        parameters: { table: 't' },
        codes: ['SLUICE_SRC_UNREACHABLE'],
        secret: 'wr0ng-s3cret',
      }),
      right: async () => ({
        config: await db.stranger(),
        parameters: { table: await one() },
        codes: ['SLUICE_SRC_PRIVILEGE'],
      }),
      filter: async () => ({
        config: db.config,
        parameters: { table: await one(), where: 'nowhere = 1' },
        codes: ['SLUICE_SRC_COLUMN'],
      }),
      'a filter that fails on a value': async () => ({
        config: db.config,
        parameters: { table: await one(), where: '1 / (v - v) = 1' },
        codes: ['SLUICE_SRC_QUERY'],
      }),
    },
    filter: {
      parameter: 'where',
      text: `id % 3 = 0 and v <> 6 and ';--' <> ')' and e'\\')' <> ''`,
      keeps: (id) => id % 3 === 0 && id !== 6,
      unsafe: [
        '1=1) or (1=1',
        'v > 1; drop table t0',
        'v > 1 -- x',
        'v /* x */ > 1',
        "'a' = 'a",
        '(v > 1',
        'v > 1)',
        `'a' like'\\' ) or (1=1) or ('a' like'x'`,
        '$$)$$ = $$($$',
      ],
    },
    rewritten: async () => {
      const dense = SOURCE_TABLES['a dense integer key'];
      const source = await create({ ...dense, rows: () => dense.rows().slice(0, 5000) });
      const table = String(source.parameters['table']);
      return {
        ...source,
        rewrite: async () => void (await db.run(...REWRITE(table))),
        addColumn: async () => void (await db.run(`alter table ${table} add column w text default 'x'`)),
      };
    },
    connections: async () =>
      Number((await db.run(`select count(*) from pg_stat_activity where ${READING}`))[0]![0]),
    kill: async () => {
      await db.run(`select pg_terminate_backend(pid) from pg_stat_activity where ${READING}`);
    },
    stalled: async () => ({
      config: db.config,
      parameters: { table: await one(), where: 'pg_sleep(300) is not null' },
      isAwaited: async () =>
        (await db.run(`select 1 from pg_stat_activity where ${READING} and wait_event = 'PgSleep'`)).length >
        0,
    }),
    listed: async () => {
      const given = await create(SOURCE_TABLES['texts that are hard to quote as a key']);
      const name = `odd."na me ${made++}`;
      const quoted = `"${name.replaceAll('"', '""')}"`;
      await db.run(`alter table ${String(given.parameters['table'])} rename to ${quoted}`);
      return { ...sourceOf(quoted, given.columns), name };
    },
  };
}

const READING = `datname = current_database() and application_name = 'sluice read'`;
