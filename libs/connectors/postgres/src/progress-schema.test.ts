import { has, testPostgres } from '@sluice/testkit';
import { Client } from 'pg';
import { expect, it } from 'vitest';
import { PostgresConnections } from './writer.ts';

it.skipIf(!has('postgres'))(
  'the progress tables lie in the schema of the target, also where another schema has its own (D-15)',
  async () => {
    const url = new URL(await testPostgres());
    const config = {
      host: url.hostname,
      port: Number(url.port),
      database: url.pathname.slice(1),
      user: url.username,
      password: url.password,
    };
    const client = new Client({ connectionString: url.href });
    await client.connect();
    await client.query('create schema "Dw h"');
    for (const table of ['orders', '"Dw h".orders']) {
      const session = await new PostgresConnections(config, { table }).open('sluice test');
      await session.progress.ensure();
      await session.progress.ensure();
      await session.close();
    }
    const { rows } = await client.query(
      `select table_schema, table_name from information_schema.tables where table_name like '\\_sluice%' order by 1, 2`,
    );
    expect(rows.map(({ table_schema: schema, table_name: name }) => [schema, name])).toEqual([
      ['Dw h', '_sluice_dirty'],
      ['Dw h', '_sluice_progress'],
      ['public', '_sluice_dirty'],
      ['public', '_sluice_progress'],
    ]);
    await client.end();
  },
);
