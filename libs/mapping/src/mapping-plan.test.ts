import fc from 'fast-check';
import { recordOffsets } from '@sluice/connector-sdk';
import {
  type Batch,
  type FieldMapping,
  MAX_RECORD_BYTES,
  type RowSchema,
  type TaskDocument,
} from '@sluice/model';
import { decodeRows, encodeBatch } from '@sluice/wire';
import { build, EVERY_KIND, type RawField, rowsOf } from '@sluice/wire/row-arbitrary';
import { describe, expect, test } from 'vitest';
import { compileMapping, effectiveParameters, mappedSchema, needsMapStage, planMapping } from './index.ts';

type Wishes = Pick<TaskDocument, 'mapping' | 'filter' | 'transformers' | 'parameters'>;

const ORDERS: RowSchema = {
  name: 'orders',
  key: ['id'],
  columns: [
    { name: 'id', kind: 'long', nullable: false },
    { name: 'code', kind: 'string', nullable: true, nativeType: 'varchar(10)', maxLength: 10 },
    { name: 'amount', kind: 'decimal', precision: 12, scale: 2, nullable: true },
    { name: 'email', kind: 'string', nullable: true },
  ],
};
const FACTS = { run: { id: 'run', startedAt: 7 }, hasSecret: (name: string) => name === 'pii' };

function plan(doc: Wishes, source = ORDERS, target?: RowSchema): ReturnType<typeof planMapping> {
  return planMapping(doc, source, target, { ...FACTS, parameters: doc.parameters ?? {} });
}

function compiled(doc: Wishes, source = ORDERS): { map: (batch: Batch) => Batch; schema: RowSchema } {
  const { mapping, problems } = plan(doc, source);
  expect(problems).toEqual([]);
  // As a run stores it: JSON.
  const stored = JSON.parse(JSON.stringify(mapping)) as typeof mapping;
  return {
    map: compileMapping(stored, source, { pii: 'a key of 20 letters.' }),
    schema: mappedSchema(stored, source),
  };
}

function batchOf(rows: Buffer, recordCount: number, more: Partial<Batch> = {}): Batch {
  const ids = { task: 't', generation: 'g', run: 'r', split: 2, channel: 1, epoch: 9, seq: 4 };
  const counts = { recordCount, filteredCount: 0, dirtyCount: 0, sourceBytes: rows.length };
  return { kind: 'data', ...ids, position: 'p', ...counts, rows, dirty: [], ...more };
}

/** Rows `[code, amount, email]` with ids from 0. */
function orders(...rows: readonly (readonly [string | null, bigint | null, string | null])[]): Batch {
  const raw = rows.map(([code, amount, email], id): RawField[] => [
    { value: BigInt(id) },
    ...[code, amount, email].map((value): RawField => (value === null ? null : { value })),
  ]);
  return batchOf(build(ORDERS, raw), rows.length);
}

const KEEP: readonly FieldMapping[] = ORDERS.columns.map(({ name }) => ({ to: name, from: name }));

