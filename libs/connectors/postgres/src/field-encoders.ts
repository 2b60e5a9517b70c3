import { parseTimestamp, type RowCursor } from '@sluice/connector-sdk';
import type { Column, ColumnKind } from '@sluice/model';
import type { CopyBuffer } from './copy-buffer.ts';
import { checkMicros, fitCheck, misfit, type TargetColumn } from './target-fit.ts';

/** Writes one field of a row, length first, in COPY's binary form; nulls are written by the caller. */
export type FieldEncoder = (out: CopyBuffer, cursor: RowCursor) => void;

const DAYS_2000 = 10_957;
const MICROS_2000 = 946_684_800_000_000n;
const MICROS_2000_HIGH = Number(MICROS_2000 >> 32n);
const MICROS_2000_LOW = Number(MICROS_2000 & 0xffffffffn);

/** The binary encoder from a kind into a type; undefined where there is none: the whole statement is then text. */
export function fieldEncoder(column: Column, target: TargetColumn): FieldEncoder | undefined {
  const { typname } = target;
  const encode = valueEncoder(column, typname);
  if (encode === undefined) return undefined;
  const check = fitCheck(column, target);
  if (check !== undefined)
    return (out, cursor) => {
      if (cursor.branch === 2) return escape(out, cursor, column, target);
      check(cursor);
      encode(out, cursor);
    };
  return (out, cursor) => {
    if (cursor.branch === 2) escape(out, cursor, column, target);
    else encode(out, cursor);
  };
}

function valueEncoder(column: Column, typname: string): FieldEncoder | undefined {
  const pair = `${column.kind} ${typname}`;
  switch (pair) {
    case 'boolean bool':
      return (out, cursor) => out.byte(cursor.buffer[cursor.start]!);
    case 'int int2':
      return (out, cursor) => out.int16(inRange(column, cursor.int(), 0x7fff));
    case 'int int4':
      return (out, cursor) => out.int32(cursor.int());
    case 'int int8':
      return (out, cursor) => {
        const value = cursor.int();
        out.int64(value < 0 ? -1 : 0, value >>> 0);
      };
    case 'int bool':
    case 'long bool':
      return (out, cursor) => {
        const value = cursor.longNumber();
        if (value !== 0 && value !== 1) throw misfit(column, `${value} is no boolean.`);
        out.byte(value);
      };
    case 'long int2':
      return (out, cursor) => out.int16(inRange(column, cursor.longNumber(), 0x7fff));
    case 'long int4':
      return (out, cursor) => out.int32(inRange(column, cursor.longNumber(), 0x7fffffff));
    case 'long int8':
      return (out, cursor) => {
        const high = cursor.longHigh();
        out.int64(high, cursor.low);
      };
    case 'float float4':
      return (out, cursor) => out.reversed(cursor.buffer, cursor.start, 4);
    case 'float float8':
      return (out, cursor) => out.double(cursor.float());
    case 'double float8':
      return (out, cursor) => out.reversed(cursor.buffer, cursor.start, 8);
    case 'decimal numeric':
      return (out, cursor) => decimal(out, cursor, column.scale ?? 0);
    case 'string text':
    case 'string varchar':
    case 'string bpchar':
    case 'string json':
    case 'bytes bytea':
      return (out, cursor) => out.bytes(cursor.buffer, cursor.start, cursor.end);
    case 'string jsonb':
      return (out, cursor) => out.jsonb(cursor.buffer, cursor.start, cursor.end);
    case 'string uuid':
      return (out, cursor) => uuid(out, cursor, column);
    case 'date date':
      return (out, cursor) => out.int32(cursor.int() - DAYS_2000);
    case 'time time':
      return (out, cursor) => {
        const high = cursor.longHigh();
        out.int64(high, cursor.low);
      };
    case 'timestamp timestamp':
    case 'timestamp timestamptz':
    case 'timestamptz timestamp':
    case 'timestamptz timestamptz':
      return timestamp;
    default:
      return undefined;
  }
}

/** The forms that PostgreSQL itself takes: hyphens after any four digits or none, braces, either case. */
const UUID = /^(?:[0-9a-f]{4}-?){7}[0-9a-f]{4}$/i;

function uuid(out: CopyBuffer, cursor: RowCursor, column: Column): void {
  const text = cursor.text();
  const bare = text.startsWith('{') && text.endsWith('}') ? text.slice(1, -1) : text;
  if (!UUID.test(bare)) throw misfit(column, `${JSON.stringify(text.slice(0, 100))} is no uuid.`);
  out.bytes(Buffer.from(bare.replaceAll('-', ''), 'hex'), 0, 16);
}

function inRange(column: Column, value: number, most: number): number {
  if (value > most || value < -most - 1) throw misfit(column, `${value} is out of range.`);
  return value;
}

function timestamp(out: CopyBuffer, cursor: RowCursor): void {
  const high = cursor.longHigh();
  const difference = cursor.low - MICROS_2000_LOW;
  out.int64(high - MICROS_2000_HIGH - (difference < 0 ? 1 : 0), difference >>> 0);
}

/** numeric in base 10000 with the column's scale. */
function decimal(out: CopyBuffer, cursor: RowCursor, scale: number): void {
  const length = cursor.end - cursor.start;
  if (length > 6) return out.numericBig(cursor.decimal(), scale);
  out.numeric(length === 0 ? 0 : cursor.buffer.readIntBE(cursor.start, length), scale);
}

/** Texts that a kind could not hold and PostgreSQL can: the rest is a row-level error. */
function escape(out: CopyBuffer, cursor: RowCursor, column: Column, target: TargetColumn): void {
  const { typname } = target;
  const text = cursor.text();
  const kind: ColumnKind = column.kind;
  const sign = text.startsWith('-') ? -1 : 1;
  const infinite = /^-?infinity$/i.test(text);
  if (kind === 'date' && infinite) return out.int32(sign > 0 ? 0x7fffffff : -0x80000000);
  if (typname.startsWith('timestamp') && infinite)
    return sign > 0 ? out.int64(0x7fffffff, 0xffffffff) : out.int64(-0x80000000, 0);
  if (typname.startsWith('timestamp')) {
    const micros = parseTimestamp(text, true);
    if (micros !== undefined) {
      checkMicros(column, target, micros);
      return out.int64Big(micros - MICROS_2000);
    }
  }
  if (kind === 'decimal') {
    const special = { NaN: 0xc000, Infinity: 0xd000, '-Infinity': 0xf000 }[text];
    if (special !== undefined) return out.numericSpecial(special);
  }
  throw misfit(column, `${JSON.stringify(text.slice(0, 100))} does not fit type ${typname}.`);
}
