import {
  once,
  REWRITE,
  type ReaderFixture,
  rowText,
  sharedSources,
  SOURCE_TABLES,
  type SourceTable,
  type TestSource,
} from '@sluice/connector-sdk/contract';
import { MAX_RECORD_BYTES } from '@sluice/model';
import { testMariadb } from '@sluice/testkit';
import { openDatabase, type TestDatabase } from './copy.fixture.ts';

const TYPES = {
  integer: 'bigint',
  // Tells all texts apart, spaces at the end included; a key has a limit of bytes.
  text: 'varchar(100) character set utf8mb4 collate utf8mb4_nopad_bin',
} as const;

const ROWS = 21_000;

/** Keys of MySQL's own types and indices: columns, and what fills them for each n of 1..ROWS; `v` is n. */
const KEYED: Readonly<Record<string, { columns: string; values: string }>> = {
  'a text key under a case-insensitive collation': {
    columns: 'id varchar(40) collate utf8mb4_general_ci primary key, v int',
    values: "concat(elt(1 + seq % 5, 'B', 'a', 'é', 'Z', '_\\''), seq), seq",
  },
  'a latin1 key': {
    columns: 'id varchar(40) character set latin1 primary key, v int',
    values: "concat(elt(1 + seq % 3, 'ä', 'a', 'ÿ'), seq), seq",
  },
  'a key of number, text and date': {
    columns: 'a int, b varchar(10), c date, v int, primary key (a, b, c)',
    values: "seq % 7, concat('k', seq % 100), '2020-01-01' + interval seq day, seq",
  },
  'a decimal key': {
    columns: 'id decimal(30,10) primary key, v int',
    values: '(cast(seq as signed) - 9000) / 7, seq',
  },
  'a binary key': { columns: 'id binary(16) primary key, v int', values: 'unhex(md5(seq)), seq' },
  'a UUID key': { columns: 'id uuid primary key, v int', values: 'unhex(md5(seq)), seq' },
  'a timestamp key': {
    columns: 'id datetime(6) primary key, v int',
    values: "'2020-01-01' + interval seq * 1234567 microsecond, seq",
  },
  'a float key': { columns: 'id float primary key, v int', values: 'seq / 7 - 300, seq' },
  'a key of enumeration and number': {
    columns: "e enum('z', 'm', 'a'), n int, v int, primary key (e, n)",
    values: '1 + seq % 3, seq, seq',
  },
  'only a unique, not-null index': {
    columns: 'id int not null, x int, v int, unique key (x), unique key (id)',
    values: 'seq, if(seq % 2, null, seq), seq',
  },
};

