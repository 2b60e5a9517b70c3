import { clockOf, dayOf, daysOfDate, midnight, monthsLater, onDay, timeOfDay } from '../../clock-fields.ts';
import { add, fitsInt64, floorQuotient, type Integer, multiply, subtract } from '../../integer.ts';
import { instantOfOffset, timePattern, type TimePattern } from '../../time-pattern.ts';
import { clockTime, instantOf, timeZone, type TimeZone } from '../../time-zone.ts';
import { timeOfText } from '../convert.ts';
import {
  apply,
  DATE,
  DURATION,
  ExpressionError,
  type ExpressionType,
  INT,
  RowFailure,
  STRING,
  type Term,
  TIME,
  TIMESTAMP,
  TIMESTAMPTZ,
} from '../term.ts';
import { type Call, type FunctionSpec, oneOf, specify, table, wanted, written } from './signature.ts';

const UTC = 'UTC';
const UNITS = ['year', 'quarter', 'month', 'week', 'day', 'hour', 'minute', 'second'] as const;
const UNIT_MICROS: Readonly<Record<string, number>> = {
  hour: 3_600_000_000,
  minute: 60_000_000,
  second: 1_000_000,
};
/** Days and months are added within what a date can be. */
const MOST_STEPS = 10_000_000;

export const TIMES = table([
  specify('date(value, formatOrZone?)', (args, call) => converted(DATE, args, call)),
  specify('time(value, formatOrZone?)', (args, call) => converted(TIME, args, call)),
  specify('timestamp(value, formatOrZone?)', (args, call) => converted(TIMESTAMP, args, call)),
  specify('timestamptz(value, formatOrZone?, zone?)', instant),
  specify('duration(text)', ([x], call) =>
    apply(call, DURATION, [wanted(x!, STRING, call)], (text: string) => {
      const micros = durationOf(text);
      if (micros === undefined)
        throw new RowFailure("the text is not a duration like '1h30m' or '-2.5s'", call);
      return micros;
    }),
  ),
  specify('format(time, pattern, zone?)', formatted),
  field('getFullYear(time, zone?)', ({ year }) => year),
  field('getMonth(time, zone?)', ({ month }) => month - 1),
  field('getDate(time, zone?)', ({ day }) => day),
  field('getDayOfMonth(time, zone?)', ({ day }) => day - 1),
  field('getDayOfWeek(time, zone?)', (clock) => (((daysOf(clock) + 4) % 7) + 7) % 7),
  field('getDayOfYear(time, zone?)', (clock) => daysOf(clock) - daysOfDate(clock.year, 1, 1)),
  field('getHours(time, zone?)', ({ hour }) => hour),
  field('getMinutes(time, zone?)', ({ minute }) => minute),
  field('getSeconds(time, zone?)', ({ second }) => second),
  field('getMilliseconds(time, zone?)', ({ micros }) => Math.floor(micros / 1000)),
  field('year(time, zone?)', ({ year }) => year),
  field('month(time, zone?)', ({ month }) => month),
  field('day(time, zone?)', ({ day }) => day),
  specify('truncate(time, unit, zone?)', truncated),
  steps('addDays(time, count)', (days, count) => days + count),
  steps('addMonths(time, count)', (days, count) => monthsLater(days, count)),
  specify('daysBetween(from, to)', (args, call) =>
    apply(
      call,
      INT,
      args.map((arg) => wanted(arg, DATE, call)),
      (from: number, to: number) => to - from,
    ),
  ),
  count('toSeconds(time)', 1_000_000),
  count('toMillis(time)', 1000),
  count('toMicros(time)', 1),
  epoch('fromSeconds(number)', 1_000_000),
  epoch('fromMillis(number)', 1000),
  epoch('fromMicros(number)', 1),
]);

const daysOf = ({ year, month, day }: ReturnType<typeof clockOf>): number => daysOfDate(year, month, day);

