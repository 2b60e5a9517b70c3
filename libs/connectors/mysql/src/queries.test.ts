import type { Parameters, Reader } from '@sluice/connector-sdk';
import { DEFAULT_BATCH_LIMITS, type ReadPlan } from '@sluice/model';
import { has, testMariadb } from '@sluice/testkit';
import { decodeRows } from '@sluice/wire';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDatabase, type TestDatabase } from './copy.fixture.ts';
import { connector } from './index.ts';

const ALL = `id, b, i2, i8, u8, f4, f8, d, t, c, v, j, u, by1, da, ti, ts, tz, y, e, st, bits, bl`;

describe.skipIf(!has('mariadb'))('what MariaDB computes', () => {
  let db: TestDatabase;
  beforeAll(async () => {
    db = await openDatabase(await testMariadb());
    await db.run(
      `create table every (id int primary key, b tinyint(1), i2 smallint unsigned, i8 bigint, u8 bigint unsigned, f4 float, f8 double,
        d decimal(20,4), t text, c char(5), v varchar(9), j json, u uuid, by1 varbinary(9), da date, ti time(3), ts datetime(6),
        tz timestamp null, y year, e enum('x','y'), st set('p','q'), bits bit(3), bl longblob)`,
      `insert into every values (1, 1, 65535, 9007199254740993, 18446744073709551615, 1.1, 1e300, 12345678901234.5678, 'a;--\\'"', 'x', 'yz',
        '{"a": 1}', '00112233-4455-6677-8899-aabbccddeeff', x'00ff', '0001-01-01', '-12:34:56.789', '2024-01-02 03:04:05.123456',
        '2024-01-02 03:04:05', 1999, 'y', 'p,q', b'101', x'ff00')`,
      'insert into every (id) values (2)',
      `insert into every (id, b, i2, i8, f4, f8, d, t, v, e) select seq, seq % 2, seq, seq, seq / 3.0, seq / 7.0, seq / 9.0,
        concat('text ', seq), seq, 'x' from seq_3_to_500`,
    );
  });
  afterAll(() => db.close());

  const open = (parameters: Parameters): Promise<Reader> => connector.openReader!(db.config, parameters);
  const limits = { ...DEFAULT_BATCH_LIMITS, maxRecords: 64 };

  /** All rows of a reader, split by split; `stop` ends after some batches and goes on by a new reader from the last position. */
  async function rowsOf(parameters: Parameters, stop = Infinity): Promise<{ plan: ReadPlan; rows: Buffer }> {
    const plan = await (await open(parameters)).plan({ channels: 1 });
    const parts: Buffer[] = [];
    const signal = new AbortController().signal;
    for (const split of plan.splits) {
      let from: string | null = null;
      let more = true;
      while (more) {
        more = false;
        let count = 0;
        for await (const batch of (await open(parameters)).read(split, from, { limits, signal })) {
          parts.push(batch.rows);
          from = batch.position;
          if (++count < stop) continue;
          more = true;
          break;
        }
      }
    }
    return { plan, rows: Buffer.concat(parts) };
  }

  it('has the same bytes by a table, by a query of it, and by expressions of its columns', async () => {
    const plain = await rowsOf({ table: 'every' });
    const query = await rowsOf({ querySql: 'select * from every order by id;' });
    expect(query.rows.equals(plain.rows)).toBe(true);
    const kinds = ({ schema }: ReadPlan) =>
      schema.columns.map(({ name, kind, precision, scale }) => [name, kind, precision, scale]);
    expect(kinds(query.plan)).toEqual(kinds(plain.plan));
    expect([query.plan.splits.length, query.plan.splits[0]!.resumable]).toEqual([1, false]);
    const names = ALL.split(', ');
    const expressions = names.map((name) => ({ name: `_${name}`, sql: name }));
    const computed = await rowsOf({ table: 'every', columns: ['id'], expressions: expressions.slice(1) });
    expect(computed.rows.equals(plain.rows)).toBe(true);
    expect(computed.plan.schema.key).toEqual(['id']);
  });

  it('resumes a query by a key that is named, and only by one that tells the rows apart', async () => {
    const plain = await rowsOf({ table: 'every' });
    const parameters = { querySql: 'select * from every', key: ['id'] };
    const resumed = await rowsOf(parameters, 2);
    expect(resumed.rows.equals(plain.rows)).toBe(true);
    expect([resumed.plan.schema.key, resumed.plan.splits[0]!.resumable]).toEqual([['id'], true]);
    for (const [key, code] of [
      ['b', 'SLUICE_SRC_KEY'],
      ['v', 'SLUICE_SRC_KEY'],
      ['nowhere', 'SLUICE_SRC_COLUMN'],
    ] as const)
      await expect(rowsOf({ ...parameters, key: [key] })).rejects.toMatchObject({ code });
  });

  it('gives expressions and constants the types of the server', async () => {
    const expressions = Object.entries({
      text: `'abc'`,
      sum: 'id + 1',
      product: 'cast(id * 1.5 as decimal(9,2))',
      nothing: 'NULL',
      instant: `timestamp '2024-01-02 03:04:05'`,
      many: `coalesce(t, 'a, b')`,
      inner: '(select max(id) from every)',
    }).map(([name, sql]) => ({ name, sql }));
    const { plan, rows } = await rowsOf({ table: 'every', columns: ['id'], expressions, where: 'id = 1' });
    expect(plan.schema.columns.map(({ kind }) => kind)).toEqual([
      'int',
      'string',
      'long',
      'decimal',
      'string',
      'timestamp',
      'string',
      'int',
    ]);
    const [row] = decodeRows(plan.schema, rows);
    expect(row!.slice(0, 3)).toEqual([1, 'abc', 2n]);
    expect([row![4], row![6], row![7]]).toEqual([null, `a;--'"`, 500]);
  });

  it('computes a column under the name of one that is not read, and claims no key that is computed', async () => {
    const read = (columns: readonly string[], name: string, sql: string) =>
      rowsOf({ table: 'every', columns, expressions: [{ name, sql }] });
    const upper = await read(['id'], 't', 'upper(t)');
    const [row] = decodeRows(upper.plan.schema, upper.rows);
    expect([String(row![0]), row![1], upper.plan.schema.key]).toEqual(['1', `A;--'"`, ['id']]);
    const computed = await read(['t'], 'id', 'id % 2');
    expect([computed.plan.schema.key, computed.plan.splits[0]!.resumable]).toEqual([[], true]);
    const ids = decodeRows(computed.plan.schema, computed.rows).map(([, id]) => String(id));
    expect(ids.slice(0, 3)).toEqual(['1', '0', '1']);
  });

  it.each<[what: string, parameters: Parameters, code: string, place?: string]>([
    ['a table and a query', { table: 'every', querySql: 'select 1' }, 'SLUICE_CFG_INVALID', 'querySql'],
    ['neither', {}, 'SLUICE_CFG_INVALID', 'table'],
    ['two statements', { querySql: 'select 1; select 2' }, 'SLUICE_CFG_INVALID', 'querySql'],
    [
      'a query that writes',
      { querySql: `select * from every into outfile '/tmp/x'` },
      'SLUICE_CFG_INVALID',
      'querySql',
    ],
    ['two columns of one name', { querySql: 'select 1 as a, 2 as a' }, 'SLUICE_SRC_QUERY'],
    ['a query of no table', { querySql: 'select * from nowhere' }, 'SLUICE_SRC_TABLE'],
    ['a query of no SQL', { querySql: 'select from where' }, 'SLUICE_SRC_QUERY'],
    ['a query of a function that writes', { querySql: 'select touch() as n' }, 'SLUICE_SRC_QUERY'],
    ['an aggregate', { table: 'every', expressions: [{ name: 'x', sql: 'count(*)' }] }, 'SLUICE_SRC_QUERY'],
    [
      'a window',
      { table: 'every', expressions: [{ name: 'x', sql: 'row_number() over ()' }] },
      'SLUICE_SRC_QUERY',
    ],
    [
      'an unknown column',
      { table: 'every', expressions: [{ name: 'x', sql: 'nowhere' }] },
      'SLUICE_SRC_COLUMN',
    ],
    [
      'a second expression',
      { table: 'every', expressions: [{ name: 'x', sql: 'id, b' }] },
      'SLUICE_CFG_INVALID',
      'expressions/0/sql',
    ],
    [
      'a name that is there',
      { table: 'every', expressions: [{ name: 'id', sql: '1' }] },
      'SLUICE_CFG_INVALID',
      'expressions/0/name',
    ],
    [
      'a setting of no list',
      { table: 'every', session: [`set sql_mode = 'ANSI'`] },
      'SLUICE_CFG_INVALID',
      'session/0',
    ],
    [
      'a setting of no sense',
      { table: 'every', session: ['set join_buffer_size = abc'] },
      'SLUICE_SRC_QUERY',
    ],
  ])('refuses %s, with code, place and remedy', async (_, parameters, code, place) => {
    await db.run(
      'create or replace function touch() returns int begin insert into every (id) values (-1); return 1; end',
    );
    const found = expect(rowsOf(parameters)).rejects;
    await found.toMatchObject({ code, hint: expect.stringMatching(/\.$/) });
    if (place !== undefined)
      await expect(rowsOf(parameters)).rejects.toMatchObject({ place: `/reader/parameters/${place}` });
    expect(await db.run('select count(*) from every')).toEqual([['500']]);
  });

  it('reads several tables as one, each under its name, and names the one that differs', async () => {
    await db.run(
      ...['08', '09', '10'].flatMap((n) => [
        `create table part_${n} (id int primary key, v varchar(${n})) engine = innodb`,
        `insert into part_${n} select ${n} * 100 + seq, concat('v', seq) from seq_1_to_50`,
      ]),
      'create table part_11 (id int primary key, v int)',
    );
    const { plan, rows } = await rowsOf({ tables: ['part_[08-10]'] });
    expect(plan.splits.map(({ ordinal, label }) => [ordinal, label.split(':')[0]])).toEqual(
      [0, 1, 2].map((n) => [n, `part_${String(n + 8).padStart(2, '0')}`]),
    );
    const expected = await rowsOf({
      querySql: 'select * from part_08 union all select * from part_09 union all select * from part_10',
    });
    expect(rows.equals(expected.rows)).toBe(true);
    expect(plan.schema).toMatchObject({ key: [], columns: [{ name: 'id' }, { name: 'v', maxLength: 10 }] });
    const differs = {
      code: 'SLUICE_SRC_SHARD',
      place: 'part_11',
      detail: expect.stringContaining('column v is int, not string'),
    };
    await expect(rowsOf({ tables: ['part_[10-11]'] })).rejects.toMatchObject(differs);
    await expect(connector.describe(db.config, { tables: ['part_[10-11]'] }, 'source')).rejects.toMatchObject(
      differs,
    );
    await expect(rowsOf({ tables: ['part_[10-10]', 'gone'] })).rejects.toMatchObject({
      code: 'SLUICE_SRC_TABLE',
    });
    const queries = await rowsOf({ queries: ['select * from part_08', 'select id, v from part_09'] });
    expect(queries.plan.splits.map(({ label }) => label)).toEqual(['query 1: all rows', 'query 2: all rows']);
  });

  it('cuts by a split column that it is given: five ranges a channel, its nulls apart, and not by a type that cuts nothing', async () => {
    await db.run(
      'create table cuts (id int primary key, n int, s varchar(20), f double)',
      `insert into cuts select seq, nullif(seq % 100, 0), concat('s', seq), seq from seq_1_to_25000`,
      'analyze table cuts',
    );
    const plan = async (splitKey: string, more: Parameters = {}) =>
      (await open({ table: 'cuts', splitKey, ...more })).plan({ channels: 2 });
    const ranges = (await plan('n')).splits.map(({ label }) => label);
    expect([ranges.length, ranges.at(-1)]).toEqual([11, 'n is null']);
    const { splits, notes } = await plan('f');
    expect([splits.length, notes]).toEqual([
      1,
      ['The type of f, double, cuts no table: it is read as one split.'],
    ]);
    const uncut = await rowsOf({ querySql: 'select * from cuts', splitKey: 's' });
    const keyed = await rowsOf({ table: 'cuts' });
    expect(uncut.rows.length).toBe(keyed.rows.length);
    const query = await (await open({ querySql: 'select * from cuts', splitKey: 's' })).plan({ channels: 2 });
    expect(query.splits.length).toBeGreaterThan(8);
    expect(query.splits.every(({ resumable }) => !resumable)).toBe(true);
  });

  it('reads by the settings that it is given, and no more rows at a time', async () => {
    const parameters = { session: ['set max_statement_time = 0.1'], fetchSize: 10 };
    await expect(rowsOf({ table: 'every', where: 'sleep(9) = 2', ...parameters })).rejects.toMatchObject({
      code: 'SLUICE_SRC_INTERRUPTED',
    });
    const reader = await open({ table: 'every', fetchSize: 10 });
    const [split] = (await reader.plan({ channels: 1 })).splits;
    const counts = [];
    for await (const batch of reader.read(split!, null, { limits, signal: new AbortController().signal }))
      counts.push(batch.recordCount);
    expect(counts).toEqual(Array.from({ length: 50 }, () => 10));
  });
});
