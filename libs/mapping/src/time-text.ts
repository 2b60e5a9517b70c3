import { daysOfDate, isDate } from './clock-fields.ts';

const DATE = /^([+-]?)(\d{4,7})-(\d{2})-(\d{2})$/;
const TIME = /^(\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,12}))?)?$/;
const STAMP =
  /^([+-]?\d{4,7}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,12})?)?)(Z|[+-]\d{2}(?::?\d{2})?)?)?$/;
export const DAY_MICROS = 86_400_000_000;

/** An ISO date as days since 1970-01-01 (proleptic Gregorian, astronomical years); undefined when it is none. */
export function parseDate(text: string): number | undefined {
  const match = DATE.exec(text);
  if (!match) return undefined;
  const year = Number(match[2]) * (match[1] === '-' ? -1 : 1);
  const month = Number(match[3]);
  const day = Number(match[4]);
  if (!isDate(year, month, day)) return undefined;
  const days = daysOfDate(year, month, day);
  return days >= -0x80000000 && days <= 0x7fffffff ? days : undefined;
}

/** A time of day as microseconds, 24:00:00 included; undefined when it is none or has digits below a microsecond. */
export function parseTime(text: string): number | undefined {
  const match = TIME.exec(text);
  if (!match) return undefined;
  const [hours, minutes, seconds] = [Number(match[1]), Number(match[2]), Number(match[3] ?? 0)];
  const fraction = (match[4] ?? '').padEnd(6, '0');
  if (minutes > 59 || seconds > 59 || !/^0*$/.test(fraction.slice(6))) return undefined;
  const micros = ((hours * 60 + minutes) * 60 + seconds) * 1e6 + Number(fraction.slice(0, 6));
  return micros <= DAY_MICROS ? micros : undefined;
}

/** A point in time: microseconds since 1970 of what is written, less its offset from UTC when it has a zone. */
export function parseTimestamp(text: string): { micros: bigint; zoned: boolean } | undefined {
  const match = STAMP.exec(text);
  if (!match) return undefined;
  const days = parseDate(match[1]!);
  const time = parseTime(match[2] ?? '00:00');
  const offset = parseOffset(match[3]);
  if (days === undefined || time === undefined || time === DAY_MICROS || offset === undefined)
    return undefined;
  const micros = BigInt(days) * BigInt(DAY_MICROS) + BigInt(time) - BigInt(offset);
  return isInt64(micros) ? { micros, zoned: match[3] !== undefined } : undefined;
}

function parseOffset(zone: string | undefined): number | undefined {
  if (zone === undefined || zone === 'Z') return 0;
  const hours = Number(zone.slice(1, 3));
  const minutes = Number(zone.slice(3).replace(':', '') || 0);
  if (hours > 18 || minutes > 59) return undefined;
  return (hours * 60 + minutes) * 60e6 * (zone[0] === '-' ? -1 : 1);
}

export function isInt64(value: bigint): boolean {
  return BigInt.asIntN(64, value) === value;
}
