import { civilFromDays, formatTimestamp, type RowCursor } from '@sluice/connector-sdk';
import type { TextBuffer } from './text-buffer.ts';

const DAY_MICROS = 86_400_000_000;
const DASH = 0x2d;
const COLON = 0x3a;

/** A small memory: neighbouring records tend to share their days. */
let knownDays = Number.NaN;
let known: readonly [year: number, month: number, day: number] = [1970, 1, 1];

/** `YYYY-MM-DD`; years before 1 are astronomical: -4712 is 4713 BC. */
export function writeDate(out: TextBuffer, days: number): void {
  if (days !== knownDays) {
    known = civilFromDays(days);
    knownDays = days;
  }
  const [year, month, day] = known;
  if (year < 0) out.byte(DASH);
  const positive = Math.abs(year);
  if (positive < 10_000) out.digits(positive, 4);
  else out.decimal(positive);
  out.byte(DASH);
  out.digits(month, 2);
  out.byte(DASH);
  out.digits(day, 2);
}

/** `HH:MM:SS`, with as many digits of a second behind the point as it has. */
export function writeTime(out: TextBuffer, micros: number): void {
  const seconds = Math.floor(micros / 1e6);
  let fraction = micros - seconds * 1e6;
  const hours = Math.floor(seconds / 3600);
  const rest = seconds - hours * 3600;
  const minutes = Math.floor(rest / 60);
  out.digits(hours, 2);
  out.byte(COLON);
  out.digits(minutes, 2);
  out.byte(COLON);
  out.digits(rest - minutes * 60, 2);
  if (fraction === 0) return;
  let width = 6;
  while (fraction % 10 === 0) {
    fraction /= 10;
    width--;
  }
  out.byte(0x2e);
  out.digits(fraction, width);
}

/** Date and time of a cursor's microseconds since 1970, with `between` in the middle. */
export function writeTimestamp(out: TextBuffer, cursor: RowCursor, between: number): void {
  const micros = cursor.longNumber();
  if (!Number.isSafeInteger(micros)) {
    const text = formatTimestamp(cursor.longBigint()).replace(/(\.\d*?)0+$/, '$1');
    return out.ascii(text.replace(' ', String.fromCharCode(between)));
  }
  const days = Math.floor(micros / DAY_MICROS);
  writeDate(out, days);
  out.byte(between);
  writeTime(out, micros - days * DAY_MICROS);
}
