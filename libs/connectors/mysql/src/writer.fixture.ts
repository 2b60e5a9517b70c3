import { type KeptDirty, rowText, UNLUCKY, type WriterFixture } from '@sluice/connector-sdk/contract';
import { testMariadb } from '@sluice/testkit';
import { readSettings } from './connection.ts';
import { openDatabase, type TestDatabase } from './copy.fixture.ts';
import { MysqlConnections } from './target-connections.ts';

/** Targets in a database of their own. */
export function mysqlWriterFixture(): WriterFixture {
  let db: TestDatabase;
  let made = 0;
  return {
    without: {
      steps:
        'Statements that it does not commit by itself are one transaction with their count: they are repeated all or not.',
    },
    open: async () => {
      db = await openDatabase(await testMariadb());
    },
    close: () => db.close(),
    target: async (kind) => {
      const table = `t${made++}`;
      const key = kind === 'keyed' || kind === 'unique' ? ' primary key' : '';
      const unique = kind === 'unique' ? ', unique (n)' : '';
      if (kind !== 'absent')
        await db.run(
          `create table ${table} (id bigint not null${key}, name varchar(200), n bigint not null check (n <> ${UNLUCKY})${unique})
             engine = InnoDB default character set utf8mb4`,
        );
      return {
        config: db.config,
        parameters: { table },
        content: async () => (await db.run(`select id, name, n from ${table}`)).map(rowText).sort(),
        contentOf: (rows) => rows.map(rowText).sort(),
        dirty: async (generation) =>
          (
            await db.run(
              `select split, seq, record_index, code from _sluice_dirty where generation = '${generation}'`,
            )
          ).map(([split, seq, index, code]): KeptDirty => ({
            split: Number(split),
            seq: Number(seq),
            index: Number(index),
            code: code!,
          })),
      };
    },
    connections: ({ config, parameters }) => new MysqlConnections(readSettings(config), parameters),
    drop: async ({ parameters }) => void (await db.run(`drop table ${String(parameters['table'])}`)),
    withoutRight: async ({ parameters }) => ({
      config: await db.stranger(
        `grant select on $database.${String(parameters['table'])} to $user`,
        'grant select, insert, update, delete on $database._sluice_progress to $user',
        'grant select, insert, update, delete on $database._sluice_dirty to $user',
      ),
      parameters,
    }),
    staged: async () =>
      (
        await db.run(
          `select table_name from information_schema.tables where table_schema = database() and table_name regexp '^_sluice_(new|old)_'`,
        )
      ).length,
    kill: async () => {
      const others = await db.run(
        'select id from information_schema.processlist where db = database() and id <> connection_id()',
      );
      for (const [id] of others) await db.run(`kill ${id}`);
    },
    refused: {
      database: async () => ({
        config: { ...db.config, database: 'nowhere' },
        parameters: { table: 't' },
        codes: ['SLUICE_TGT_DATABASE'],
      }),
      password: async () => ({
        config: { ...db.config, password: 'wr0ng-s3cret' },
        parameters: { table: 't' },
        codes: ['SLUICE_TGT_AUTH'],
        secret: 'wr0ng-s3cret',
      }),
      host: async () => ({
        config: { ...db.config, port: 1, password: 'wr0ng-s3cret' },
        parameters: { table: 't' },
        codes: ['SLUICE_TGT_UNREACHABLE'],
        secret: 'wr0ng-s3cret',
      }),
      right: async () => ({
        config: await db.stranger('grant select on $database.* to $user'),
        parameters: { table: 't' },
        codes: ['SLUICE_TGT_PRIVILEGE'],
      }),
    },
  };
}
