import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { grantsContract, type GrantsFixture } from '@sluice/connector-sdk/contract';
import { has, testPostgres } from '@sluice/testkit';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { openDatabase, type TestDatabase } from './database.fixture.ts';
import { connector } from './index.ts';
import { PostgresConnections } from './writer.ts';

function fixture(): GrantsFixture {
  let db: TestDatabase;
  let made = 0;
  return {
    readme: readFileSync(join(import.meta.dirname, '../README.md'), 'utf8'),
    open: async () => {
      db = await openDatabase(await testPostgres());
    },
    close: () => db.close(),
    granted: async (purpose, grants) => {
      const schema = `shop${made++}`;
      const table = `${schema}.orders`;
      await db.run(
        `create schema ${schema}`,
        `create table ${table} (id bigint primary key, name text, n bigint not null)`,
        `insert into ${table} select n, 'row', n from generate_series(1, 3) n`,
      );
      if (purpose === 'Without the right to create') {
        const session = await new PostgresConnections(db.config, { table }).open('sluice test');
        await session.progress.ensure();
        await session.close();
      }
      const own = grants.map((grant) => grant.replaceAll('shop', schema).replace(/ to sluice$/, ' to $user'));
      return { config: await db.stranger(...own), parameters: { table } };
    },
  };
}

describe.skipIf(!has('postgres'))('PostgreSQL', () =>
  grantsContract({ describe, it, beforeAll, afterAll }, connector, fixture(), [
    'To read',
    'To insert',
    'To upsert',
    'To ignore',
    'To update',
    'To replace',
    'To empty the table first',
    'Without the right to create',
  ]),
);
