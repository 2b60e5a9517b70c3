import type { RowBatchBuilder } from '@sluice/connector-sdk';

const DAY_MICROS = 86_400_000_000;
const MINUS = 0x2d;
const POINT = 0x2e;

const pair = (source: Buffer, at: number): number => source[at]! * 10 + source[at + 1]! - 528;

const DAYS_IN_MONTH = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

const isLeap = (year: number): boolean => year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);

/** A small memory: neighbouring rows tend to share their days. */
let knownKey = -1;
let knownDays = 0;

/**
 * Days since 1970-01-01 of `YYYY-MM-DD`, proleptic Gregorian; NaN for zero, partial and invalid dates, which MySQL may
 * store and no calendar knows.
 */
function days(source: Buffer, at: number): number {
  const year = pair(source, at) * 100 + pair(source, at + 2);
  const month = pair(source, at + 5);
  const day = pair(source, at + 8);
  const key = (year * 16 + month) * 32 + day;
  if (key === knownKey) return knownDays;
  if (month < 1 || month > 12 || day < 1) return Number.NaN;
  const last = month === 2 && isLeap(year) ? 29 : DAYS_IN_MONTH[month - 1]!;
  if (day > last) return Number.NaN;
  const shiftedYear = month <= 2 ? year - 1 : year;
  const era = Math.floor(shiftedYear / 400);
  const yearOfEra = shiftedYear - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  knownKey = key;
  knownDays = era * 146_097 + dayOfEra - 719_468;
  return knownDays;
}

/** Microseconds of `.f{1,6}` at `at`, which ends at `end`; 0 when there is no fraction. */
function fraction(source: Buffer, at: number, end: number): number {
  if (at >= end || source[at] !== POINT) return 0;
  let micros = 0;
  for (let i = at + 1; i < at + 7; i++) micros = micros * 10 + (i < end ? source[i]! - 48 : 0);
  return micros;
}

export function appendDate(builder: RowBatchBuilder, source: Buffer, start: number, end: number): void {
  const value = days(source, start);
  if (Number.isNaN(value)) return builder.text(source.toString('latin1', start, end));
  builder.int(value);
}

/** `YYYY-MM-DD HH:MM:SS[.ffffff]`: DATETIME, and TIMESTAMP in a session at UTC. */
export function appendDatetime(builder: RowBatchBuilder, source: Buffer, start: number, end: number): void {
  const day = days(source, start);
  if (Number.isNaN(day)) return builder.text(source.toString('latin1', start, end));
  const seconds =
    day * 86_400 + pair(source, start + 11) * 3600 + pair(source, start + 14) * 60 + pair(source, start + 17);
  const part = fraction(source, start + 19, end);
  const micros = seconds * 1_000_000 + part;
  if (Number.isSafeInteger(micros)) return builder.longNumber(micros);
  builder.longBigint(BigInt(seconds) * 1_000_000n + BigInt(part));
}

/** `[-]HH[H]:MM:SS[.ffffff]`: what is no time of day keeps its text. */
export function appendTime(builder: RowBatchBuilder, source: Buffer, start: number, end: number): void {
  const negative = source[start] === MINUS;
  let at = start + 2;
  if (negative || source[at] !== 0x3a) return builder.text(source.toString('latin1', start, end));
  const seconds = pair(source, start) * 3600 + pair(source, at + 1) * 60 + pair(source, at + 4);
  at += 6;
  const micros = seconds * 1_000_000 + fraction(source, at, end);
  if (micros > DAY_MICROS) return builder.text(source.toString('latin1', start, end));
  builder.longNumber(micros);
}
