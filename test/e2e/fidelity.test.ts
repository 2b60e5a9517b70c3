import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Engine, startEngine } from '@sluice/standalone';
import { has } from '@sluice/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { copyTable, type Place, place } from './pairs.ts';

/** Per type of PostgreSQL the values at its edges, as literals; every one is a row of its own, the other columns null. */
const EDGES: Readonly<Record<string, readonly string[]>> = {
  boolean: ['true', 'false'],
  smallint: ['-32768', '32767', '0'],
  integer: ['-2147483648', '2147483647', '0', '-1'],
  bigint: ['-9223372036854775808', '9223372036854775807', '9007199254740993', '-9007199254740993'],
  real: [`'NaN'`, `'Infinity'`, `'-Infinity'`, `'-0'`, '16777217', '0.1', '1e-45'],
  'double precision': [`'NaN'`, `'Infinity'`, `'-0'`, '5e-324', '1.7976931348623157e308', '0.1'],
  'numeric(12,2)': [
    '0.00',
    '-0.01',
    '9999999999.99',
    '-9999999999.99',
    '0.10',
    '100',
    '10000',
    '12345678.9',
    `'NaN'`,
  ],
  'numeric(5,4)': ['0.0001', '9.9999', '-1.2345', '1'],
  'numeric(38,10)': [
    '9999999999999999999999999999.9999999999',
    '-0.0000000001',
    '12345678901234567890.5',
    '10000000000000000',
  ],
  'numeric(20,0)': ['18446744073709551615', '9223372036854775808', '0'],
  numeric: [`'NaN'`, `'Infinity'`, '1e-30', '123456789012345678901234567890.123456789', '0.00'],
  date: [
    `'0001-01-01'`,
    `'4713-01-01 BC'`,
    `'5874897-12-31'`,
    `'1582-10-10'`,
    `'infinity'`,
    `'-infinity'`,
    `'2000-02-29'`,
    `'1969-12-31'`,
  ],
  time: [`'24:00:00'`, `'00:00:00.000001'`, `'23:59:59.999999'`, `'00:00'`],
  'time with time zone': [`'12:00:00+15:59'`, `'00:00:00.5-08'`],
  timestamp: [
    `'1970-01-01 00:00:00.000001'`,
    `'1969-12-31 23:59:59.999999'`,
    `'infinity'`,
    `'-infinity'`,
    `'294276-12-31 23:59:59.999999'`,
    `'4713-01-01 00:00:00 BC'`,
    `'2024-03-31 02:30:00'`,
  ],
  timestamptz: [
    `'2038-01-19 03:14:08+00'`,
    `'1970-01-01 00:00:01+00'`,
    `'infinity'`,
    `'294276-12-31 23:59:59.999999+00'`,
    `'1900-01-01 00:00:00-15:59'`,
  ],
  interval: [`'1 mon -1 day'`, `'178000000 years'`, `'0'`, `'1 day 00:00:00.000001'`],
  text: [
    `''`,
    `'NULL'`,
    `E'\\\\N'`,
    `E'tab\\tline\\nback\\\\slash\\r'`,
    `'🚚 é e\u0301 ☕'`,
    `'  spaces  '`,
    `repeat('ab', 40000)`,
  ],
  'varchar(20)': [`'zwölf'`, `''`],
  'char(8)': [`'a  '`, `''`],
  bytea: [`'\\x'`, `'\\x00'`, `'\\x5c27000a0d09'`, `decode(repeat('00ff', 50000), 'hex')`],
  'bit(5)': [`B'10101'`, `B'00000'`],
  'bit varying': [`B''`, `B'0001'`],
  json: [`'{"a":1,  "a":2}'`, `'9007199254740993'`, `'1.0'`, `'null'`, `'"\\u0000"'`, `'[1e400]'`],
  jsonb: [`'{"b":1,"a":[null,true]}'`, `'null'`, `'12345678901234567890.123456789'`, `'""'`],
  uuid: [`'00000000-0000-0000-0000-000000000000'`, `'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'`],
  'text[]': [`'{}'`, `'{NULL,"NULL",""}'`, `'[0:2]={a,b,"c,\\"d"}'`, `'{{1,2},{3,4}}'`],
  'integer[]': [`'{1,NULL,-3}'`, `'{{{1}}}'`],
  inet: [`'::ffff:1.2.3.4/96'`, `'0.0.0.0/0'`, `'10.0.0.1'`],
  cidr: [`'10.0.0.0/8'`],
  macaddr: [`'08:00:2b:01:02:03'`],
  int4range: [`'empty'`, `'(,)'`, `'[1,10)'`],
  daterange: [`'[2020-01-01,)'`],
  point: [`'(1.5,-0)'`],
  tsvector: [`'a:1 cat:2A'`],
  xml: [`'<a b="1">ü</a>'`],
  money: [`'-92233720368547758.08'`, `'0.01'`],
  oid: ['4294967295'],
  pg_lsn: [`'FFFFFFFF/FFFFFFFF'`],
};

