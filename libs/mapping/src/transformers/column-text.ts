import type { Column } from '@sluice/model';
import { textReader } from '../cast-text.ts';
import { timePattern, type TimePattern } from '../time-pattern.ts';
import { dayOf, midnight } from '../clock-fields.ts';
import { type Integer, add, floorQuotient, integer, multiply, subtract } from '../integer.ts';
import type { FieldValue } from '../field-value.ts';

/** Clock times of DataX are of this zone: seconds east of UTC. */
const OFFSET = 8 * 3600;
const SECOND = 1_000_000;

/** How a column is one of DataX: its comparisons and its text go by this. */
export type DataxType = 'LONG' | 'DOUBLE' | 'DATE' | 'STRING' | 'BOOL' | 'BYTES';

export function dataxType(column: Column): DataxType {
  switch (column.kind) {
    case 'int':
    case 'long':
      return 'LONG';
    case 'float':
    case 'double':
    case 'decimal':
      return 'DOUBLE';
    case 'boolean':
      return 'BOOL';
    case 'bytes':
      return 'BYTES';
    case 'string':
      return column.format === 'numeric' ? 'DOUBLE' : 'STRING';
    default:
      return 'DATE';
  }
}

const FORMS: Readonly<Record<string, TimePattern>> = {
  date: timePattern('yyyy-MM-dd') as TimePattern,
  time: timePattern('HH:mm:ss') as TimePattern,
  timestamp: timePattern('yyyy-MM-dd HH:mm:ss') as TimePattern,
  timestamptz: timePattern('yyyy-MM-dd HH:mm:ss') as TimePattern,
};

/** The text that DataX makes of a value that is not null: of times without fractions, of instants by the clocks of GMT+8. */
export function dataxText(column: Column): (value: FieldValue) => string {
  const form = FORMS[column.kind];
  if (form !== undefined)
    return (value) => {
      if (value.branch === 2) return value.text();
      const micros = clockMicros(column, value);
      // A year that the form has no room for keeps the text that casts give it.
      return form.format(micros, 0) ?? textReader(column)!(value);
    };
  if (column.kind === 'bytes') return (value) => value.bytes().toString('utf8');
  const read = textReader(column)!;
  return (value) => (value.branch === 2 ? value.text() : read(value));
}

function clockMicros({ kind }: Column, value: FieldValue): Integer {
  if (kind === 'date') return midnight(value.int());
  const micros = integer(value.longBigint());
  if (kind === 'timestamptz') return add(micros, OFFSET * SECOND);
  // 24:00:00 has no text of its own in DataX: it is the midnight after.
  return kind === 'time' ? subtract(micros, multiply(dayOf(micros), 86_400 * SECOND)) : micros;
}

/** The milliseconds since 1970 that DataX compares dates by; clock times are those of GMT+8. */
export function dataxMillis({ kind }: Column, value: FieldValue): Integer {
  const micros = kind === 'date' ? midnight(value.int()) : integer(value.longBigint());
  return floorQuotient(kind === 'timestamptz' ? micros : subtract(micros, OFFSET * SECOND), 1000);
}
