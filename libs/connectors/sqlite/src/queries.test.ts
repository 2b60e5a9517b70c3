import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Parameters, Reader } from '@sluice/connector-sdk';
import { DEFAULT_BATCH_LIMITS, type ReadPlan } from '@sluice/model';
import { decodeRows } from '@sluice/wire';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connector } from './index.ts';

const folder = mkdtempSync(join(tmpdir(), 'sluice-sqlite-queries-'));
const path = join(folder, 'source.db');
const NAMES = ['b', 'n', 'r', 'd', 't', 'j', 'u', 'bl', 'da', 'ts', 'nu', 'an'];

describe('what SQLite computes', () => {
  beforeAll(() => {
    const database = new DatabaseSync(path);
    database.exec(`
      create table every (id integer primary key, b boolean, n bigint, r real, d decimal_text(20,4), t text, j json_text, u uuid_text,
        bl blob, da date, ts timestamp, nu numeric_text, an);
      insert into every values (1, 1, 9007199254740993, 1.5, '12345678901234.5678', 'a;--''"', '{"a": 1}', '00112233-4455-6677-8899-aabbccddeeff',
        x'00ff', '2024-01-02', '2024-01-02 03:04:05.123456', '1e400', x'01');
      insert into every (id) values (2);
      with recursive s(g) as (select 3 union all select g + 1 from s where g < 500)
        insert into every (id, b, n, r, t) select g, g % 2, g, g / 3.0, 'text ' || g from s;
    `);
    database.close();
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const open = (parameters: Parameters): Promise<Reader> => connector.openReader!({ path }, parameters);
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
          expect(batch.dirty).toEqual([]);
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
    const kinds = ({ schema }: ReadPlan) => schema.columns.map(({ nullable: _, ...column }) => column);
    expect(kinds(query.plan)).toEqual(kinds(plain.plan));
    expect([query.plan.splits.length, query.plan.splits[0]!.resumable]).toEqual([1, false]);
    const expressions = NAMES.map((name) => ({ name: `_${name}`, sql: name }));
    const computed = await rowsOf({ table: 'every', columns: ['id'], expressions });
    expect(computed.rows.equals(plain.rows)).toBe(true);
    expect(computed.plan.schema.key).toEqual(['id']);
  });

  it.each([[['id']], [['k', 'r2']], [['t2']], [['b2']]])(
    'resumes a query by a key that is named, of any type: %o',
    async (key) => {
      const querySql = `select *, id % 7 as k, id / 2.0 as r2, 't' || id as t2, cast(id as blob) as b2 from every`;
      const resumed = await rowsOf({ querySql, key }, 2);
      const plain = await rowsOf({ querySql: `${querySql} order by ${key.join(', ')}` });
      expect(resumed.rows.equals(plain.rows)).toBe(true);
      expect([resumed.plan.schema.key, resumed.plan.splits[0]!.resumable]).toEqual([key, true]);
    },
  );

  it('resumes only by a key that tells the rows apart', async () => {
    for (const [key, code] of [
      ['b', 'SLUICE_SRC_KEY'],
      ['t', 'SLUICE_SRC_KEY'],
      ['nowhere', 'SLUICE_SRC_COLUMN'],
    ] as const)
      await expect(rowsOf({ querySql: 'select * from every', key: [key] })).rejects.toMatchObject({ code });
  });

  it('gives expressions and constants the types of what they hold', async () => {
    const expressions = Object.entries({
      text: `'abc'`,
      sum: 'id + 1',
      half: 'id / 2.0',
      mixed: 'case when id % 2 then 1 else 0.5 end',
      nothing: 'NULL',
      bytes: `x'ff'`,
      inner: '(select max(id) from every)',
    }).map(([name, sql]) => ({ name, sql }));
    const { plan, rows } = await rowsOf({ table: 'every', columns: ['id'], expressions, where: 'id < 3' });
    expect(plan.schema.columns.map(({ kind, format }) => format ?? kind)).toEqual([
      'long',
      'string',
      'long',
      'double',
      'numeric',
      'string',
      'bytes',
      'long',
    ]);
    expect(decodeRows(plan.schema, rows)[0]!.slice(0, 6)).toEqual([1n, 'abc', 2n, 0.5, '1', null]);
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
      { querySql: 'with x as (select 1) delete from every' },
      'SLUICE_CFG_INVALID',
      'querySql',
    ],
    ['two columns of one name', { querySql: 'select 1 as a, 2 as a' }, 'SLUICE_CFG_INVALID', 'querySql'],
    ['a query of no table', { querySql: 'select * from nowhere' }, 'SLUICE_SRC_QUERY'],
    ['an aggregate', { table: 'every', expressions: [{ name: 'x', sql: 'count(*)' }] }, 'SLUICE_SRC_QUERY'],
    [
      'a window',
      { table: 'every', expressions: [{ name: 'x', sql: 'row_number() over ()' }] },
      'SLUICE_SRC_QUERY',
    ],
    [
      'an unknown column',
      { table: 'every', expressions: [{ name: 'x', sql: 'nowhere' }] },
      'SLUICE_SRC_QUERY',
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
      { table: 'every', session: ['pragma writable_schema = 1'] },
      'SLUICE_CFG_INVALID',
      'session/0',
    ],
    ['a split column that is not there', { table: 'every', splitKey: 'nowhere' }, 'SLUICE_SRC_COLUMN'],
  ])('refuses %s, with code, place and remedy', async (_, parameters, code, place) => {
    const error = await rowsOf(parameters).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code, hint: expect.stringMatching(/\.$/) });
    if (place !== undefined) expect(error).toMatchObject({ place: `/reader/parameters/${place}` });
  });

  it('reads several tables as one, each under its name, and names the one that differs', async () => {
    const database = new DatabaseSync(path);
    for (const n of ['08', '09', '10'])
      database.exec(`create table part_${n} (id integer primary key, v text);
        insert into part_${n} select id + ${n}000, t from every where id between 3 and 50`);
    database.exec('create table part_11 (id integer primary key, v integer)');
    database.close();
    const { plan, rows } = await rowsOf({ tables: ['part_[08-10]'], session: ['pragma cache_size = -4000'] });
    expect(plan.splits.map(({ ordinal, label }) => [ordinal, label.split(':')[0]])).toEqual([
      [0, 'part_08'],
      [1, 'part_09'],
      [2, 'part_10'],
    ]);
    const parts = ['08', '09', '10'].map((n) => `select * from part_${n}`);
    expect(rows.equals((await rowsOf({ querySql: parts.join(' union all ') })).rows)).toBe(true);
    expect(rows.equals((await rowsOf({ queries: parts })).rows)).toBe(true);
    expect(plan.rows).toEqual({ count: 144, kind: 'exact' });
    const differs = {
      code: 'SLUICE_SRC_SHARD',
      place: 'part_11',
      detail: expect.stringContaining('v is long, not string'),
    };
    await expect(rowsOf({ tables: ['part_[10-11]'] })).rejects.toMatchObject(differs);
    await expect(connector.describe({ path }, { tables: ['part_[10-11]'] }, 'source')).rejects.toMatchObject(
      differs,
    );
  });

  it('reads no more rows at a time than it is told', async () => {
    const reader = await open({ table: 'every', fetchSize: 10, splitKey: 'n' });
    const { splits, notes } = await reader.plan({ channels: 1 });
    expect(notes).toEqual(['SQLite cuts a table by its rowid, whatever the split key.']);
    const counts = [];
    for await (const batch of reader.read(splits[0]!, null, { limits, signal: new AbortController().signal }))
      counts.push(batch.recordCount);
    expect(counts).toEqual(Array.from({ length: 50 }, () => 10));
  });
});
