import {
  daysFromCivil,
  parseDate,
  parseTime,
  parseTimestamp,
  type RowBatchBuilder,
} from '@sluice/connector-sdk';
import type { FieldParser } from './number-fields.ts';

const DASH = 0x2d;
const COLON = 0x3a;
const POINT = 0x2e;
const DAY_MICROS = 86_400_000_000;
/** Days from 1970 whose microseconds are safe integers: the years 1685 to 2255. */
const SAFE_DAYS = 104_249;
const INT64 = 2n ** 63n;
const MONTH_DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
/** What has no place in the kind but is a value of a store: it rides as text, and the target decides. */
const INFINITE: ReadonlySet<string> = new Set(['infinity', '-infinity']);

/** Two digits, or -1. */
function two(source: Buffer, at: number): number {
  const tens = source[at]! - 48;
  const ones = source[at + 1]! - 48;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : -1;
}

/** A small memory: neighbouring records tend to share their days. */
let knownDate = -1;
let knownDays = 0;

/** Days since 1970 of `YYYY-MM-DD` at `at`; undefined for anything else. */
function plainDate(source: Buffer, at: number): number | undefined {
  if (source[at + 4] !== DASH || source[at + 7] !== DASH) return undefined;
  const [century, year2, month, day] = [
    two(source, at),
    two(source, at + 2),
    two(source, at + 5),
    two(source, at + 8),
  ];
  if (century < 0 || year2 < 0 || month < 1 || month > 12 || day < 1) return undefined;
  const year = century * 100 + year2;
  const date = (year * 16 + month) * 32 + day;
  if (date === knownDate) return knownDays;
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  if (day > (month === 2 && leap ? 29 : MONTH_DAYS[month - 1]!)) return undefined;
  knownDate = date;
  return (knownDays = daysFromCivil(year, month, day));
}

/** Microseconds of `HH:MM:SS[.f]` in `[at..end)`, below 24:00:00; -1 for anything else. */
function plainTime(source: Buffer, at: number, end: number): number {
  if (end - at < 8 || source[at + 2] !== COLON || source[at + 5] !== COLON) return -1;
  const [hours, minutes, seconds] = [two(source, at), two(source, at + 3), two(source, at + 6)];
  if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59 || seconds < 0 || seconds > 59) return -1;
  let micros = ((hours * 60 + minutes) * 60 + seconds) * 1e6;
  if (end - at === 8) return micros;
  if (source[at + 8] !== POINT || end - at > 15 || end - at < 10) return -1;
  let unit = 100_000;
  for (let i = at + 9; i < end; i++, unit /= 10) {
    const digit = source[i]! - 48;
    if (digit < 0 || digit > 9) return -1;
    micros += digit * unit;
  }
  return micros;
}

export const date: FieldParser = (builder, source, start, end) => {
  const days = end - start === 10 ? plainDate(source, start) : undefined;
  if (days !== undefined) {
    builder.int(days);
    return true;
  }
  const text = source.toString('latin1', start, end);
  const parsed = parseDate(text);
  if (parsed === undefined) return infinite(builder, text);
  if (parsed !== (parsed | 0)) return false;
  builder.int(parsed);
  return true;
};

export const time: FieldParser = (builder, source, start, end) => {
  const plain = plainTime(source, start, end);
  const micros = plain >= 0 ? plain : parseTime(source.toString('latin1', start, end));
  if (micros === undefined) return false;
  builder.longNumber(micros);
  return true;
};

/** `YYYY-MM-DD HH:MM:SS[.f]` or with a T; zoned: an offset or Z may follow and counts, none is UTC. */
export function timestamp(zoned: boolean): FieldParser {
  return (builder, source, start, end) => {
    const days = end - start >= 19 ? plainDate(source, start) : undefined;
    const between = source[start + 10];
    const isNear = days !== undefined && days > -SAFE_DAYS && days < SAFE_DAYS;
    if (isNear && (between === 0x20 || between === 0x54)) {
      const micros = plainTime(source, start + 11, zoned ? withoutUtc(source, end) : end);
      if (micros >= 0) {
        builder.longNumber(days * DAY_MICROS + micros);
        return true;
      }
    }
    const text = source.toString('latin1', start, end);
    const parsed = parseTimestamp(text, zoned);
    if (parsed === undefined) return infinite(builder, text);
    // Beyond 64 bits of microseconds: as text, never wrapped.
    if (parsed >= INT64 || parsed < -INT64) builder.text(text);
    else builder.longBigint(parsed);
    return true;
  };
}

/** The end of the text without a `Z` or `+00` at its end. */
function withoutUtc(source: Buffer, end: number): number {
  if (source[end - 1] === 0x5a) return end - 1;
  const isZero = source[end - 1] === 0x30 && source[end - 2] === 0x30 && source[end - 3] === 0x2b;
  return isZero ? end - 3 : end;
}

function infinite(builder: RowBatchBuilder, text: string): boolean {
  if (!INFINITE.has(text)) return false;
  builder.text(text);
  return true;
}
