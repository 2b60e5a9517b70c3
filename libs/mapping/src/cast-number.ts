import type { Column } from '@sluice/model';
import type { Cast } from './cast.ts';
import { textReader } from './cast-text.ts';
import type { CastType } from './cast-type.ts';
import { floatingOf, type NumberParts, parseNumber, specialNumber, unscaledOf } from './number-text.ts';
import { isInt64 } from './time-text.ts';
import type { FieldValue } from './field-value.ts';

const BOOLEANS: Readonly<Record<string, boolean>> = {
  true: true,
  t: true,
  1: true,
  false: false,
  f: false,
  0: false,
};
/** Digits that a decimal is multiplied out to before its range is checked. */
const MAX_DIGITS = 1000;
const INTEGER = /^[+-]?\d{1,40}$/;

/** What a source field says as a number: a whole number, a binary one, or text still to be parsed. */
type NumberReader = (cursor: FieldValue) => bigint | number | string;

function numberReader(source: Column): NumberReader | undefined {
  switch (source.kind) {
    case 'boolean':
      return (cursor) => (cursor.boolean() ? 1n : 0n);
    case 'int':
    case 'long':
      return (cursor) => cursor.longBigint();
    case 'float':
      return (cursor) => cursor.float();
    case 'double':
      return (cursor) => cursor.double();
    case 'decimal':
    case 'string': {
      const read = textReader(source)!;
      return (cursor) => (cursor.branch === 2 ? cursor.text() : read(cursor));
    }
    default:
      return undefined;
  }
}

export function boolean(source: Column): Cast | undefined {
  const read = numberReader(source);
  if (!read) return undefined;
  return (cursor, builder) => {
    const found = read(cursor);
    const value = typeof found === 'string' ? booleanOf(found, source) : bit(Number(found));
    if (value === undefined) return 'is neither true nor false';
    return builder.boolean(value);
  };
}

function bit(value: number): boolean | undefined {
  return value === 1 ? true : value === 0 ? false : undefined;
}

function booleanOf(text: string, source: Column): boolean | undefined {
  if (source.kind === 'string')
    return Object.hasOwn(BOOLEANS, text.toLowerCase()) ? BOOLEANS[text.toLowerCase()] : undefined;
  const parts = parseNumber(text);
  if (parts?.digits === '') return false;
  return parts?.digits === '1' && parts.exponent === 0 && !parts.negative ? true : undefined;
}

export function integer(source: Column, type: CastType): Cast | undefined {
  const read = numberReader(source);
  if (!read) return undefined;
  const narrow = type.kind === 'int';
  return (cursor, builder) => {
    const value = wholeOf(read(cursor), source);
    if (value === undefined) return 'is not a whole number';
    if (narrow ? BigInt.asIntN(32, value) !== value : !isInt64(value))
      return `is out of the range of ${type.kind}`;
    return builder.longBigint(value);
  };
}

function wholeOf(found: bigint | number | string, source: Column): bigint | undefined {
  if (typeof found === 'bigint') return found;
  if (typeof found === 'number') return Number.isInteger(found) ? BigInt(found) : undefined;
  if (source.kind === 'string') return INTEGER.test(found) ? BigInt(found.replace('+', '')) : undefined;
  const parts = parseNumber(found);
  return parts === undefined ? undefined : unscaledOf(parts, MAX_DIGITS, 0);
}

export function floating(source: Column, type: CastType): Cast | undefined {
  const read = numberReader(source);
  if (!read) return undefined;
  const single = type.kind === 'float';
  return (cursor, builder) => {
    const value = floatingValue(read(cursor), source, single);
    if (value === undefined) return 'is not a number';
    if (value === 'digits')
      return `has more digits than a ${type.kind} can tell apart, or is out of its range`;
    return single ? builder.float(value) : builder.double(value);
  };
}

function floatingValue(
  found: bigint | number | string,
  source: Column,
  single: boolean,
): number | 'digits' | undefined {
  if (typeof found === 'bigint') {
    const near = single ? Math.fround(Number(found)) : Number(found);
    return BigInt(near) === found ? near : 'digits';
  }
  if (typeof found === 'number') {
    // A float is a double; the other way the shortest text of the double decides, as it does for decimals.
    if (!single || source.kind === 'float' || Object.is(Math.fround(found), found)) return found;
    return floatingOf(parseNumber(String(found))!, true) ?? 'digits';
  }
  const parts = parseNumber(found);
  return parts === undefined ? specialNumber(found) : (floatingOf(parts, single) ?? 'digits');
}

export function decimal(source: Column, type: CastType): Cast | undefined {
  const read = numberReader(source);
  if (!read) return undefined;
  const precision = type.precision!;
  const scale = type.scale ?? 0;
  const text = textReader(source)!;
  return (cursor, builder) => {
    const found = cursor.branch === 2 ? cursor.text() : text(cursor);
    const parts = decimalParts(found, source);
    // NaN and infinities are legal decimals of some stores: they go on in the escape branch, and the target decides.
    if (parts === undefined)
      return specialNumber(found) === undefined || (source.kind === 'string' && source.format !== 'numeric')
        ? 'is not a number'
        : builder.text(found);
    const unscaled = unscaledOf(parts, precision, scale);
    if (unscaled === undefined) return `does not fit decimal(${precision},${scale}) without losing digits`;
    return builder.decimal(unscaled);
  };
}

function decimalParts(text: string, source: Column): NumberParts | undefined {
  if (source.kind === 'boolean') return parseNumber(text === 'true' ? '1' : '0');
  return parseNumber(text);
}
