import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { recordOffsets } from '@sluice/connector-sdk';
import type { Batch, FieldMapping, RowSchema } from '@sluice/model';
import { decodeRows } from '@sluice/wire';
import { build, EVERY_KIND, type RawField, rowsOf } from '@sluice/wire/row-arbitrary';
import { compileMapping, mappedSchema, resolveMapping } from './index.ts';

function batchOf(rows: Buffer, recordCount: number, more: Partial<Batch> = {}): Batch {
  const ids = { task: 't', generation: 'g', run: 'r', split: 2, channel: 1, epoch: 9, seq: 4 };
  const counts = { recordCount, filteredCount: 0, dirtyCount: 0, sourceBytes: rows.length };
  return { kind: 'data', ...ids, position: 'p', ...counts, rows, dirty: [], ...more };
}

function compile(
  list: readonly FieldMapping[],
  source: RowSchema,
): { map: (batch: Batch) => Batch; schema: RowSchema } {
  const { fields, problems } = resolveMapping(list, source, undefined);
  expect(problems).toEqual([]);
  return { map: compileMapping({ fields }, source), schema: mappedSchema({ fields }, source) };
}

const NAMES = EVERY_KIND.columns.map((column) => column.name);
const keep = (name: string): FieldMapping => ({ to: `new ${name}`, from: name });

const PEOPLE: RowSchema = {
  name: 'people',
  key: ['id'],
  columns: [
    { name: 'id', kind: 'long', nullable: false },
    { name: 'age', kind: 'string', nullable: true },
    { name: 'name', kind: 'string', nullable: true },
  ],
};
const AGES: readonly FieldMapping[] = [
  { to: 'age', from: 'age', cast: 'int' },
  { to: 'who', from: 'name' },
  { to: 'source', constant: 'import' },
  { to: 'id', from: 'id' },
];

function people(...ages: (string | null)[]): Buffer {
  return build(
    PEOPLE,
    ages.map((age, index): RawField[] => [
      { value: BigInt(index) },
      age === null ? null : { value: age },
      { value: `n${index}` },
    ]),
  );
}

