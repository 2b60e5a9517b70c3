import type { Column } from '@sluice/model';
import type { Cast } from './cast.ts';
import { DAY_MICROS, isInt64, parseDate, parseTime, parseTimestamp } from './time-text.ts';
import type { FieldValue } from './field-value.ts';

const DAY = BigInt(DAY_MICROS);

/** The endless dates that date and both timestamps share; any other escape text belongs to its own kind alone. */
function endless(cursor: FieldValue): string | undefined {
  const text = cursor.text();
  return text === 'infinity' || text === '-infinity' ? text : undefined;
}

export function date(source: Column): Cast | undefined {
  if (source.kind === 'string')
    return (cursor, builder) => {
      const days = parseDate(cursor.text());
      return days === undefined ? 'is not a date of the form YYYY-MM-DD' : builder.int(days);
    };
  if (source.kind !== 'timestamp' && source.kind !== 'timestamptz') return undefined;
  return (cursor, builder) => {
    if (cursor.branch === 2) {
      const text = endless(cursor);
      return text === undefined ? 'is not a date' : builder.text(text);
    }
    const micros = cursor.longBigint();
    if (micros % DAY !== 0n) return 'has a time of day, which a date cannot hold';
    return builder.int(Number(micros / DAY));
  };
}

export function time(source: Column): Cast | undefined {
  if (source.kind !== 'string') return undefined;
  return (cursor, builder) => {
    const micros = parseTime(cursor.text());
    return micros === undefined ? 'is not a time of the form HH:MM:SS' : builder.longNumber(micros);
  };
}

export function timestamp(source: Column): Cast | undefined {
  return instant(source, 'timestamp');
}

export function timestamptz(source: Column): Cast | undefined {
  return instant(source, 'timestamptz');
}

/** Between the two timestamps the microseconds stay what they are: clock time without a zone is clock time in UTC. */
function instant(source: Column, kind: 'timestamp' | 'timestamptz'): Cast | undefined {
  if (source.kind === 'string') return instantFromText(kind);
  if (source.kind !== 'date' && source.kind !== 'timestamp' && source.kind !== 'timestamptz')
    return undefined;
  return (cursor, builder) => {
    if (cursor.branch === 2) {
      const text = endless(cursor);
      return text === undefined ? `is not a ${kind}` : builder.text(text);
    }
    if (source.kind !== 'date') return builder.longBigint(cursor.longBigint());
    const micros = BigInt(cursor.int()) * DAY;
    if (!isInt64(micros)) return `is out of the range of ${kind}`;
    return builder.longBigint(micros);
  };
}

function instantFromText(kind: 'timestamp' | 'timestamptz'): Cast {
  return (cursor, builder) => {
    const found = parseTimestamp(cursor.text());
    if (found === undefined) return 'is not a timestamp of the form YYYY-MM-DD HH:MM:SS in microseconds';
    if (found.zoned && kind === 'timestamp') return 'has a time zone, which a timestamp cannot hold';
    return builder.longBigint(found.micros);
  };
}
