import type { Column, ColumnKind } from '@sluice/model';
import type { Cast } from './cast.ts';
import type { CastType } from './cast-type.ts';
import { dayOf, midnight, timeOfDay } from './clock-fields.ts';
import type { FieldValue } from './field-value.ts';
import { fitsInt64, integer, type Integer } from './integer.ts';
import { parseTimestamp } from './time-text.ts';
import { instantOfOffset, timePattern, type TimePattern } from './time-pattern.ts';
import { clockTime, instantOf, timeZone, type TimeZone } from './time-zone.ts';

const UTC = 'UTC';
const TIMES: ReadonlySet<ColumnKind> = new Set(['date', 'time', 'timestamp', 'timestamptz']);
/** Pairs between which a zone says what the clocks show, without a format. */
const ZONED: ReadonlySet<string> = new Set([
  'timestamp>timestamptz',
  'timestamptz>timestamp',
  'date>timestamptz',
  'timestamptz>date',
  'string>timestamptz',
]);

/** Whether the cast reads or writes clock times in a way of its own. */
export function isFormatted(type: CastType): boolean {
  return type.pattern !== undefined || type.zone !== undefined;
}

/** What is wrong with format and zone of a cast from this column, in words that follow "the cast"; undefined: nothing. */
export function formatProblem(source: Column, type: CastType): string | undefined {
  const { pattern: format, zone } = type;
  if (zone !== undefined && timeZone(zone) === undefined)
    return `names the time zone ${zone}, which does not exist: write UTC, Asia/Shanghai or +08:00`;
  if (format === undefined)
    return zone === undefined || ZONED.has(`${source.kind}>${type.kind}`)
      ? undefined
      : `has a zone, which says nothing from ${source.kind} to ${type.kind}`;
  const pattern = timePattern(format);
  if (typeof pattern === 'string') return `has the format ${format}, which ${pattern}`;
  if (source.kind === 'string' && TIMES.has(type.kind)) return parsingProblem(pattern, type.kind);
  if (type.kind === 'string' && TIMES.has(source.kind)) return writingProblem(pattern, source.kind, zone);
  return `has a format, which is for a text on one side and a date or time on the other, not for ${source.kind} to ${type.kind}`;
}

function parsingProblem(
  { text, hasDate, hasTime, hasOffset, incomplete }: TimePattern,
  kind: ColumnKind,
): string | undefined {
  if (incomplete !== undefined) return `has the format ${text}, which ${incomplete}`;
  if (kind === 'time')
    return hasTime && !hasDate && !hasOffset
      ? undefined
      : `has the format ${text}, which is not that of a time of day`;
  if (!hasDate) return `has the format ${text}, which gives no date`;
  return kind === 'date' && hasOffset
    ? `has the format ${text}, whose offset says nothing to a date`
    : undefined;
}

function writingProblem(
  pattern: TimePattern,
  kind: ColumnKind,
  zone: string | undefined,
): string | undefined {
  const { text, hasDate, hasTime, hasOffset } = pattern;
  const missing =
    (hasDate && kind === 'time') || (hasTime && kind === 'date') || (hasOffset && kind !== 'timestamptz');
  if (missing) return `has the format ${text}, with parts that a ${kind} does not have`;
  return zone !== undefined && kind !== 'timestamptz'
    ? `has a zone, which a ${kind} does not have`
    : undefined;
}

/** A cast with a format, a zone or both; undefined where they make no sense. */
export function formatted(source: Column, type: CastType): Cast | undefined {
  if (formatProblem(source, type) !== undefined) return undefined;
  const zone = timeZone(type.zone ?? UTC)!;
  if (type.pattern === undefined) return zoned(source.kind, type.kind, zone);
  const pattern = timePattern(type.pattern) as TimePattern;
  return source.kind === 'string' ? parsing(pattern, type.kind, zone) : writing(pattern, source.kind, zone);
}

function parsing(pattern: TimePattern, kind: ColumnKind, zone: TimeZone): Cast {
  return (value, builder) => {
    const found = pattern.parse(value.text());
    if (found === undefined) return `is not of the form ${pattern.text}`;
    const { local, offset } = found;
    if (kind === 'time') return builder.longNumber(timeOfDay(local));
    if (kind === 'date')
      return timeOfDay(local) === 0
        ? builder.int(dayOf(local))
        : 'has a time of day, which a date cannot hold';
    const micros = offset === undefined ? local : instantOfOffset(local, offset);
    const isInstant = offset !== undefined;
    if (kind === 'timestamp') return long(builder, isInstant ? clockTime(zone, micros) : micros, kind);
    if (isInstant) return long(builder, micros, kind);
    return instant(builder, zone, local);
  };
}

type Builder = Parameters<Cast>[1];

function long(builder: Builder, micros: Integer | undefined, kind: ColumnKind): string | void {
  if (micros === undefined || !fitsInt64(micros)) return `is out of the range of ${kind}`;
  return typeof micros === 'number' ? builder.longNumber(micros) : builder.longBigint(micros);
}

function instant(builder: Builder, zone: TimeZone, local: Integer): string | void {
  const micros = instantOf(zone, local);
  if (micros === undefined) return `is a time that clocks in ${zone.name} never show`;
  return long(builder, micros, 'timestamptz');
}

/** The microseconds of a date or time that is not in the escape branch. */
function microsOf(value: FieldValue, kind: ColumnKind): Integer {
  return kind === 'date' ? midnight(value.int()) : integer(value.longBigint());
}

function writing(pattern: TimePattern, kind: ColumnKind, zone: TimeZone): Cast {
  return (value, builder) => {
    if (value.branch === 2) return `is no time that the form ${pattern.text} can show`;
    const micros = microsOf(value, kind);
    const offset = kind === 'timestamptz' ? zone.offsetAt(micros) : 0;
    const local = kind === 'timestamptz' ? clockTime(zone, micros) : micros;
    const text = offset === undefined || local === undefined ? undefined : pattern.format(local, offset);
    if (text === undefined) return `has no room in the form ${pattern.text}`;
    return builder.string(text);
  };
}

function zoned(from: ColumnKind, to: ColumnKind, zone: TimeZone): Cast {
  return (value, builder) => {
    if (from === 'string') {
      const found = parseTimestamp(value.text());
      if (found === undefined) return 'is not a timestamp of the form YYYY-MM-DD HH:MM:SS in microseconds';
      return found.zoned ? builder.longBigint(found.micros) : instant(builder, zone, integer(found.micros));
    }
    if (value.branch === 2) {
      const text = value.text();
      return text === 'infinity' || text === '-infinity' ? builder.text(text) : `is not a ${to}`;
    }
    const micros = microsOf(value, from);
    if (to === 'timestamptz') return instant(builder, zone, micros);
    const local = clockTime(zone, micros);
    if (to === 'timestamp' || local === undefined) return long(builder, local, to);
    return timeOfDay(local) === 0 ? builder.int(dayOf(local)) : 'has a time of day, which a date cannot hold';
  };
}
