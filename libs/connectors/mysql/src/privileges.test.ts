import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { grantsContract, type GrantsFixture } from '@sluice/connector-sdk/contract';
import { has, testMariadb } from '@sluice/testkit';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { readSettings } from './connection.ts';
import { openDatabase, type TestDatabase } from './copy.fixture.ts';
import { connector } from './index.ts';
import { MysqlConnections } from './target-connections.ts';

function fixture(): GrantsFixture {
  const opened: TestDatabase[] = [];
  return {
    readme: readFileSync(join(import.meta.dirname, '../README.md'), 'utf8'),
    open: async () => undefined,
    close: async () => {
      for (const db of opened) await db.close();
    },
    granted: async (purpose, grants) => {
      const db = await openDatabase(await testMariadb());
      opened.push(db);
      await db.run(
        'create table orders (id bigint primary key, name varchar(200), n bigint not null) engine = InnoDB',
        "insert into orders select seq, 'row', seq from seq_1_to_3",
      );
      if (purpose === 'Without the right to create') {
        const settings = readSettings(db.config);
        const session = await new MysqlConnections(settings, { table: 'orders' }).open('test');
        await session.progress.ensure();
        await session.close();
      }
      const own = grants.map((grant) =>
        grant.replace(/ on shop\./, ' on $database.').replace(/ to sluice$/, ' to $user'),
      );
      return { config: await db.stranger(...own), parameters: { table: 'orders' } };
    },
  };
}

describe.skipIf(!has('mariadb'))('MariaDB', () =>
  grantsContract({ describe, it, beforeAll, afterAll }, connector, fixture(), [
    'To read',
    'To insert',
    'To upsert',
    'To empty the table first',
    'Without the right to create',
  ]),
);
