import { type KeptDirty, rowText, UNLUCKY, type WriterFixture } from '@sluice/connector-sdk/contract';
import { testPostgres } from '@sluice/testkit';
import { openDatabase, type TestDatabase } from './database.fixture.ts';
import { PostgresConnections } from './writer.ts';

/** Targets in a database of their own. */
export function postgresWriterFixture(): WriterFixture {
  let db: TestDatabase;
  let made = 0;
  return {
    without: {},
    open: async () => {
      db = await openDatabase(await testPostgres());
    },
    close: () => db.close(),
    target: async (kind) => {
      const table = `t${made++}`;
      const key = kind === 'keyed' || kind === 'unique' ? ' primary key' : '';
      const unique = kind === 'unique' ? ', unique (n)' : '';
      if (kind !== 'absent')
        await db.run(
          `create table ${table} (id bigint not null${key}, name text, n bigint not null check (n <> ${UNLUCKY})${unique})`,
        );
      return {
        config: db.config,
        parameters: { table },
        content: async () => (await db.run(`select id, name, n from ${table}`)).map(rowText).sort(),
        contentOf: (rows) => rows.map(rowText).sort(),
        dirty: async (generation) =>
          (
            await db.run(
              `select split, seq, index, code from _sluice_dirty where generation = '${generation}'`,
            )
          ).map(([split, seq, index, code]): KeptDirty => ({
            split: Number(split),
            seq: Number(seq),
            index: Number(index),
            code: code!,
          })),
      };
    },
    connections: ({ config, parameters }) => new PostgresConnections(config, parameters),
    drop: async ({ parameters }) => void (await db.run(`drop table ${String(parameters['table'])}`)),
    withoutRight: async ({ parameters }) => ({
      config: await db.stranger(
        'grant usage on schema public to $user',
        `grant select on ${String(parameters['table'])} to $user`,
        'grant select, insert, update, delete on _sluice_progress, _sluice_dirty to $user',
      ),
      parameters,
    }),
    staged: async () =>
      Number(
        (
          await db.run(
            `select count(*) from pg_class where relname ~ '^_sluice_(new|old)_' and relkind = 'r'`,
          )
        )[0]![0],
      ),
    kill: async () => {
      await db.run(
        `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name like 'sluice:%:0'`,
      );
    },
    refused: {
      database: async () => ({
        config: { ...db.config, database: 'nowhere' },
        parameters: { table: 't' },
        codes: ['SLUICE_TGT_DATABASE'],
      }),
      schema: async () => ({
        config: db.config,
        parameters: { table: 'nowhere.t' },
        codes: ['SLUICE_TGT_TABLE'],
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
        config: await db.stranger(),
        parameters: { table: 't' },
        codes: ['SLUICE_TGT_PRIVILEGE'],
      }),
    },
  };
}
