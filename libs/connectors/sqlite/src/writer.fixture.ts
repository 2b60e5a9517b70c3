import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type KeptDirty, rowText, UNLUCKY, type WriterFixture } from '@sluice/connector-sdk/contract';
import { SqliteConnections } from './writer.ts';

/** Targets in files of their own, in one folder. */
export function sqliteWriterFixture(): WriterFixture {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-sqlite-writer-'));
  let made = 0;

  const using = <T>(path: string, body: (database: DatabaseSync) => T): T => {
    const database = new DatabaseSync(path);
    try {
      return body(database);
    } finally {
      database.close();
    }
  };
  const all = (path: string, sql: string, ...values: string[]): unknown[][] =>
    using(path, (database) => {
      const statement = database.prepare(sql);
      statement.setReturnArrays(true);
      return statement.all(...values) as unknown as unknown[][];
    });

  return {
    without: {
      right: 'A file has no users.',
      kill: 'A file has no sessions that somebody could end.',
      terminate: 'A session lives in its process; its successor waits until that lets the file go.',
    },
    open: async () => undefined,
    close: async () => rmSync(folder, { recursive: true }),
    target: async (kind) => {
      const path = join(folder, `${made++}.db`);
      const key = kind === 'keyed' || kind === 'unique' ? ' primary key' : '';
      const unique = kind === 'unique' ? ', unique (n)' : '';
      if (kind !== 'absent')
        using(path, (database) =>
          database.exec(
            `create table t (id integer not null${key}, name text, n integer not null check (n <> ${UNLUCKY})${unique})`,
          ),
        );
      return {
        config: { path },
        parameters: { table: 't' },
        content: async () => all(path, 'select id, name, n from t').map(rowText).sort(),
        contentOf: (rows) => rows.map(rowText).sort(),
        dirty: async (generation) =>
          all(
            path,
            'select split, seq, "index", code from _sluice_dirty where generation = ?',
            generation,
          ).map(([split, seq, index, code]) => ({ split, seq, index, code }) as KeptDirty),
      };
    },
    connections: ({ config, parameters }) => new SqliteConnections(config, parameters),
    drop: async ({ config }) => using(String(config['path']), (database) => database.exec('drop table t')),
    staged: async ({ config }) =>
      all(
        String(config['path']),
        `select name from sqlite_schema where name glob '_sluice_new_*' or name glob '_sluice_old_*'`,
      ).length,
    refused: {
      'a folder that is not there': async () => ({
        config: { path: join(folder, 'nowhere', 'x.db') },
        parameters: { table: 't' },
        codes: ['SLUICE_TGT_DATABASE'],
      }),
      'a file that is no database': async () => {
        const path = join(folder, 'other.txt');
        writeFileSync(path, 'This is some text, and no database at all.'.repeat(40));
        return { config: { path }, parameters: { table: 't' }, codes: ['SLUICE_TGT_DATABASE'] };
      },
    },
  };
}
