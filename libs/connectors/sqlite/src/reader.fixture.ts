import { existsSync, mkdtempSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import {
  REWRITE,
  type ReaderFixture,
  rowText,
  sharedSources,
  SOURCE_TABLES,
  type SourceTable,
  type TestSource,
} from '@sluice/connector-sdk/contract';
import { quote } from './connection.ts';

/** Where Linux shows the open files of this process. */
const OPEN_FILES = '/proc/self/fd';

/** Tables in a file of their own. */
export function sqliteReaderFixture(): ReaderFixture {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-sqlite-reader-'));
  const path = join(folder, 'source.db');
  let made = 0;

  /** A connection for each use: SQLite closes no file while another connection of the process has it open. */
  const using = <T>(body: (database: DatabaseSync) => T): T => {
    const database = new DatabaseSync(path);
    try {
      database.exec('pragma journal_mode = wal; pragma synchronous = off');
      return body(database);
    } finally {
      database.close();
    }
  };
  const run = (sql: string): void => using((database) => database.exec(sql));

  const sourceOf = (table: string, columns: readonly string[]): TestSource => ({
    config: { path },
    parameters: { table },
    columns,
    rows: async () =>
      using((database) => {
        const statement = database.prepare(`select ${columns.join(', ')} from ${quote(table)}`);
        statement.setReadBigInts(true);
        statement.setReturnArrays(true);
        return (statement.all() as unknown as unknown[][]).map(rowText);
      }),
  });

  const create = (given: SourceTable): TestSource => {
    const table = `t${made++}`;
    const lines = given.columns.map(
      ({ name, type, nullable }) => `${name} ${type}${nullable === true ? '' : ' not null'}`,
    );
    if (given.key.length > 0) lines.push(`primary key (${given.key.join(', ')})`);
    using((database) => {
      database.exec(`create table ${table} (${lines.join(', ')}); begin`);
      const marks = given.columns.map(() => '?').join(', ');
      const insert = database.prepare(`insert into ${table} values (${marks})`);
      for (const row of given.rows()) insert.run(...row);
      database.exec('commit');
    });
    return sourceOf(
      table,
      given.columns.map(({ name }) => name),
    );
  };

  return {
    without: {
      'source: a split column with nulls': 'A table is cut by its rowid, whatever its columns.',
      kill: 'A file has no sessions that somebody could end.',
      stalled: 'Reading a file waits for nobody but the disk.',
      ...(existsSync(OPEN_FILES)
        ? {}
        : { connections: 'This system does not show the open files of a process.' }),
    },
    open: async () => run('create table t (id integer)'),
    close: async () => rmSync(folder, { recursive: true }),
    ...sharedSources(async (table) => create(table), ['a split column with nulls']),
    unresumable: async () => {
      const { parameters, columns } = create(SOURCE_TABLES['no key, with equal rows']);
      run(`create view v${made} as select * from ${String(parameters['table'])}`);
      return sourceOf(`v${made++}`, columns);
    },
    damaged: async () => {
      const table = `t${made++}`;
      run(`create table ${table} (id integer primary key, n integer);
        insert into ${table} values (1, 10), (2, 'x'), (3, 30), (4, 40), (5, x'00'), (6, 1.5), (7, 70), (8, null), (9, 'y');`);
      const code = 'SLUICE_SRC_VALUE';
      return {
        ...sourceOf(`${table}`, ['id', 'n']),
        rows: async () => ['1|10', '3|30', '4|40', '7|70', '8|~'],
        damaged: { 1: code, 4: code, 5: code, 8: code },
      };
    },
    refused: {
      column: async () => ({
        config: { path },
        parameters: {
          table: create(SOURCE_TABLES['one row']).parameters['table'],
          columns: ['id', 'nowhere'],
        },
        codes: ['SLUICE_SRC_COLUMN'],
      }),
      table: async () => ({
        config: { path },
        parameters: { table: 'nowhere' },
        codes: ['SLUICE_SRC_TABLE'],
      }),
      database: async () => ({
        config: { path: join(folder, 'nowhere.db') },
        parameters: { table: 't0' },
        codes: ['SLUICE_SRC_DATABASE'],
      }),
      'a file that is no database': async () => {
        writeFileSync(join(folder, 'other.txt'), 'This is some text, and no database at all.'.repeat(40));
        return {
          config: { path: join(folder, 'other.txt') },
          parameters: { table: 't0' },
          codes: ['SLUICE_SRC_DATABASE'],
        };
      },
      filter: async () => ({
        config: { path },
        parameters: { table: create(SOURCE_TABLES['one row']).parameters['table'], where: 'nowhere = 1' },
        codes: ['SLUICE_SRC_QUERY'],
      }),
    },
    filter: {
      parameter: 'where',
      text: "id % 3 = 0 and v <> 6 and ';--' <> ')'",
      keeps: (id) => id % 3 === 0 && id !== 6,
      unsafe: ['1) or (1', '1; drop table t0', '1 -- x', '1 /* x */', "v = 'a", '(1', '1)'],
    },
    rewritten: async () => {
      const dense = SOURCE_TABLES['a dense integer key'];
      const source = create({ ...dense, rows: () => dense.rows().slice(0, 5000) });
      const table = String(source.parameters['table']);
      return {
        ...source,
        rewrite: async () => REWRITE(table).forEach(run),
        addColumn: async () => run(`alter table ${table} add column w text default 'x'`),
      };
    },
    connections: async () => readdirSync(OPEN_FILES).filter((number) => isOpen(number, path)).length,
    listed: async () => {
      const given = create(SOURCE_TABLES['texts that are hard to quote as a key']);
      const name = `Odd "na me ${made}`;
      run(`alter table ${String(given.parameters['table'])} rename to ${quote(name)}`);
      return { ...sourceOf(name, given.columns), name };
    },
  };
}

function isOpen(number: string, path: string): boolean {
  try {
    return readlinkSync(join(OPEN_FILES, number)) === path;
  } catch {
    // Closed meanwhile.
    return false;
  }
}
