import { RowBatchBuilder } from '@sluice/connector-sdk';
import type { Column, RowSchema } from '@sluice/model';
import { describe, expect, it } from 'vitest';
import { rowEncoding } from './row-encoding.ts';

type Pair = readonly [kind: Column['kind'], typname: string, more?: Partial<Column>];

const BINARY: readonly Pair[] = [
  ['boolean', 'bool'],
  ['int', 'int2'],
  ['int', 'int4'],
  ['int', 'int8'],
  ['long', 'int8'],
  ['float', 'float4'],
  ['double', 'float8'],
  ['decimal', 'numeric', { precision: 12, scale: 2 }],
  ['string', 'text'],
  ['string', 'varchar'],
  ['string', 'bpchar'],
  ['string', 'json', { format: 'json' }],
  ['string', 'jsonb', { format: 'json' }],
  ['string', 'uuid', { format: 'uuid' }],
  ['bytes', 'bytea'],
  ['date', 'date'],
  ['time', 'time'],
  ['timestamp', 'timestamp'],
  ['timestamptz', 'timestamptz'],
];

function schemaOf(pairs: readonly Pair[]): RowSchema {
  const columns = pairs.map(([kind, , more], n) => ({ name: `c${n}`, kind, nullable: true, ...more }));
  return { name: 't', columns, key: [] };
}

function one(kind: Column['kind'], append: (builder: RowBatchBuilder) => void): [RowSchema, Buffer] {
  const builder = new RowBatchBuilder(1024);
  append(builder);
  builder.endRow();
  return [schemaOf([[kind, '']]), builder.take().rows];
}

describe('the form of a COPY', () => {
  it('is binary when every column has a binary form, uuid among them', () => {
    const targets = BINARY.map(([, typname]) => ({ typname }));
    expect(rowEncoding(schemaOf(BINARY), targets).format).toBe('binary');
  });

  it('is text as soon as one column has none', () => {
    const pairs: readonly Pair[] = [...BINARY, ['string', 'interval', { format: 'interval' }]];
    expect(
      rowEncoding(
        schemaOf(pairs),
        pairs.map(([, typname]) => ({ typname })),
      ).format,
    ).toBe('text');
  });
});

describe('a uuid', () => {
  const encode = (text: string): Buffer => {
    const [schema, rows] = one('string', (builder) => builder.string(text));
    return rowEncoding(schema, [{ typname: 'uuid' }]).encode(rows);
  };

  it.each([
    'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11',
    'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11',
    '{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}',
    'a0eebc999c0b4ef8bb6d6bb9bd380a11',
    'a0ee-bc99-9c0b-4ef8-bb6d-6bb9-bd38-0a11',
  ])('is sent as its 16 bytes: %s', (text) => {
    expect(encode(text).subarray(-20).toString('hex')).toBe('00000010a0eebc999c0b4ef8bb6d6bb9bd380a11');
  });

  it.each(['', 'a0eebc99', '{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1g'])(
    'is a row-level error when it is none: %j',
    (text) =>
      expect(() => encode(text)).toThrow(expect.objectContaining({ code: 'SLUICE_TGT_VALUE', place: 'c0' })),
  );
});

describe('what the target would change without a word', () => {
  it.each([
    [
      'rounded to 3 digits of a second',
      'timestamp',
      { typname: 'timestamp', fraction: 3 },
      (b: RowBatchBuilder) => b.longNumber(1_000_001),
    ],
    [
      'rounded as a time of day',
      'time',
      { typname: 'time', fraction: 0 },
      (b: RowBatchBuilder) => b.longNumber(500_000),
    ],
    [
      'rounded beyond 64 bits',
      'timestamptz',
      { typname: 'timestamptz', fraction: 0 },
      (b: RowBatchBuilder) => b.text('294276-12-31 23:59:59.999999'),
    ],
    ['cut to a date', 'timestamp', { typname: 'date' }, (b: RowBatchBuilder) => b.longNumber(1)],
    [
      'cut of its spaces',
      'string',
      { typname: 'varchar', maxLength: 2 },
      (b: RowBatchBuilder) => b.string('é  '),
    ],
  ] as const)('is refused: %s', (_, kind, target, append) => {
    const [schema, rows] = one(kind, append);
    expect(() => rowEncoding(schema, [target]).encode(rows)).toThrow(
      expect.objectContaining({ code: 'SLUICE_TGT_VALUE', place: 'c0' }),
    );
  });

  it('passes where nothing is lost', () => {
    const [schema, rows] = one('string', (builder) => builder.string('é '));
    expect(rowEncoding(schema, [{ typname: 'varchar', maxLength: 2 }]).encode(rows).length).toBeGreaterThan(
      5,
    );
  });
});
