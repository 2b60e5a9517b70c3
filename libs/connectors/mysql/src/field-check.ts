import type { RowCursor } from '@sluice/connector-sdk';
import type { Column } from '@sluice/model';
import type { NativeColumn } from './catalog.ts';
import { unfit } from './errors.ts';
import { symbolJudge } from './symbols.ts';

/**
 * What the target column would do to values without an error or a warning; checked on the way, because MySQL rounds a
 * text into an integer and cuts a fraction of a second silently.
 */
export interface FieldCheck {
  /** Digits of a second's fraction that the column keeps; 6 where it is no time. */
  readonly fraction: number;
  /** The column is an integer: what is not one is a data error. */
  readonly integer: boolean;
  /** The column is a YEAR, which takes numbers of one and two digits for years of this century or the last. */
  readonly year?: boolean;
  /** The column takes no null. */
  readonly required: boolean;
  /** The column is BIT(n) and gets texts of 0 and 1. */
  readonly bits?: number;
  /** Digits behind the point that a FLOAT(m,d) or DOUBLE(m,d) keeps. */
  readonly decimals?: number;
  /** The column is an ENUM or SET, which makes a symbol of a number. */
  readonly symbols?: boolean;
  /** Check of a text value. */
  readonly text?: (cursor: RowCursor, column: Column) => void;
}

const INTEGER = /^(?:tinyint|smallint|mediumint|int|integer|bigint)$/;
const REALS = /^(?:float|double|real)$/;
const TIMES = /^(?:time|datetime|timestamp)$/;

export function fieldCheck(column: Column, native: NativeColumn): FieldCheck {
  const integer = INTEGER.test(native.dataType);
  const timed = TIMES.test(native.dataType);
  const fraction = timed ? native.fraction : 6;
  const check = { fraction, integer, required: !native.nullable };
  if (REALS.test(native.dataType) && native.scale !== undefined) return { ...check, decimals: native.scale };
  const judge = symbolJudge(native);
  if (judge !== undefined)
    return {
      ...check,
      symbols: true,
      text: (cursor, text) => {
        const why = judge(cursor.text());
        if (why !== undefined) throw unfit(text, why);
      },
    };
  if (native.dataType === 'year')
    return column.kind === 'string' ? { ...check, text: yearText } : { ...check, year: true };
  if (column.kind !== 'string') return check;
  if (native.dataType === 'bit') return { ...check, bits: native.precision ?? 1 };
  if (integer) return { ...check, text: integerText };
  if (timed && fraction < 6)
    return { ...check, text: (cursor, text) => fractionText(cursor, text, fraction) };
  return check;
}

function integerText(cursor: RowCursor, column: Column): void {
  const text = cursor.text();
  if (!/^\s*[+-]?\d+\s*$/.test(text)) throw unfit(column, `"${text.slice(0, 64)}" is not an integer`);
}

function yearText(cursor: RowCursor, column: Column): void {
  const text = cursor.text();
  if (!/^\d{4}$/.test(text)) throw unfit(column, `"${text.slice(0, 64)}" is not a year of four digits`);
}

function fractionText(cursor: RowCursor, column: Column, fraction: number): void {
  const text = cursor.text();
  const digits = /\.(\d+)/.exec(text)?.[1] ?? '';
  if (/[1-9]/.test(digits.slice(fraction)))
    throw unfit(column, `"${text.slice(0, 64)}" has more than ${fraction} digits of a second`);
}

/** Text of 0 and 1 for BIT(n): anything else would become some number. */
export function encodeBits(cursor: RowCursor, column: Column, bits: number): string {
  const text = cursor.text();
  if (!/^[01]+$/.test(text)) throw unfit(column, `"${text.slice(0, 64)}" is not a string of bits`);
  if (text.length > bits && text.slice(0, -bits).includes('1'))
    throw unfit(column, `${text.length} bits do not fit bit(${bits})`);
  return text.slice(-bits);
}
