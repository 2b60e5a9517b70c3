import { type Column, isEscapable, type RowSchema } from '@sluice/model';
import { ByteReader, undecodable } from './byte-reader.ts';
import {
  dateText,
  decimalText,
  floatText,
  numberText,
  timestampText,
  timestamptzText,
  timeText,
} from './value-text.ts';

/** A decoded field: long is a bigint, decimals and dates are text, the escape branch is its text, bytes are a view. */
export type RowValue = null | boolean | number | bigint | string | Buffer;

const LEAST_SAFE = BigInt(Number.MIN_SAFE_INTEGER);
const MOST_SAFE = BigInt(Number.MAX_SAFE_INTEGER);
const MAX_TIME = 86_400_000_000;

/**
 * Encoded rows as JS values, column by column: the slow path, for topic browser, dirty records and tests. Checks every
 * bound and branch; throws SLUICE_BUS_UNDECODABLE.
 */
export function decodeRows(schema: RowSchema, rows: Buffer): RowValue[][] {
  const reader = new ByteReader(rows, 0);
  const decoded: RowValue[][] = [];
  if (schema.columns.length === 0 && rows.length > 0) throw undecodable('Rows of no columns have bytes.');
  while (reader.remaining > 0) decoded.push(schema.columns.map((column) => decodeField(reader, column)));
  return decoded;
}

function decodeField(reader: ByteReader, column: Column): RowValue {
  const branch = reader.index(isEscapable(column.kind) ? 3 : 2);
  if (branch === 0) return null;
  if (branch === 2) return reader.string();
  switch (column.kind) {
    case 'boolean':
      return decodeBoolean(reader);
    case 'int':
      return reader.int();
    case 'long':
      return reader.longBigint();
    case 'float':
      return reader.fixed(4).readFloatLE(0);
    case 'double':
      return reader.fixed(8).readDoubleLE(0);
    case 'decimal':
      return decimalText(unscaledOf(reader.sized()), column.scale ?? 0);
    case 'string':
      return reader.string();
    case 'bytes':
      return reader.sized();
    case 'date':
      return dateText(reader.int());
    case 'time':
      return decodeTime(reader);
    case 'timestamp':
      return timestampText(reader.longBigint());
    case 'timestamptz':
      return timestamptzText(reader.longBigint());
  }
}

function decodeBoolean(reader: ByteReader): boolean {
  const byte = reader.fixed(1)[0]!;
  if (byte > 1) throw undecodable('A boolean is neither 0 nor 1.');
  return byte === 1;
}

function decodeTime(reader: ByteReader): string {
  const micros = reader.long();
  if (micros < 0 || micros > MAX_TIME) throw undecodable('A time is outside 0 to 24 hours.');
  return timeText(micros);
}

function unscaledOf(bytes: Buffer): bigint {
  if (bytes.length === 0) return 0n;
  return BigInt.asIntN(bytes.length * 8, BigInt(`0x${bytes.toString('hex')}`));
}

/**
 * Encoded rows as objects for JSON, keyed by column name. Numbers that JSON cannot carry exactly (beyond 2^53, NaN,
 * infinities, -0) are text, decimals too; bytes are base64. Throws SLUICE_BUS_UNDECODABLE.
 */
export function rowsToJson(schema: RowSchema, rows: Buffer): Record<string, unknown>[] {
  const { columns } = schema;
  // fromEntries defines own properties: a column named __proto__ stays a column.
  return decodeRows(schema, rows).map(
    (row) =>
      Object.fromEntries(
        row.map((value, index) => [columns[index]!.name, jsonValue(value, columns[index]!)]),
      ) as Record<string, unknown>,
  );
}

function jsonValue(value: RowValue, column: Column): unknown {
  if (typeof value === 'bigint')
    return value >= LEAST_SAFE && value <= MOST_SAFE ? Number(value) : value.toString();
  if (Buffer.isBuffer(value)) return value.toString('base64');
  if (typeof value !== 'number') return value;
  if (!Number.isFinite(value) || Object.is(value, -0)) return numberText(value);
  return column.kind === 'float' ? Number(floatText(value)) : value;
}
