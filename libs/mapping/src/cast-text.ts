import { isUtf8 } from 'node:buffer';
import type { Column } from '@sluice/model';
import {
  dateText,
  decimalText,
  floatText,
  numberText,
  timestampText,
  timestamptzText,
  timeText,
} from '@sluice/wire';
import type { Cast } from './cast.ts';
import type { FieldValue } from './field-value.ts';

/** The text of a field that holds a value; undefined for bytes, which are no text by themselves. */
export function textReader(source: Column): ((cursor: FieldValue) => string) | undefined {
  switch (source.kind) {
    case 'boolean':
      return (cursor) => String(cursor.boolean());
    case 'int':
      return (cursor) => String(cursor.int());
    case 'long':
      return (cursor) => cursor.longBigint().toString();
    case 'float':
      return (cursor) => floatText(cursor.float());
    case 'double':
      return (cursor) => numberText(cursor.double());
    case 'decimal':
      return (cursor) => decimalText(cursor.decimal(), source.scale ?? 0);
    case 'string':
      return (cursor) => cursor.text();
    case 'bytes':
      return undefined;
    case 'date':
      return (cursor) => dateText(cursor.int());
    case 'time':
      return (cursor) => timeText(cursor.longNumber());
    case 'timestamp':
      return (cursor) => timestampText(cursor.longBigint());
    case 'timestamptz':
      return (cursor) => timestamptzText(cursor.longBigint());
  }
}

export function string(source: Column): Cast {
  const read = textReader(source);
  return (cursor, builder) => {
    if (read === undefined) {
      const view = cursor.bytes();
      if (!isUtf8(view)) return 'is not valid UTF-8';
      return builder.bytes(view, 0, view.length);
    }
    return builder.string(cursor.branch === 2 ? cursor.text() : read(cursor));
  };
}

export function bytes(source: Column): Cast | undefined {
  if (source.kind !== 'string' && source.kind !== 'bytes') return undefined;
  return (cursor, builder) => builder.bytes(cursor.buffer, cursor.start, cursor.end);
}
