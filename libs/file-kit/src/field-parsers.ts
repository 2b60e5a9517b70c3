import type { Column } from '@sluice/model';
import { decimal, type FieldParser, floating, wholeNumber } from './number-fields.ts';
import { date, time, timestamp } from './time-fields.ts';

export type { FieldParser } from './number-fields.ts';

/** How bytes are written as text: `\x` and hexadecimal digits, as PostgreSQL has it, or base64. */
export type BinaryText = 'hex' | 'base64';

const BOOLEANS: Readonly<Record<string, boolean>> = {
  t: true,
  f: false,
  true: true,
  false: false,
  1: true,
  0: false,
};

/** The parser of a column's texts. It never trims, rounds or guesses: what is not exactly a value of the kind is refused. */
export function fieldParser(column: Column, binary: BinaryText): FieldParser {
  switch (column.kind) {
    case 'string':
      return text;
    case 'boolean':
      return boolean;
    case 'int':
      return wholeNumber(32);
    case 'long':
      return wholeNumber(64);
    case 'float':
      return floating(true);
    case 'double':
      return floating(false);
    case 'decimal':
      return decimal(column);
    case 'date':
      return date;
    case 'time':
      return time;
    case 'timestamp':
      return timestamp(false);
    case 'timestamptz':
      return timestamp(true);
    case 'bytes':
      return binary === 'hex' ? hex : base64;
  }
}

const text: FieldParser = (builder, source, start, end) => {
  builder.bytes(source, start, end);
  return true;
};

const boolean: FieldParser = (builder, source, start, end) => {
  if (end - start > 5) return false;
  const letter = source[start]! | 0x20;
  if (end - start === 1 && (letter === 0x74 || letter === 0x66)) {
    builder.boolean(letter === 0x74);
    return true;
  }
  const word = source.toString('latin1', start, end).toLowerCase();
  if (!Object.hasOwn(BOOLEANS, word)) return false;
  builder.boolean(BOOLEANS[word]!);
  return true;
};

const hex: FieldParser = (builder, source, start, end) => {
  const isMarked = source[start] === 0x5c && source[start + 1] === 0x78;
  const digits = end - start - 2;
  if (!isMarked || digits % 2 !== 0) return false;
  const bytes = Buffer.from(source.toString('latin1', start + 2, end), 'hex');
  // The decoder stops at the first thing that is no digit.
  if (bytes.length * 2 !== digits) return false;
  builder.bytes(bytes, 0, bytes.length);
  return true;
};

const base64: FieldParser = (builder, source, start, end) => {
  const given = source.toString('latin1', start, end);
  if (given.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(given)) return false;
  const bytes = Buffer.from(given, 'base64');
  builder.bytes(bytes, 0, bytes.length);
  return true;
};
