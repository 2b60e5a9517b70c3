import { formatDecimal, type RowCursor } from '@sluice/connector-sdk';
import type { Column } from '@sluice/model';
import type { DatePattern } from './date-pattern.ts';
import type { BinaryText } from './field-parsers.ts';
import type { TextBuffer } from './text-buffer.ts';
import { writeDate, writeTime, writeTimestamp } from './time-text.ts';
import { unfit } from './unfit.ts';

const DAY_MICROS = 86_400_000_000;

/** Writes the value that the cursor stands on (branch 1) as text. */
export type ValueWriter = (out: TextBuffer, cursor: RowCursor) => void;

/** How booleans are written. */
export interface TextStyle {
  readonly yes: string;
  readonly no: string;
  readonly binary: BinaryText;
  /** For days and moments, the latter in UTC; without it they have the form of ISO 8601 with a blank. */
  readonly dates?: DatePattern;
}

/**
 * The text of a column's values as PostgreSQL prints them (microseconds without zeros at their end, `+00` behind an instant), but
 * floating numbers in the shortest form. Every text reads back as exactly the same value.
 */
export function valueWriter(column: Column, style: TextStyle): ValueWriter {
  const { kind, scale = 0 } = column;
  if (style.dates !== undefined && (kind === 'date' || kind === 'timestamp' || kind === 'timestamptz'))
    return patterned(column, style.dates);
  switch (kind) {
    case 'boolean':
      return (out, cursor) => out.ascii(cursor.boolean() ? style.yes : style.no);
    case 'int':
      return (out, cursor) => out.decimal(cursor.int());
    case 'long':
      return (out, cursor) => {
        const value = cursor.longNumber();
        if (Number.isSafeInteger(value)) out.decimal(value);
        else out.ascii(cursor.longBigint().toString());
      };
    case 'float':
      return (out, cursor) => out.ascii(shortestFloat(cursor.float()));
    case 'double':
      return (out, cursor) => out.ascii(floatingText(cursor.double()));
    case 'decimal':
      return (out, cursor) => {
        const length = cursor.end - cursor.start;
        if (length > 0 && length <= 6) out.decimal(cursor.buffer.readIntBE(cursor.start, length), scale);
        else out.ascii(formatDecimal(cursor.decimal(), scale));
      };
    case 'date':
      return (out, cursor) => writeDate(out, cursor.int());
    case 'time':
      return (out, cursor) => writeTime(out, cursor.longNumber());
    case 'timestamp':
      return (out, cursor) => writeTimestamp(out, cursor, 0x20);
    case 'timestamptz':
      return (out, cursor) => {
        writeTimestamp(out, cursor, 0x20);
        out.ascii('+00');
      };
    case 'bytes':
      return style.binary === 'base64'
        ? (out, cursor) => out.ascii(cursor.buffer.toString('base64', cursor.start, cursor.end))
        : (out, cursor) => {
            out.ascii('\\x');
            out.hex(cursor.buffer, cursor.start, cursor.end);
          };
    case 'string':
      return (out, cursor) => out.bytes(cursor.buffer, cursor.start, cursor.end);
  }
}

function patterned(column: Column, dates: DatePattern): ValueWriter {
  const write = (out: TextBuffer, days: number, micros: number): void => {
    if (!dates(out, days, micros)) throw unfit(column, 'the form of dates has no such years');
  };
  if (column.kind === 'date') return (out, cursor) => write(out, cursor.int(), 0);
  return (out, cursor) => {
    // Beyond a safe integer are years beyond any pattern.
    const micros = cursor.longNumber();
    const days = Math.floor(micros / DAY_MICROS);
    write(out, days, micros - days * DAY_MICROS);
  };
}

/** NaN, Infinity, and the sign of a zero included. */
function floatingText(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}

/** The fewest digits that only this 32-bit float has. */
function shortestFloat(value: number): string {
  if (!Number.isFinite(value) || value === 0) return floatingText(value);
  for (let digits = 6; digits < 9; digits++) {
    const text = String(Number(value.toPrecision(digits)));
    if (Math.fround(Number(text)) === value) return text;
  }
  return String(Number(value.toPrecision(9)));
}
