import { type Integer, add, floorQuotient, multiply, subtract } from './integer.ts';

/** Offsets of a time zone from UTC. Instants and clock times are microseconds since 1970. */
export interface TimeZone {
  readonly name: string;
  /** Seconds to be added to an instant for its clock time; undefined beyond what the calendar knows (275,000 years). */
  offsetAt(instant: Integer): number | undefined;
}

const SECOND = 1_000_000;
const QUARTER = 900;
/** Quarters of an hour whose offset is remembered, per zone. */
const REMEMBERED = 20_000;
/** The calendar of the machine ends here, in seconds since 1970; a day less, so that offsets do not lead beyond. */
const LAST = 8_640_000_000_000 - 86_400;
const FIXED = /^(?:UTC|GMT)?([+-])(\d{1,2})(?::?([0-5]\d))?$/;

const zones = new Map<string, TimeZone>();

/** A zone by its IANA name, or as `UTC`, `+08:00`, `GMT+8`; undefined when there is none of this name. */
export function timeZone(name: string): TimeZone | undefined {
  const known = zones.get(name);
  if (known !== undefined) return known;
  const made = fixedZone(name) ?? namedZone(name);
  if (made !== undefined) zones.set(name, made);
  return made;
}

function fixedZone(name: string): TimeZone | undefined {
  if (name === 'UTC' || name === 'Z' || name === 'GMT') return { name, offsetAt: () => 0 };
  const match = FIXED.exec(name);
  if (match === null) return undefined;
  const seconds = (Number(match[2]) * 60 + Number(match[3] ?? 0)) * 60;
  if (seconds > 18 * 3600) return undefined;
  const offset = match[1] === '-' ? -seconds + 0 : seconds;
  return { name, offsetAt: () => offset };
}

function namedZone(name: string): TimeZone | undefined {
  let clock: Intl.DateTimeFormat;
  try {
    clock = new Intl.DateTimeFormat('en-US', {
      timeZone: name,
      hourCycle: 'h23',
      era: 'short',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  } catch {
    return undefined;
  }
  const remembered = new Map<number, number>();
  const offsetAt = (instant: Integer): number | undefined => {
    const seconds = Number(floorQuotient(instant, SECOND));
    if (Math.abs(seconds) > LAST) return undefined;
    const quarter = Math.floor(seconds / QUARTER);
    const found = remembered.get(quarter);
    if (found !== undefined) return found;
    const offset = lookUp(clock, seconds);
    // A quarter of an hour with one offset from end to end; the few with a change in them are looked up each time.
    const first = lookUp(clock, quarter * QUARTER);
    if (first === offset && lookUp(clock, quarter * QUARTER + QUARTER - 1) === offset) {
      if (remembered.size >= REMEMBERED) remembered.clear();
      remembered.set(quarter, offset);
    }
    return offset;
  };
  return { name, offsetAt };
}

function lookUp(clock: Intl.DateTimeFormat, seconds: number): number {
  const parts: Record<string, string> = {};
  for (const { type, value } of clock.formatToParts(seconds * 1000)) parts[type] = value;
  const year = parts['era'] === 'BC' ? 1 - Number(parts['year']) : Number(parts['year']);
  const shown = new Date(0);
  shown.setUTCFullYear(year, Number(parts['month']) - 1, Number(parts['day']));
  shown.setUTCHours(Number(parts['hour']), Number(parts['minute']), Number(parts['second']));
  return shown.getTime() / 1000 - seconds;
}

/** The clock time at an instant; undefined where the calendar ends. */
export function clockTime(zone: TimeZone, instant: Integer): Integer | undefined {
  const offset = zone.offsetAt(instant);
  return offset === undefined ? undefined : add(instant, multiply(offset, SECOND));
}

/**
 * The instant of a clock time: the earlier one where clocks show it twice, undefined where they skip it or where the calendar
 * ends.
 */
export function instantOf(zone: TimeZone, local: Integer): Integer | undefined {
  // Offsets a day before and after bound what can be; an offset is right when it leads back to itself.
  const day = 86_400 * SECOND;
  const candidates = [zone.offsetAt(subtract(local, day)), zone.offsetAt(add(local, day))];
  const instants = candidates
    .filter((offset) => offset !== undefined)
    .map((offset) => [subtract(local, multiply(offset, SECOND)), offset] as const)
    .filter(([instant, offset]) => zone.offsetAt(instant) === offset)
    .map(([instant]) => instant);
  return instants.length === 2 && instants[1]! < instants[0]! ? instants[1] : instants[0];
}