/** `date(text)`, `date(text, 'yyyyMMdd')`, `date(timestamp)`, `date(timestamptz, 'Asia/Shanghai')`, and their like. */
function converted(type: ExpressionType, [x, more]: readonly Term[], call: Call): Term {
  const { name } = type;
  const value = oneOf(x!, ['string', 'date', 'time', 'timestamp', 'timestamptz'], call);
  const from = value.type.name;
  if (from === 'string')
    return more === undefined ? fromText(value, type, call) : fromPattern(value, type, more, call);
  if (from === 'timestamptz') {
    const zone = zoneOf(more, call);
    return apply(call, type, [value], (micros: Integer) => part(local(zone, micros, call), name));
  }
  if (more !== undefined) throw new ExpressionError(`A ${from} has no zone: ${name}(value) is all.`, more);
  if (from === name) return value;
  if (from === 'timestamp') return apply(call, type, [value], (micros: Integer) => part(micros, name));
  if (from === 'date' && name === 'timestamp') return apply(call, type, [value], midnight);
  throw new ExpressionError(`A ${from} is no ${name}.`, x!);
}

function part(micros: Integer, name: string): Integer {
  return name === 'date' ? dayOf(micros) : name === 'time' ? timeOfDay(micros) : micros;
}

function fromText(value: Term, type: ExpressionType, call: Call): Term {
  return apply(call, type, [value], (text: string) => {
    const found = timeOfText(text, type);
    if (found === undefined) throw new RowFailure(`the text is not a ${type.name} in ISO form`, call);
    return found;
  });
}

function fromPattern(value: Term, type: ExpressionType, format: Term, call: Call): Term {
  const pattern = readable(format, call);
  const { name } = type;
  if (name === 'time' ? !pattern.hasTime || pattern.hasDate : !pattern.hasDate)
    throw new ExpressionError(`The pattern does not give a ${name}.`, format);
  if (pattern.hasOffset && name !== 'timestamptz')
    throw new ExpressionError(
      `The pattern has an offset, which a ${name} cannot hold: timestamptz(text, pattern).`,
      format,
    );
  if (name === 'date' && pattern.hasTime)
    throw new ExpressionError('The pattern has a time of day: date(timestamp(text, pattern)).', format);
  return apply(call, type, [value], (text: string) => {
    const found = pattern.parse(text);
    if (found === undefined) throw new RowFailure(`the text does not fit the pattern ${pattern.text}`, call);
    return inRange(part(found.local, name), call);
  });
}

/** `timestamptz(text)`, `timestamptz(text, pattern, zone)`, `timestamptz(timestamp, zone)`. */
function instant([x, more, last]: readonly Term[], call: Call): Term {
  const value = oneOf(x!, ['string', 'date', 'timestamp', 'timestamptz'], call);
  const from = value.type.name;
  if (from === 'timestamptz') return value;
  if (from === 'string' && more === undefined) return fromText(value, TIMESTAMPTZ, call);
  if (from !== 'string') {
    if (more === undefined)
      throw new ExpressionError(`A ${from} becomes an instant in a zone: timestamptz(x, 'UTC').`, call);
    const zone = zoneOf(more, call);
    return apply(call, TIMESTAMPTZ, [wanted(value, TIMESTAMP, call)], (micros: Integer) =>
      moment(zone, micros, call),
    );
  }
  const pattern = readable(more!, call);
  if (!pattern.hasDate) throw new ExpressionError('The pattern does not give a date.', more!);
  const zone = zoneOf(last, call);
  return apply(call, TIMESTAMPTZ, [value], (text: string) => {
    const found = pattern.parse(text);
    if (found === undefined) throw new RowFailure(`the text does not fit the pattern ${pattern.text}`, call);
    if (found.offset !== undefined) return inRange(instantOfOffset(found.local, found.offset), call);
    return moment(zone, found.local, call);
  });
}

function moment(zone: TimeZone, micros: Integer, call: Call): Integer {
  const found = instantOf(zone, micros);
  if (found === undefined) throw new RowFailure(`clocks in ${zone.name} never show this time`, call);
  return inRange(found, call);
}