describe('mapping a batch', () => {
  test('by identity gives the very batch', () => {
    const batch = batchOf(people('1', '2'), 2);
    const { fields } = resolveMapping('name', PEOPLE, undefined);
    expect(compileMapping({ fields }, PEOPLE)(batch)).toBe(batch);
  });

  test('in any order and choice keeps the bytes of every field', () => {
    const order = fc.shuffledSubarray(NAMES, { minLength: 1 });
    fc.assert(
      fc.property(rowsOf(EVERY_KIND), order, (raw, names) => {
        const { map, schema } = compile(names.map(keep), EVERY_KIND);
        const mapped = map(batchOf(build(EVERY_KIND, raw), raw.length));
        const chosen = names.map((name) => NAMES.indexOf(name));
        const expected = build(
          schema,
          raw.map((row) => chosen.map((index) => row[index]!)),
        );
        expect(mapped.rows.equals(expected)).toBe(true);
        expect(mapped.recordCount).toBe(raw.length);
      }),
      { numRuns: 150 },
    );
  });

  test('with constants, casts and doubled columns gives the same bytes every time and leaves the batch alone', () => {
    const list = [
      ...NAMES.map((name) => ({ to: `${name} text`, from: name, cast: 'string' })),
      ...NAMES.map(keep),
    ];
    const { map, schema } = compile([...list, { to: 'c', constant: 1.5 }], EVERY_KIND);
    fc.assert(
      fc.property(rowsOf(EVERY_KIND), (raw) => {
        const rows = build(EVERY_KIND, raw);
        const batch = batchOf(rows, raw.length);
        const before = Buffer.from(rows);
        const first = map(batch);
        expect(map(batch)).toEqual(first);
        expect(batch.rows.equals(before)).toBe(true);
        expect(first.recordCount + first.dirtyCount).toBe(raw.length);
        expect(recordOffsets(schema, first.rows).length).toBe(first.recordCount + 1);
        for (const row of decodeRows(schema, first.rows)) expect(row.at(-1)).toBe(1.5);
      }),
      { numRuns: 100 },
    );
  });

  test('keeps identity, position and seq, and puts records that cannot be cast aside', () => {
    const { map, schema } = compile(AGES, PEOPLE);
    const batch = batchOf(people('30', 'x', null, '9999999999', '5'), 5);
    const mapped = map(batch);
    const { rows: _, dirty, recordCount, dirtyCount, ...rest } = mapped;
    expect(batch).toMatchObject(rest);
    expect([recordCount, dirtyCount]).toEqual([3, 2]);
    expect(decodeRows(schema, mapped.rows)).toEqual([
      [30, 'n0', 'import', 0n],
      [null, 'n2', 'import', 2n],
      [5, 'n4', 'import', 4n],
    ]);
    expect(dirty).toEqual([
      {
        index: 1,
        code: 'SLUICE_MAP_CAST',
        column: 'age',
        reason: 'Column age: the value is not a whole number.',
        record: '{"id":1,"age":"x","name":"n1"}',
      },
      expect.objectContaining({ index: 3, reason: 'Column age: the value is out of the range of int.' }),
    ]);
  });

  test('numbers dirty records as the batch was read, around those that were dirty before', () => {
    const earlier = [0, 2].map((index) => ({ index, code: 'SLUICE_SRC_VALUE', reason: 'r', record: '{}' }));
    const batch = batchOf(people('1', 'x', 'y'), 3, { dirty: earlier, dirtyCount: 2 });
    const mapped = compile(AGES, PEOPLE).map(batch);
    // Read as: dirty, row 1, dirty, row x, row y.
    expect(mapped.dirty.map((entry) => entry.index)).toEqual([0, 2, 3, 4]);
    expect([mapped.recordCount, mapped.dirtyCount]).toEqual([1, 4]);
  });

  test('cuts the text of a dirty record at 64 KiB between characters', () => {
    const rows = build(PEOPLE, [[{ value: 1n }, { value: 'é'.repeat(50_000) }, null]]);
    const [entry] = compile(AGES, PEOPLE).map(batchOf(rows, 1)).dirty;
    expect(Buffer.byteLength(entry!.record)).toBeGreaterThan(65_530);
    expect(Buffer.byteLength(entry!.record)).toBeLessThanOrEqual(65_536);
    expect(entry!.record).not.toContain('\ufffd');
  });

  test('finds columns by name, whatever else the rows carry', () => {
    const { fields } = resolveMapping([{ to: 'n', from: 'name' }], PEOPLE, undefined);
    const narrow: RowSchema = { ...PEOPLE, key: [], columns: [PEOPLE.columns[2]!] };
    const rows = build(narrow, [[{ value: 'a' }]]);
    expect(compileMapping({ fields }, narrow)(batchOf(rows, 1)).rows.equals(rows)).toBe(true);
    const refusal = expect.objectContaining({ code: 'SLUICE_MAP_IMPOSSIBLE' });
    expect(() => compileMapping({ fields }, { ...PEOPLE, columns: [PEOPLE.columns[0]!] })).toThrowError(
      refusal,
    );
  });

  test('leaves a batch without rows as it is', () => {
    const heartbeat = batchOf(Buffer.alloc(0), 0, { kind: 'heartbeat' });
    expect(compile(AGES, PEOPLE).map(heartbeat)).toBe(heartbeat);
  });

  test('refuses rows that are not as many as counted, on both paths', () => {
    const refusal = expect.objectContaining({ code: 'SLUICE_BUS_UNDECODABLE' });
    for (const list of [AGES, [keep('name'), keep('id')]])
      for (const count of [1, 3])
        expect(() => compile(list, PEOPLE).map(batchOf(people('1', '2'), count))).toThrowError(refusal);
  });
});
