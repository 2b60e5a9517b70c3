import { add, floorQuotient, type Integer, multiply, subtract } from './integer.ts';

const MONTH_DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
const DAY = 86_400_000_000;

/** The fields of a date and time of day, proleptic Gregorian, years counted with a year 0. */
export interface ClockFields {
  readonly year: number;
  /** From 1. */
  readonly month: number;
  /** From 1. */
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly micros: number;
}

export function isLeap(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

export function daysOfMonth(year: number, month: number): number {
  return month === 2 && isLeap(year) ? 29 : (MONTH_DAYS[month - 1] ?? 0);
}

export function isDate(year: number, month: number, day: number): boolean {
  return day >= 1 && day <= daysOfMonth(year, month);
}

/** Days since 1970-01-01, over eras of 400 years whose years start on 1 March. */
export function daysOfDate(year: number, month: number, day: number): number {
  const shifted = month <= 2 ? year - 1 : year;
  const era = Math.floor(shifted / 400);
  const yearOfEra = shifted - era * 400;
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

/** The date of a day number. */
export function dateOfDays(days: number): { year: number; month: number; day: number } {
  const shifted = days + 719_468;
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
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1,
  };
}

/** The day number of microseconds since 1970. */
export function dayOf(local: Integer): number {
  return Number(floorQuotient(local, DAY));
}

/** The microseconds since midnight. */
export function timeOfDay(local: Integer): number {
  return Number(subtract(local, multiply(dayOf(local), DAY)));
}

export function clockOf(local: Integer): ClockFields {
  const inDay = timeOfDay(local);
  const seconds = Math.floor(inDay / 1_000_000);
  return {
    ...dateOfDays(dayOf(local)),
    hour: Math.floor(seconds / 3600),
    minute: Math.floor(seconds / 60) % 60,
    second: seconds % 60,
    micros: inDay - seconds * 1_000_000,
  };
}

/** Midnight of a day number as microseconds since 1970. */
export function midnight(days: number): Integer {
  return multiply(days, DAY);
}

/** The same day of the month some months later, or the last one of a shorter month. */
export function monthsLater(days: number, months: number): number {
  const { year, month, day } = dateOfDays(days);
  const total = year * 12 + (month - 1) + months;
  const [toYear, toMonth] = [Math.floor(total / 12), (((total % 12) + 12) % 12) + 1];
  return daysOfDate(toYear, toMonth, Math.min(day, daysOfMonth(toYear, toMonth)));
}

/** The same time of day on another day. */
export function onDay(local: Integer, days: number): Integer {
  return add(midnight(days), timeOfDay(local));
}