describe('a filter', () => {
  const batch = orders(['a', 100n, null], ['b', null, null], ['c', -5n, null], [null, 300n, null]);

  test('keeps the rows for which it is true; false and null are counted, and the bytes of the others stay', () => {
    const { map } = compiled({ filter: 'amount > 0' });
    const mapped = map(batch);
    expect([mapped.recordCount, mapped.filteredCount, mapped.dirtyCount]).toEqual([2, 2, 0]);
    const at = recordOffsets(ORDERS, batch.rows);
    const kept = [batch.rows.subarray(at[0], at[1]), batch.rows.subarray(at[3], at[4])];
    expect(mapped.rows.equals(Buffer.concat(kept))).toBe(true);
    expect(encodeBatch(mapped, 1).headers['sluice-filtered']).toBe('2');
  });

  test('of which every row or none passes', () => {
    expect(compiled({ filter: 'true' }).map(batch).rows.equals(batch.rows)).toBe(true);
    const none = compiled({ filter: 'id < 0' }).map(batch);
    expect([none.recordCount, none.filteredCount, none.rows.length]).toEqual([0, 4, 0]);
  });

  test('adds to what was filtered before, and leaves records that were dirty before alone', () => {
    const earlier = [{ index: 1, code: 'SLUICE_SRC_VALUE', reason: 'r', record: '{}' }];
    const mapped = compiled({ filter: '100 / amount > 0' }).map({
      ...orders(['a', 100n, null], ['b', 0n, null], ['c', -5n, null]),
      filteredCount: 3,
      dirty: earlier,
      dirtyCount: 1,
    });
    // Read as: a, dirty, b, c.
    expect(mapped).toMatchObject({ recordCount: 1, filteredCount: 4, dirtyCount: 2 });
    expect(mapped.dirty).toEqual([
      ...earlier,
      {
        index: 2,
        code: 'SLUICE_MAP_EVALUATE',
        reason: 'Filter: division by zero in 100 / amount at character 1.',
        record: '{"id":1,"code":"b","amount":"0.00","email":null}',
      },
    ]);
  });

  test('makes a map stage, as do computed columns and transformers', () => {
    const needs = (doc: Wishes): boolean => needsMapStage(plan(doc).mapping, {}, true, ORDERS);
    expect(needs({})).toBe(false);
    expect(needs({ filter: 'true' })).toBe(true);
    expect(needs({ mapping: [{ to: 'x', expression: 'id' }] })).toBe(true);
    expect(needs({ transformers: [{ name: 'dx_pad', column: 'code', paras: ['l', '3', ' '] }] })).toBe(true);
  });
});

