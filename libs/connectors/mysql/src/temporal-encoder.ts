import type { RowCursor } from '@sluice/connector-sdk';
import type { Column } from '@sluice/model';
import { unfit } from './errors.ts';
import type { TextBuffer } from './text-buffer.ts';

const DAY = 86_400_000_000;
const DASH = 0x2d;
const COLON = 0x3a;
/** 0000-01-01 and 9999-12-31 in days since 1970: what four digits of a year can say. */
const FIRST_DAY = -719_528;
const LAST_DAY = 2_932_896;

/** A small memory: neighbouring rows tend to share their days. */
let knownDay = Number.NaN;
let knownYear = 0;
let knownMonth = 0;
let knownDate = 0;

export function dateDigits(out: TextBuffer, day: number, column: Column): void {
  if (day < FIRST_DAY || day > LAST_DAY) throw unfit(column, `MySQL has no date ${day} days from 1970`);
  if (day !== knownDay) civil(day);
  out.digits(knownYear, 4);
  out.byte(DASH);
  out.digits(knownMonth, 2);
  out.byte(DASH);
  out.digits(knownDate, 2);
}

/** Year, month and day of a day number, proleptic Gregorian. */
function civil(day: number): void {
  const shifted = day + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153);
  knownDate = dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1;
  knownMonth = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  knownYear = yearOfEra + era * 400 + (knownMonth <= 2 ? 1 : 0);
  knownDay = day;
}

/**
 * Microseconds since midnight. `fraction`: digits that the target column keeps; the server would cut the rest without a
 * word, so more than that is a data error.
 */
export function timeDigits(out: TextBuffer, micros: number, fraction: number, column: Column): void {
  const seconds = Math.floor(micros / 1_000_000);
  const part = micros - seconds * 1_000_000;
  const hours = Math.floor(seconds / 3600);
  const rest = seconds - hours * 3600;
  const minutes = Math.floor(rest / 60);
  out.digits(hours, 2);
  out.byte(COLON);
  out.digits(minutes, 2);
  out.byte(COLON);
  out.digits(rest - minutes * 60, 2);
  if (part === 0) return;
  if (fraction < 6 && part % 10 ** (6 - fraction) !== 0)
    throw unfit(column, `the target keeps ${fraction} digits of a second`);
  out.byte(0x2e);
  out.digits(part, 6);
}

/** Microseconds since 1970 of a cursor's value. */
export function timestampDigits(out: TextBuffer, cursor: RowCursor, fraction: number, column: Column): void {
  const value = cursor.longNumber();
  let day: number;
  let micros: number;
  if (Number.isSafeInteger(value)) {
    day = Math.floor(value / DAY);
    micros = value - day * DAY;
  } else {
    const exact = cursor.longBigint();
    const rest = ((exact % 86_400_000_000n) + 86_400_000_000n) % 86_400_000_000n;
    day = Number((exact - rest) / 86_400_000_000n);
    micros = Number(rest);
  }
  dateDigits(out, day, column);
  out.byte(0x20);
  timeDigits(out, micros, fraction, column);
}
