import type { Reader } from '@sluice/connector-sdk';
import { MAX_RECORD_BYTES, type ReadPlan } from '@sluice/model';
import { has, testMariadb } from '@sluice/testkit';
import { decodeRows } from '@sluice/wire';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDatabase, readSplit, type TestDatabase } from './copy.fixture.ts';
import { connector } from './index.ts';

describe.skipIf(!has('mariadb'))('reader', () => {
  let db: TestDatabase;
  beforeAll(async () => {
    db = await openDatabase(await testMariadb());
  });
  afterAll(() => db.close());

  const open = (table: string, parameters: Record<string, unknown> = {}): Promise<Reader> =>
    connector.openReader!(db.config, { table, ...parameters });

  /** Values of the column `v` of the first split. */
  async function valuesOf(reader: Reader, plan: ReadPlan): Promise<number[]> {
    const values: number[] = [];
    const v = plan.schema.columns.findIndex((column) => column.name === 'v');
    for await (const batch of readSplit(reader, plan, 0, null))
      for (const row of decodeRows(plan.schema, batch.rows)) values.push(row[v] as number);
    return values;
  }

  it('does not take a prefix index or a nullable one for a key', async () => {
    await db.run('create table half (v int, t varchar(50) not null, unique key (t(3)), unique key (v))');
    expect((await (await open('half')).plan({ channels: 1 })).schema.key).toEqual([]);
  });

  it('names a record beyond the limit by its key', async () => {
    await db.run(
      'create table large (v int primary key, b longblob)',
      `insert into large values (1, 'a'), (2, repeat('x', ${MAX_RECORD_BYTES + 1})), (3, 'b')`,
    );
    const reader = await open('large');
    const plan = await reader.plan({ channels: 1 });
    for await (const batch of readSplit(reader, plan, 0, null))
      expect(batch.dirty).toMatchObject([{ index: 1, record: '{"key":["2"]}' }]);
  });

  it('cannot change the source by its filter', async () => {
    await db.run(
      'create table touched (n int)',
      'create function touch() returns int begin insert into touched values (1); return 1; end',
    );
    await db.run('create table k (v int primary key)', 'insert into k values (1)');
    const reader = await open('k', { where: 'touch() = 1' });
    const plan = await reader.plan({ channels: 1 });
    await expect(valuesOf(reader, plan)).rejects.toMatchObject({ code: 'SLUICE_SRC_QUERY' });
    expect(await db.run('select count(*) from touched')).toEqual([['0']]);
  });

  it('reads columns whose names need quoting', async () => {
    await db.run('create table odd (v int primary key, `sel"ect``` int)', 'insert into odd values (1, 2)');
    const reader = await open('odd');
    expect(await valuesOf(reader, await reader.plan({ channels: 1 }))).toEqual([1]);
  });

  it('checks a connection in stages', async () => {
    const good = await connector.check(db.config, new AbortController().signal);
    expect(good.map((stage) => [stage.name, stage.ok])).toEqual(
      ['resolve', 'connect', 'authenticate', 'list', 'privileges', 'settings'].map((name) => [name, true]),
    );
    const bad = await connector.check({ ...db.config, password: 'wrong' }, new AbortController().signal);
    expect(bad.at(-1)).toMatchObject({ name: 'authenticate', ok: false, code: 'SLUICE_SRC_AUTH' });
    const plain = await connector.check({ ...db.config, ssl: 'verify-full' }, new AbortController().signal);
    expect(plain.at(-1)).toMatchObject({ name: 'tls', ok: false, code: 'SLUICE_SRC_TLS' });
  });
});
