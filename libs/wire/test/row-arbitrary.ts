import fc from 'fast-check';
import { RowBatchBuilder } from '@sluice/connector-sdk';
import type { Column, ColumnKind, RowSchema } from '@sluice/model';

/** One column of every kind; the decimal is wide enough for more than 64 bits. */
export const EVERY_KIND: RowSchema = {
  name: 'shop.every kind',
  key: ['a-long'],
  dialect: 'postgres',
  columns: [
    { name: 'a-long', kind: 'long', nullable: false, nativeType: 'bigint' },
    { name: 'flag', kind: 'boolean', nullable: true },
    { name: 'small', kind: 'int', nullable: true },
    { name: 'single', kind: 'float', nullable: true },
    { name: 'wide', kind: 'double', nullable: true },
    { name: 'price', kind: 'decimal', precision: 38, scale: 4, nullable: true, nativeType: 'numeric(38,4)' },
    { name: 'größe', kind: 'string', nullable: true, maxLength: 20, nativeType: 'varchar(20)' },
    { name: 'id', kind: 'string', format: 'uuid', nullable: true },
    { name: 'blob', kind: 'bytes', nullable: true },
    { name: 'day', kind: 'date', nullable: true },
    { name: 'clock', kind: 'time', nullable: true },
    { name: 'local', kind: 'timestamp', nullable: true },
    { name: 'instant', kind: 'timestamptz', nullable: true },
  ],
};

/** A field before encoding: null, the raw value of its kind, or escape text. */
export type RawField = null | { readonly text: string } | { readonly value: unknown };

const INT64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const VALUES: Readonly<Record<ColumnKind, fc.Arbitrary<unknown>>> = {
  boolean: fc.boolean(),
  int: fc.integer(),
  long: INT64,
  float: fc.float(),
  double: fc.double(),
  decimal: fc.bigInt({ min: -(10n ** 38n - 1n), max: 10n ** 38n - 1n }),
  string: fc.string({ unit: 'grapheme' }),
  bytes: fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
  date: fc.integer(),
  time: fc.integer({ min: 0, max: 86_400_000_000 }),
  timestamp: INT64,
  timestamptz: INT64,
};
const ESCAPABLE = new Set<ColumnKind>(['decimal', 'date', 'time', 'timestamp', 'timestamptz']);

function field(column: Column): fc.Arbitrary<RawField> {
  const choices: fc.Arbitrary<RawField>[] = [
    fc.constant(null),
    VALUES[column.kind].map((value) => ({ value })),
  ];
  if (ESCAPABLE.has(column.kind))
    choices.push(fc.constantFrom('NaN', 'infinity', '0000-00-00').map((text) => ({ text })));
  return fc.oneof(...choices);
}

export function rowsOf(schema: RowSchema): fc.Arbitrary<RawField[][]> {
  return fc.array(fc.tuple(...schema.columns.map(field)), { maxLength: 8 });
}

/** Encodes with the builder that readers use. */
export function build(schema: RowSchema, rows: readonly (readonly RawField[])[]): Buffer {
  const builder = new RowBatchBuilder(64);
  for (const row of rows) {
    row.forEach((raw, index) => append(builder, schema.columns[index]!.kind, raw));
    builder.endRow();
  }
  return builder.take().rows;
}

function append(builder: RowBatchBuilder, kind: ColumnKind, raw: RawField): void {
  if (raw === null) return builder.nul();
  if ('text' in raw) return builder.text(raw.text);
  const { value } = raw;
  if (kind === 'boolean') return builder.boolean(value as boolean);
  if (kind === 'int' || kind === 'date') return builder.int(value as number);
  if (kind === 'float') return builder.float(value as number);
  if (kind === 'double') return builder.double(value as number);
  if (kind === 'decimal') return builder.decimal(value as bigint);
  if (kind === 'string') return builder.string(value as string);
  if (kind === 'bytes') return builder.bytes(value as Buffer, 0, (value as Buffer).length);
  if (kind === 'time') return builder.longNumber(value as number);
  builder.longBigint(value as bigint);
}