function local(zone: TimeZone, micros: Integer, call: Call): Integer {
  const found = clockTime(zone, micros);
  if (found === undefined) throw new RowFailure('the instant is beyond the calendar', call);
  return found;
}

function inRange(micros: Integer, call: Call): Integer {
  if (!fitsInt64(micros)) throw new RowFailure('the time is out of range', call);
  return micros;
}

function zoneOf(term: Term | undefined, call: Call): TimeZone {
  const name = written(term, UTC, STRING, call);
  const zone = timeZone(name);
  if (zone === undefined)
    throw new ExpressionError(`There is no time zone ${name}: write UTC, Asia/Shanghai or +08:00.`, term!);
  return zone;
}

function patternOf(term: Term, call: Call): TimePattern {
  const text = written(term, '', STRING, call);
  const pattern = timePattern(text);
  if (typeof pattern === 'string') throw new ExpressionError(`The pattern ${text} ${pattern}.`, term);
  return pattern;
}

/** A pattern that a text is read by. */
function readable(term: Term, call: Call): TimePattern {
  const pattern = patternOf(term, call);
  if (pattern.incomplete === undefined) return pattern;
  throw new ExpressionError(`The pattern ${pattern.text} ${pattern.incomplete}.`, term);
}

function formatted([x, format, where]: readonly Term[], call: Call): Term {
  const value = oneOf(x!, ['timestamptz', 'timestamp', 'date', 'time'], call);
  const pattern = patternOf(format!, call);
  const { name } = value.type;
  if (
    (pattern.hasDate && name === 'time') ||
    (pattern.hasTime && name === 'date') ||
    (pattern.hasOffset && name !== 'timestamptz')
  )
    throw new ExpressionError(`The pattern has parts that a ${name} does not have.`, format!);
  const zone = name === 'timestamptz' ? zoneOf(where, call) : undefined;
  if (zone === undefined && where !== undefined) throw new ExpressionError(`A ${name} has no zone.`, where);
  return apply(call, STRING, [value], (found: Integer) => {
    const micros =
      zone !== undefined ? local(zone, found, call) : name === 'date' ? midnight(found as number) : found;
    const text = pattern.format(micros, zone?.offsetAt(found) ?? 0);
    if (text === undefined)
      throw new RowFailure(`the pattern ${pattern.text} has no room for the time`, call);
    return text;
  });
}

/** The clock of a time; of an instant the clock in a zone. */
function clocked(
  x: Term,
  where: Term | undefined,
  call: Call,
): { term: Term; clock: (value: Integer) => Integer } {
  const term = oneOf(x, ['timestamptz', 'timestamp', 'date', 'time'], call);
  if (term.type.name === 'timestamptz') {
    const zone = zoneOf(where, call);
    return { term, clock: (value) => local(zone, value, call) };
  }
  if (where !== undefined) throw new ExpressionError(`A ${term.type.name} has no zone.`, where);
  return { term, clock: term.type.name === 'date' ? (value) => midnight(value as number) : (value) => value };
}

function field(usage: string, get: (clock: ReturnType<typeof clockOf>) => number): FunctionSpec {
  return specify(usage, ([x, where], call) => {
    if (x!.type.name === 'duration') return durationField(usage, x!, call);
    const { term, clock } = clocked(x!, where, call);
    return apply(call, INT, [term], (value: Integer) => get(clockOf(clock(value))));
  });
}

const DURATION_FIELDS: Readonly<Record<string, number>> = {
  getHours: 3_600_000_000,
  getMinutes: 60_000_000,
  getSeconds: 1_000_000,
  getMilliseconds: 1000,
};

/** Of a duration CEL counts the whole of it in the unit. */
function durationField(usage: string, x: Term, call: Call): Term {
  const unit = DURATION_FIELDS[usage.slice(0, usage.indexOf('('))];
  if (unit === undefined) throw new ExpressionError(`${usage} is not for durations.`, x);
  return apply(call, INT, [x], (micros: Integer) => subtract(0, floorQuotient(subtract(0, micros), unit)));
}