describe('a computed column', () => {
  test('has the type of its expression, and takes part in schema and key like any other', () => {
    const { schema } = compiled({
      mapping: [
        { to: 'no', from: 'id' },
        { to: 'gross', expression: 'amount * 1.19' },
        { to: 'is', expression: 'amount > 0' },
        { to: 'has', expression: 'has(amount)' },
        { to: 'when', expression: 'runTime()' },
        { to: 'none', expression: 'null' },
      ],
    });
    expect(schema).toMatchObject({
      key: ['no'],
      columns: [
        { kind: 'long' },
        { kind: 'decimal', precision: 15, scale: 4, nullable: true },
        { kind: 'boolean', nullable: true },
        { kind: 'boolean', nullable: false },
        { kind: 'timestamptz' },
        { kind: 'string', nullable: true },
      ],
    });
  });

  test('is cast as it is asked for, or as the target needs it, and is dirty where it does not fit', () => {
    const target: RowSchema = {
      name: 'sales',
      key: [],
      columns: [
        { name: 'n', kind: 'int', nullable: false },
        { name: 'gross', kind: 'decimal', precision: 6, scale: 2, nullable: true },
        { name: 'note', kind: 'string', nullable: true },
      ],
    };
    const doc: Wishes = {
      mapping: [
        { to: 'n', expression: 'id * 2' },
        { to: 'gross', expression: 'amount * 1.5' },
        { to: 'note', expression: 'id > 0', cast: 'string' },
      ],
    };
    const found = plan(doc, ORDERS, target);
    expect(found.problems).toEqual([]);
    expect(found.verdicts.map(({ to, verdict, rule }) => [to, verdict, rule.split('.')[0]])).toEqual([
      ['n', 'may-lose', 'Computed as long'],
      ['gross', 'may-lose', 'Computed as decimal(14,3)'],
      ['note', 'safe', 'Computed as boolean'],
    ]);
    const mapped = compileMapping(
      found.mapping,
      ORDERS,
    )(orders([null, 100n, null], [null, 1n, null], [null, 99_999_999n, null]));
    expect(decodeRows(mappedSchema(found.mapping, ORDERS, target), mapped.rows)).toEqual([
      [0, '1.50', 'false'],
    ]);
    expect(mapped.dirty).toMatchObject([
      {
        index: 1,
        code: 'SLUICE_MAP_CAST',
        column: 'gross',
        reason: 'Expression of gross: the value does not fit decimal(6,2) without losing digits.',
      },
      { index: 2, code: 'SLUICE_MAP_CAST' },
    ]);
  });

  test('leaves every other field of the row as it is, byte for byte, whatever the rows are', () => {
    const nullable = {
      ...EVERY_KIND,
      columns: EVERY_KIND.columns.map((column) => ({ ...column, nullable: true })),
    };
    const names = nullable.columns.map(({ name }) => name);
    const list = [...names.slice(3), 'sum', ...names.slice(0, 3)].map((name): FieldMapping =>
      name === 'sum' ? { to: 'sum', expression: 'small + row["a-long"]' } : { to: name, from: name },
    );
    const { map, schema } = compiled({ mapping: list }, nullable);
    fc.assert(
      fc.property(rowsOf(nullable), (raw) => {
        const batch = batchOf(build(nullable, raw), raw.length);
        const mapped = map(batch);
        expect(mapped.recordCount + mapped.dirtyCount).toBe(raw.length);
        expect(map(batch)).toEqual(mapped);
        const gone = new Set(mapped.dirty.map(({ index }) => index));
        const sums = decodeRows(schema, mapped.rows).map((row) => row[names.length - 3]);
        const kept = raw.filter((_, index) => !gone.has(index));
        const wanted = kept.map((row, index) => {
          const sum = sums[index]!;
          return [...row.slice(3), sum === null ? null : { value: sum }, ...row.slice(0, 3)];
        });
        expect(mapped.rows.equals(build(schema, wanted))).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  test('is not larger than a message can be: the row that goes beyond is dirty', () => {
    const { map } = compiled({ mapping: [...KEEP, { to: 'long', expression: "padLeft('x', 1000000)" }] });
    const mapped = map(orders(...Array.from({ length: 10 }, () => [null, null, null] as const)));
    expect(mapped.recordCount).toBe(7);
    expect(mapped.rows.length).toBeLessThan(MAX_RECORD_BYTES + 1024 * 1024);
    expect(mapped.dirty.map(({ index, code }) => [index, code])).toEqual(
      [7, 8, 9].map((index) => [index, 'SLUICE_MAP_TOO_LARGE']),
    );
  });

  test('is hashed with a secret that only the mapper has', () => {
    const doc: Wishes = { mapping: [{ to: 'who', expression: "hmacSha256(email, secret('pii'))" }] };
    const { mapping } = plan(doc);
    expect(mapping.secrets).toEqual(['pii']);
    expect(JSON.stringify(mapping)).not.toContain('letters');
    const batch = orders(['a', 1n, 'x@y.z']);
    const digest = (key: string): unknown =>
      decodeRows(
        mappedSchema(mapping, ORDERS),
        compileMapping(mapping, ORDERS, { pii: key })(batch).rows,
      )[0]![0];
    expect(digest('one')).not.toBe(digest('two'));
    expect(() => compileMapping(mapping, ORDERS, {})).toThrowError(
      expect.objectContaining({ code: 'SLUICE_MAP_EXPRESSION' }),
    );
  });
});

describe('transformers', () => {
  const doc: Wishes = {
    transformers: [
      { name: 'dx_filter', columnIndex: 1, paras: ['like', 'x.*'] },
      { name: 'dx_substr', column: 'code', paras: ['1', '2'] },
      { name: 'dx_pad', column: 'id', paras: ['l', '3', '0'] },
      { name: 'dx_filter', column: 'CODE', paras: ['=', 'zz'] },
    ],
    mapping: [
      { to: 'id', from: 'id' },
      { to: 'code', from: 'code' },
      { to: 'both', expression: 'id + code' },
      { to: 'n', from: 'id', cast: 'int' },
    ],
  };

  test('change the row in their order, before the fields see it, and drop rows', () => {
    const { map, schema } = compiled(doc);
    const mapped = map(
      orders(['abcd', 1n, null], ['xbcd', 1n, null], [null, 1n, null], ['azz!', 1n, null], ['', 1n, null]),
    );
    expect(decodeRows(schema, mapped.rows)).toEqual([
      ['000', 'bc', '000bc', 0],
      ['002', null, null, 2],
    ]);
    expect(mapped).toMatchObject({ recordCount: 2, filteredCount: 2, dirtyCount: 1 });
    expect(mapped.dirty[0]).toMatchObject({
      index: 4,
      code: 'SLUICE_MAP_TRANSFORM',
      column: 'code',
      reason: 'Column code: dx_substr starts behind the end of the text.',
    });
  });

  test('make texts of their columns, which are no key any more', () => {
    const { schema } = compiled(doc);
    expect(schema.key).toEqual([]);
    expect(schema.columns[0]).toEqual({ name: 'id', kind: 'string', nullable: true });
    expect(compiled({ transformers: doc.transformers!.slice(0, 2) }).schema.key).toEqual(['id']);
  });

  test('see the row behind the filter, which sees it before them', () => {
    const { map } = compiled({ ...doc, filter: 'id > 1' });
    expect(map(orders(['abcd', 1n, null], ['', 1n, null], ['pqr', 1n, null]))).toMatchObject({
      recordCount: 1,
      filteredCount: 2,
      dirtyCount: 0,
    });
  });
});

describe('what is wrong with a mapping', () => {
  test.each<[Wishes, string, string, string]>([
    [
      { filter: 'amuont > 1' },
      '/filter',
      'SLUICE_MAP_EXPRESSION',
      'There is no column amuont; did you mean amount? (in amuont at character 1)',
    ],
    [{ filter: 'amount' }, '/filter', 'SLUICE_MAP_EXPRESSION', 'A condition is true or false'],
    [
      { filter: 'amount > 1 &&\n  nope' },
      '/filter',
      'SLUICE_MAP_EXPRESSION',
      '(in nope at line 2, character 3)',
    ],
    [
      { mapping: [{ to: 'x', expression: 'id +' }] },
      '/mapping/0/expression',
      'SLUICE_MAP_EXPRESSION',
      'ends too early',
    ],
    [
      { mapping: [{ to: 'x', expression: "duration('1h')" }] },
      '/mapping/0/expression',
      'SLUICE_MAP_EXPRESSION',
      'A duration is no type of a column',
    ],
    [
      { mapping: [{ to: 'x', expression: "secret('pii')" }] },
      '/mapping/0/expression',
      'SLUICE_MAP_EXPRESSION',
      'only be the key',
    ],
    [
      { mapping: [{ to: 'x', expression: "hmacSha256(email, secret('nope'))" }] },
      '/mapping/0/expression',
      'SLUICE_MAP_EXPRESSION',
      'sluice secret set nope',
    ],
    [
      { mapping: [{ to: 'x', constant: 'a ${dya}' }], parameters: { day: 'x' } },
      '/mapping/0/constant',
      'SLUICE_MAP_EXPRESSION',
      'did you mean day?',
    ],
    [
      { mapping: [{ to: 'x', from: 'id', expression: 'id' }] },
      '/mapping/0',
      'SLUICE_CFG_INVALID',
      'exactly one of from, position, constant and expression',
    ],
    [
      { mapping: [{ to: 'x', from: 'code', cast: { to: 'timestamp', format: 'YYYY' } }] },
      '/mapping/0',
      'SLUICE_MAP_IMPOSSIBLE',
      'has the letter Y',
    ],
    [
      { mapping: [{ to: 'x', from: 'code', cast: { to: 'moment' } }] },
      '/mapping/0/cast',
      'SLUICE_CFG_INVALID',
      'There is no cast moment',
    ],
    [
      { transformers: [{ name: 'dx_sbstr', column: 'code' }] },
      '/transformers/0/name',
      'SLUICE_MAP_TRANSFORMER',
      'did you mean dx_substr?',
    ],
    [
      { transformers: [{ name: 'dx_substr', paras: ['0', '1'] }] },
      '/transformers/0',
      'SLUICE_MAP_TRANSFORMER',
      'exactly one of column and columnIndex',
    ],
    [
      { transformers: [{ name: 'dx_substr', columnIndex: 9, paras: ['0', '1'] }] },
      '/transformers/0',
      'SLUICE_MAP_TRANSFORMER',
      'no column at index 9; orders has 4',
    ],
    [
      { transformers: [{ name: 'dx_substr', column: 'cod', paras: ['0', '1'] }] },
      '/transformers/0',
      'SLUICE_MAP_TRANSFORMER',
      'Did you mean code?',
    ],
    [
      { transformers: [{ name: 'dx_substr', column: 'code', paras: ['0'] }] },
      '/transformers/0/paras',
      'SLUICE_MAP_TRANSFORMER',
      'takes two whole numbers',
    ],
    [
      { transformers: [{ name: 'dx_groovy', code: 'record.setColumn(1, x.trim())' }] },
      '/transformers/0',
      'SLUICE_MAP_GROOVY',
      '"expression":"trim(code)"',
    ],
  ])('%j is said at %s with %s: %s', (doc, pointer, code, detail) => {
    const { problems } = plan(doc);
    expect(problems).toContainEqual(
      expect.objectContaining({ pointer, code, detail: expect.stringContaining(detail) }),
    );
  });

  test('is said for every part at once', () => {
    const { problems } = plan({
      filter: 'x',
      transformers: [{ name: 'dx_groovy' }],
      mapping: [
        { to: 'a', expression: 'y' },
        { to: 'b', from: 'z' },
      ],
    });
    expect(problems.map(({ pointer }) => pointer)).toEqual([
      '/filter',
      '/transformers/0',
      '/mapping/0/expression',
      '/mapping/1/from',
    ]);
  });

  test('or is only odd is a note', () => {
    const { notes, problems } = plan({
      transformers: [{ name: 'dx_digest', column: 'code', paras: ['MD5', 'toLowerCase'] }],
    });
    expect([problems, notes]).toEqual([[], [expect.stringContaining('takes MD5 for sha1')]]);
  });
});

describe('parameters', () => {
  const declared = { day: '2024-01-31', n: 1, on: false, any: null };

  test('are what the task declares unless the start says otherwise, with the types that are declared', () => {
    expect(effectiveParameters(declared)).toEqual(declared);
    expect(effectiveParameters(declared, { day: 5, n: '2.5', on: 'true', any: 7 })).toEqual({
      day: '5',
      n: 2.5,
      on: true,
      any: 7,
    });
    expect(effectiveParameters(declared, { n: null })).toMatchObject({ n: null });
  });

  test.each([
    [{ dya: 'x' }, 'The task declares no parameter dya. Did you mean day?'],
    [{ n: 'x' }, 'Parameter n is a number'],
    [{ n: '' }, 'Parameter n is a number'],
    [{ on: 'yes' }, 'Parameter on is a boolean'],
    [{ on: 1 }, 'Parameter on is a boolean'],
    [{ toString: 'x' }, 'declares no parameter toString'],
  ])('%j is refused: %s', (given, detail) => {
    expect(() => effectiveParameters(declared, given as Record<string, string>)).toThrowError(
      expect.objectContaining({ code: 'SLUICE_CFG_INVALID', detail: expect.stringContaining(detail) }),
    );
  });

  test('stand in constants with their type, or within a text', () => {
    const { map, schema } = compiled({
      parameters: declared,
      mapping: [
        { to: 'id', from: 'id' },
        { to: 'a', constant: '${n}' },
        { to: 'b', constant: 'day ${day}, $${day}' },
        { to: 'c', expression: '${n} + 1' },
        { to: 'd', constant: '${day}', cast: { to: 'date', format: 'yyyy-MM-dd' } },
      ],
    });
    expect(decodeRows(schema, map(orders([null, null, null])).rows)).toEqual([
      [0n, 1n, 'day 2024-01-31, ${day}', 2n, '2024-01-31'],
    ]);
  });
});
