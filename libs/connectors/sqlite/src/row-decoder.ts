import {
  formatDate,
  formatDecimal,
  formatTime,
  formatTimestamp,
  type RowCursor,
} from '@sluice/connector-sdk';
import { type Column, SluiceError } from '@sluice/model';
import type { SqliteValue } from './row-encoder.ts';
import { declared, makesNumbers } from './types.ts';

/** Reads one field as the value that SQLite stores for its kind. */
export type FieldDecoder = (cursor: RowCursor) => SqliteValue;

function decoderOf(column: Column): FieldDecoder {
  const { kind, scale = 0 } = column;
  switch (kind) {
    case 'boolean':
      return (cursor) => (cursor.boolean() ? 1n : 0n);
    case 'int':
      return (cursor) => BigInt(cursor.int());
    case 'long':
      return (cursor) => cursor.longBigint();
    case 'float':
      return (cursor) => number(cursor.float(), column);
    case 'double':
      return (cursor) => number(cursor.double(), column);
    case 'decimal':
      return (cursor) => formatDecimal(cursor.decimal(), scale);
    case 'date':
      return (cursor) => formatDate(cursor.int());
    case 'time':
      return (cursor) => formatTime(cursor.longNumber());
    case 'timestamp':
      return (cursor) => formatTimestamp(cursor.longBigint());
    case 'timestamptz':
      return (cursor) => `${formatTimestamp(cursor.longBigint())}Z`;
    case 'bytes':
      return (cursor) => cursor.bytes();
    case 'string':
      return (cursor) => cursor.text();
  }
}

/** SQLite would store NaN as NULL. */
function number(value: number, column: Column): number {
  if (Number.isNaN(value))
    throw new SluiceError('SLUICE_TGT_VALUE', { detail: 'SQLite has no NaN.', place: column.name });
  return value;
}

const NUMBER = /^\s*([+-]?)(\d*)(?:\.(\d*))?(?:e([+-]?\d+))?\s*$/i;
const INT64 = 2n ** 63n;

/**
 * SQLite keeps a whole number of 64 bits and the first 15 digits of any other; what has more would be changed without a
 * word where the column makes numbers of texts.
 */
function keepsDigits(text: string): boolean {
  const found = NUMBER.exec(text);
  if (found === null || (found[2] === '' && (found[3] ?? '') === '')) return true;
  const [, sign, whole = '', fraction = '', exponent] = found;
  const digits = (whole + fraction).replace(/^0+/, '').replace(/0+$/, '');
  if (digits.length <= 15) return Number.isFinite(Number(text));
  if (/[1-9]/.test(fraction) || exponent !== undefined || whole.length > 25) return false;
  const value = BigInt(`${sign === '-' ? '-' : ''}${whole}`);
  return value >= -INT64 && value < INT64;
}

function guarded(decode: FieldDecoder, column: Column): FieldDecoder {
  return (cursor) => {
    const value = decode(cursor);
    if (typeof value === 'string' && !keepsDigits(value))
      throw new SluiceError('SLUICE_TGT_VALUE', {
        detail: `The column keeps 15 digits of a number; declare it as text to keep ${value.slice(0, 64)}.`,
        place: column.name,
      });
    return value;
  };
}

/** A column declared as boolean would keep any number; read again, what is neither 0 nor 1 would be dirty. */
function bit(decode: FieldDecoder, column: Column): FieldDecoder {
  return (cursor) => {
    const value = decode(cursor);
    if (value !== 0n && value !== 1n)
      throw new SluiceError('SLUICE_TGT_VALUE', { detail: `${value} is no boolean.`, place: column.name });
    return value;
  };
}

function decoderFor(column: Column, type: string): FieldDecoder {
  const decode = decoderOf(column);
  if ((column.kind === 'decimal' || column.kind === 'string') && makesNumbers(type))
    return guarded(decode, column);
  const isWhole = column.kind === 'int' || column.kind === 'long';
  return isWhole && declared(type).kind === 'boolean' ? bit(decode, column) : decode;
}

/** Decodes whole rows. Escape texts (infinity, zero dates) have no exact form here: SLUICE_TGT_VALUE. */
export function rowDecoder(
  columns: readonly Column[],
  declaredType: (column: Column) => string,
): (cursor: RowCursor) => SqliteValue[] {
  const decoders = columns.map((column) => decoderFor(column, declaredType(column)));
  return (cursor) => {
    const row: SqliteValue[] = [];
    let misfit: Column | undefined;
    let refused: SluiceError | undefined;
    for (let i = 0; i < decoders.length; i++) {
      cursor.field();
      if (cursor.branch === 2) misfit ??= columns[i]!;
      try {
        row.push(cursor.isNull || cursor.branch === 2 ? null : decoders[i]!(cursor));
      } catch (error) {
        refused ??= error as SluiceError;
        row.push(null);
      }
    }
    if (refused !== undefined) throw refused;
    if (misfit !== undefined)
      throw new SluiceError('SLUICE_TGT_VALUE', {
        detail: `The value of ${misfit.name} does not fit its type here.`,
        place: misfit.name,
      });
    return row;
  };
}