/** Tables in a database of their own. */
export function mysqlReaderFixture(): ReaderFixture {
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
    const lines = given.columns.map(({ name, type, nullable }) => {
      // What is no key may be long.
      const isKey = given.key.includes(name);
      const declared = type === 'text' && !isKey ? 'longtext' : TYPES[type];
      return `${name} ${declared} ${nullable === true ? 'null' : 'not null'}`;
    });
    if (given.key.length > 0) lines.push(`primary key (${given.key.join(', ')})`);
    await db.run(`create table ${table} (${lines.join(', ')}) default character set utf8mb4`);
    const rows = given.rows().map((row) => row.map((cell) => (cell === null ? null : String(cell))));
    for (let at = 0; at < rows.length; at += 2000) await db.insert(table, rows.slice(at, at + 2000));
    await db.run(`analyze table ${table}`);
    const names = given.columns.map(({ name }) => name);
    return sourceOf(table, names, given.splitKey === undefined ? {} : { splitKey: given.splitKey });
  };
  const keyed = async ({ columns, values }: (typeof KEYED)[string]): Promise<TestSource> => {
    const table = `t${made++}`;
    await db.run(
      `create table ${table} (${columns}) default character set utf8mb4`,
      `insert into ${table} select ${values} from seq_1_to_${ROWS}`,
      `analyze table ${table}`,
    );
    return sourceOf(table, ['v']);
  };
  const one = async (): Promise<string> =>
    String((await create(SOURCE_TABLES['one row'])).parameters['table']);

  const shared = sharedSources(create);
  return {
    without: {},
    open: async () => {
      db = await openDatabase(await testMariadb());
    },
    close: () => db.close(),
    ...shared,
    sources: {
      ...shared.sources,
      ...Object.fromEntries(Object.entries(KEYED).map(([title, given]) => [title, once(() => keyed(given))])),
    },
    unresumable: () => create(SOURCE_TABLES['no key, with equal rows']),
    damaged: async () => {
      const table = `t${made++}`;
      await db.run(
        `create table ${table} (id int primary key, b longblob, t varchar(9) character set ucs2)`,
        `insert into ${table} select seq, repeat('x', if(seq = 3, ${MAX_RECORD_BYTES}, seq)), if(seq = 7, convert(0xd800 using ucs2), 'ok') from seq_1_to_9`,
      );
      return {
        ...sourceOf(table, ['id']),
        rows: async () => (await db.run(`select id from ${table} where id not in (3, 7)`)).map(rowText),
        damaged: { 2: 'SLUICE_SRC_ROW_TOO_LARGE', 6: 'SLUICE_SRC_VALUE' },
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
        // Whoever has no right on a table does not even see that it is there.
        config: await db.stranger('grant select on $database.t0 to $user'),
        parameters: { table: await one() },
        codes: ['SLUICE_SRC_PRIVILEGE', 'SLUICE_SRC_TABLE'],
      }),
      filter: async () => ({
        config: db.config,
        parameters: { table: await one(), where: 'nowhere = 1' },
        codes: ['SLUICE_SRC_COLUMN'],
      }),
      'a filter that does not parse': async () => ({
        config: db.config,
        parameters: { table: await one(), where: 'v = = 1' },
        codes: ['SLUICE_SRC_QUERY'],
      }),
    },
    filter: {
      parameter: 'where',
      text: `id % 3 = 0 and v <> 6 and ';--' <> ')' and '\\')' <> ''`,
      keeps: (id) => id % 3 === 0 && id !== 6,
      unsafe: [
        '1=1) or (1=1',
        'v > 1; drop table t0',
        'v > 1 -- x',
        'v /* x */ > 1',
        'v > 1 # x',
        'v > 1)',
        '(v > 1',
        "v = 'a",
        '  ',
      ],
    },
    rewritten: async () => {
      const dense = SOURCE_TABLES['a dense integer key'];
      const source = await create({ ...dense, rows: () => dense.rows().slice(0, 5000) });
      const table = String(source.parameters['table']);
      return {
        ...source,
        rewrite: async () => void (await db.run(...REWRITE(table))),
        addColumn: async () =>
          void (await db.run(`alter table ${table} add column w varchar(9) default 'x' first`)),
      };
    },
    connections: async () => (await others(db)).length,
    kill: async () => {
      for (const id of await others(db)) await db.run(`kill ${id}`);
    },
    stalled: async () => ({
      config: db.config,
      parameters: { table: await one(), where: 'sleep(300) = 0' },
      isAwaited: async () =>
        (
          await db.run(
            "select 1 from information_schema.processlist where db = database() and state = 'User sleep'",
          )
        ).length > 0,
    }),
    listed: async () => {
      const given = await create(SOURCE_TABLES['texts that are hard to quote as a key']);
      const name = `odd.\`na me ${made++}`;
      const quoted = `\`${name.replaceAll('`', '``')}\``;
      await db.run(`rename table ${String(given.parameters['table'])} to ${quoted}`);
      return { ...sourceOf(quoted, given.columns), name };
    },
  };
}

/** Connections to the database of the test but its own. */
async function others(db: TestDatabase): Promise<readonly string[]> {
  const rows = await db.run(
    'select id from information_schema.processlist where db = database() and id <> connection_id()',
  );
  return rows.map(([id]) => id!);
}