const column = (type: string): string => `"${type}"`;

/** Types that COPY carries in its binary form both ways: a table of these alone takes the fast path. */
const FAST = [
  'boolean',
  'smallint',
  'integer',
  'bigint',
  'real',
  'double precision',
  'numeric(12,2)',
  'numeric(5,4)',
  'numeric(38,10)',
  'numeric(20,0)',
  'date',
  'time',
  'timestamp',
  'timestamptz',
  'text',
  'varchar(20)',
  'char(8)',
  'bytea',
  'json',
  'jsonb',
];

/** Fills a table with a column for each type and a row for each edge. */
async function fillEdges(at: Place, types: readonly string[]): Promise<number> {
  await at.run(
    `create table edges (id integer primary key, ${types.map((type) => `${column(type)} ${type}`).join(', ')})`,
  );
  let id = 0;
  for (const type of types)
    for (const value of EDGES[type]!)
      await at.run(`insert into edges (id, ${column(type)}) values (${++id}, (${value})::${type})`);
  await at.run(`insert into edges (id) values (${++id})`);
  return id;
}

describe.skipIf(!has('postgres'))('PostgreSQL -> PostgreSQL', () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await startEngine(mkdtempSync(join(tmpdir(), 'sluice-fidelity-')));
  });
  afterAll(() => engine.stop());

  for (const [mode, mapStage] of [
    ['insert', false],
    ['upsert', false],
    ['insert', true],
  ] as const)
    for (const types of [Object.keys(EDGES), FAST])
      it(`carries every edge value of ${types.length} types exactly: ${mode}, ${mapStage ? 'with' : 'without'} a map stage`, async () => {
        const [source, target] = [await place('postgres'), await place('postgres')];
        try {
          const rows = await fillEdges(source, types);
          const run = await copyTable(engine, source, target, 'edges', {
            mapStage,
            write: { mode },
            control: { channels: 1, dirtyLimit: 0 },
          });
          expect(run.error).toBeUndefined();
          expect(run.counts).toMatchObject({ read: rows, written: rows, dirty: 0 });
          for (const type of types) {
            const sql = `select coalesce(string_agg(id || '=' || md5(${column(type)}::text) || pg_typeof(${column(type)}), ',' order by id), '') from edges where ${column(type)} is not null`;
            expect(await target.value(sql), type).toBe(await source.value(sql));
          }
        } finally {
          await source.close();
          await target.close();
        }
      });

  it('lets the last record of a key win in an upsert, and updates what is there', async () => {
    const [source, target] = [await place('postgres'), await place('postgres')];
    try {
      await source.run(
        `create table t (id integer primary key, k integer, v text); insert into t select n, n % 10, 'v' || n from generate_series(1, 1000) n`,
      );
      await target.run(
        `create table t (k integer primary key, v text); insert into t values (3, 'old'), (77, 'kept')`,
      );
      const run = await copyTable(engine, source, target, 't', {
        mapping: [
          { to: 'k', from: 'k' },
          { to: 'v', from: 'v' },
        ],
        write: { mode: 'upsert' },
      });
      expect(run.error).toBeUndefined();
      expect(run.counts).toMatchObject({ read: 1000, written: 1000 });
      expect(await target.value(`select string_agg(k || v, ',' order by k) from t`)).toBe(
        '0v1000,1v991,2v992,3v993,4v994,5v995,6v996,7v997,8v998,9v999,77kept',
      );
    } finally {
      await source.close();
      await target.close();
    }
  });

  it('isolates exactly the 137 bad of 20,000 records, and fails at a limit of 136', async () => {
    const [source, target] = [await place('postgres'), await place('postgres')];
    try {
      await source.run(`create table t (id integer primary key, v text);
        insert into t select n, case when n <= 3 or n > 19998 or n % 151 = 0 then 'bad' else 'good' end from generate_series(1, 20000) n`);
      await target.run(`create table t (id integer, v text check (v <> 'bad'))`);
      const bad = Number(await source.value(`select count(*) from t where v = 'bad'`));
      expect(bad).toBe(137);
      const failed = await copyTable(engine, source, target, 't', {
        write: { mode: 'insert', truncateFirst: true },
        control: { channels: 1, dirtyLimit: 136 },
      });
      expect(failed.error).toMatchObject({ code: 'SLUICE_RUN_DIRTY_LIMIT' });
      const run = await copyTable(engine, source, target, 't', {
        write: { mode: 'insert', truncateFirst: true },
        control: { channels: 1, dirtyLimit: 137 },
      });
      expect(run.counts).toMatchObject({ read: 20_000, written: 20_000 - 137, dirty: 137 });
      expect(await target.value('select count(*) from t')).toBe(String(20_000 - 137));
      expect(
        await target.value(`select count(*) from _sluice_dirty where generation = '${run.generation}'`),
      ).toBe('137');
    } finally {
      await source.close();
      await target.close();
    }
  });
});
