import { formatTimestamp, type RowBatchBuilder } from '@sluice/connector-sdk';
import type { ColumnKind } from '@sluice/model';

/** Appends the field `source[start..end)` of COPY's binary form. */
export type FieldDecoder = (builder: RowBatchBuilder, source: Buffer, start: number, end: number) => void;

/** Days and microseconds between 1970-01-01 and PostgreSQL's epoch, 2000-01-01. */
const DAYS_2000 = 10_957;
const MICROS_2000 = 946_684_800_000_000n;
const MICROS_2000_HIGH = Number(MICROS_2000 >> 32n);
const MICROS_2000_LOW = Number(MICROS_2000 & 0xffffffffn);
const MAX_INT32 = 0x7fffffff;
const MIN_INT32 = -0x80000000;

/** The decoder of a kind, for the type whose binary form it is. */
export function fieldDecoder(kind: ColumnKind, typname: string, scale = 0): FieldDecoder {
  switch (kind) {
    case 'boolean':
      return (builder, source, start) => builder.boolean(source[start] === 1);
    case 'int':
      return typname === 'int2'
        ? (builder, source, start) => builder.int(source.readInt16BE(start))
        : (builder, source, start) => builder.int(int32(source, start));
    case 'long':
      return typname === 'oid'
        ? (builder, source, start) => builder.longNumber(source.readUInt32BE(start))
        : (builder, source, start) => builder.long(int32(source, start), uint32(source, start + 4));
    case 'float':
      return (builder, source, start) => builder.floatBytes(source, start);
    case 'double':
      return (builder, source, start) => builder.doubleBytes(source, start);
    case 'decimal':
      return (builder, source, start) => numeric(builder, source, start, scale);
    case 'date':
      return date;
    case 'time':
      return (builder, source, start) => builder.long(int32(source, start), uint32(source, start + 4));
    case 'timestamp':
    case 'timestamptz':
      return timestamp;
    case 'bytes':
    case 'string':
      if (typname === 'uuid') return uuid;
      // jsonb is text behind one byte of version.
      if (typname === 'jsonb') return (builder, source, start, end) => builder.bytes(source, start + 1, end);
      return (builder, source, start, end) => builder.bytes(source, start, end);
  }
}

export function int32(source: Buffer, at: number): number {
  return (source[at]! << 24) | (source[at + 1]! << 16) | (source[at + 2]! << 8) | source[at + 3]!;
}

export function uint32(source: Buffer, at: number): number {
  return int32(source, at) >>> 0;
}

function date(builder: RowBatchBuilder, source: Buffer, start: number): void {
  const days = int32(source, start);
  if (days === MAX_INT32) builder.text('infinity');
  else if (days === MIN_INT32) builder.text('-infinity');
  else builder.int(days + DAYS_2000);
}

function timestamp(builder: RowBatchBuilder, source: Buffer, start: number): void {
  const high = int32(source, start);
  const low = uint32(source, start + 4);
  if (high === MAX_INT32 && low === 0xffffffff) return builder.text('infinity');
  if (high === MIN_INT32 && low === 0) return builder.text('-infinity');
  const sum = low + MICROS_2000_LOW;
  const shifted = high + MICROS_2000_HIGH + (sum > 0xffffffff ? 1 : 0);
  // Behind 294247-01-10 microseconds since 1970 no longer fit in 64 bits: carried as text, never wrapped.
  if (shifted > MAX_INT32) builder.text(formatTimestamp(((BigInt(high) << 32n) | BigInt(low)) + MICROS_2000));
  else builder.long(shifted, sum >>> 0);
}

const POWERS = Array.from({ length: 16 }, (_, n) => 10 ** n);

/** numeric: count of base-10000 digits, weight of the first, sign, display scale, digits. */
function numeric(builder: RowBatchBuilder, source: Buffer, start: number, scale: number): void {
  const count = source.readInt16BE(start);
  const weight = source.readInt16BE(start + 2);
  const sign = source.readUInt16BE(start + 4);
  if (sign > 0x4000)
    return builder.text(sign === 0xc000 ? 'NaN' : sign === 0xd000 ? 'Infinity' : '-Infinity');
  // Digits before the point and the scale together bound the unscaled value.
  if ((weight + 1) * 4 + scale <= 15) {
    let value = 0;
    for (let i = 0; i < count; i++) value = value * 10_000 + source.readUInt16BE(start + 8 + i * 2);
    const exponent = (weight - count + 1) * 4 + scale;
    value = exponent >= 0 ? value * POWERS[exponent]! : value / POWERS[-exponent]!;
    return builder.decimalNumber(sign === 0x4000 ? -value : value);
  }
  let value = 0n;
  for (let i = 0; i < count; i++) value = value * 10_000n + BigInt(source.readUInt16BE(start + 8 + i * 2));
  const exponent = (weight - count + 1) * 4 + scale;
  value = exponent >= 0 ? value * 10n ** BigInt(exponent) : value / 10n ** BigInt(-exponent);
  builder.decimal(sign === 0x4000 ? -value : value);
}

const HEX = Buffer.from('0123456789abcdef');
const uuidText = Buffer.alloc(36, '-');

function uuid(builder: RowBatchBuilder, source: Buffer, start: number): void {
  let at = 0;
  for (let i = 0; i < 16; i++) {
    if (i === 4 || i === 6 || i === 8 || i === 10) at++;
    const byte = source[start + i]!;
    uuidText[at++] = HEX[byte >> 4]!;
    uuidText[at++] = HEX[byte & 15]!;
  }
  builder.bytes(uuidText, 0, 36);
}