function truncated([x, unit, where]: readonly Term[], call: Call): Term {
  const name = written(unit, '', STRING, call);
  if (!(UNITS as readonly string[]).includes(name))
    throw new ExpressionError(`The unit is one of ${UNITS.join(', ')}.`, unit!);
  const { term, clock } = clocked(oneOf(x!, ['timestamptz', 'timestamp', 'date'], call), where, call);
  const zone = term.type.name === 'timestamptz' ? zoneOf(where, call) : undefined;
  return apply(call, term.type, [term], (value: Integer) => {
    const cut = cutTo(clock(value), name);
    if (term.type.name === 'date') return dayOf(cut);
    return zone === undefined ? cut : moment(zone, cut, call);
  });
}

function cutTo(micros: Integer, unit: string): Integer {
  const size = UNIT_MICROS[unit];
  if (size !== undefined) return multiply(floorQuotient(micros, size), size);
  const days = dayOf(micros);
  const { year, month } = clockOf(micros);
  if (unit === 'day') return midnight(days);
  // 1970-01-01 was a Thursday; weeks begin on Monday.
  if (unit === 'week') return midnight(days - ((((days + 3) % 7) + 7) % 7));
  const first = unit === 'year' ? 1 : unit === 'quarter' ? month - ((month - 1) % 3) : month;
  return midnight(daysOfDate(year, first, 1));
}

function steps(usage: string, move: (days: number, count: number) => number): FunctionSpec {
  return specify(usage, ([x, by], call) => {
    const term = oneOf(x!, ['date', 'timestamp', 'timestamptz'], call);
    return apply(call, term.type, [term, wanted(by!, INT, call)], (value: Integer, count: Integer) => {
      const days = term.type.name === 'date' ? (value as number) : dayOf(value);
      if (count > MOST_STEPS || count < -MOST_STEPS) throw new RowFailure('the time is out of range', call);
      const moved = move(days, Number(count));
      if (Math.abs(moved) > 0x7fffffff) throw new RowFailure('the time is out of range', call);
      return term.type.name === 'date' ? moved : inRange(onDay(value, moved), call);
    });
  });
}

function count(usage: string, micros: number): FunctionSpec {
  return specify(usage, ([x], call) =>
    apply(call, INT, [oneOf(x!, ['timestamptz', 'timestamp', 'duration', 'time'], call)], (value: Integer) =>
      floorQuotient(value, micros),
    ),
  );
}

function epoch(usage: string, micros: number): FunctionSpec {
  return specify(usage, ([x], call) =>
    apply(call, TIMESTAMPTZ, [wanted(x!, INT, call)], (value: Integer) =>
      inRange(multiply(value, micros), call),
    ),
  );
}

const DURATION_UNITS: Readonly<Record<string, number>> = {
  h: 3_600_000_000,
  m: 60_000_000,
  s: 1_000_000,
  ms: 1000,
  us: 1,
};

/** `1h30m`, `-2.5s`, `250ms`: CEL's form, to the microsecond. */
export function durationOf(text: string): Integer | undefined {
  if (!/^-?(?:\d{1,12}(?:\.\d{1,9})?(?:h|ms|us|m|s)){1,5}$/.test(text)) return undefined;
  let total: Integer = 0;
  for (const [, whole, fraction = '', unit] of text.matchAll(/(\d+)(?:\.(\d+))?(h|ms|us|m|s)/g)) {
    const size = DURATION_UNITS[unit!]!;
    const behind = (BigInt(size) * BigInt(fraction === '' ? 0 : fraction)) / 10n ** BigInt(fraction.length);
    if ((BigInt(size) * BigInt(fraction === '' ? 0 : fraction)) % 10n ** BigInt(fraction.length) !== 0n)
      return undefined;
    total = add(total, add(multiply(Number(whole), size), Number(behind)));
  }
  const micros = text.startsWith('-') ? subtract(0, total) : total;
  return fitsInt64(micros) ? micros : undefined;
}
