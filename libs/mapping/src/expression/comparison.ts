import type { SourceRow } from '../source-row.ts';
import { unified } from './convert.ts';
import type { Integer } from '../integer.ts';
import {
  apply,
  BOOL,
  ExpressionError,
  type Evaluate,
  folded,
  type Place,
  type Term,
  type Value,
  typeText,
} from './term.ts';

export type OrderSign = '<' | '<=' | '>' | '>=';

type Comparable = Integer | string | boolean;

const ORDERS: Readonly<Record<OrderSign, (a: Comparable, b: Comparable) => boolean>> = {
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
};

const BYTES: Readonly<Record<OrderSign, (a: Buffer, b: Buffer) => boolean>> = {
  '<': (a, b) => Buffer.compare(a, b) < 0,
  '<=': (a, b) => Buffer.compare(a, b) <= 0,
  '>': (a, b) => Buffer.compare(a, b) > 0,
  '>=': (a, b) => Buffer.compare(a, b) >= 0,
};

/** `a < b` and its like: null where one of them is null. */
export function ordered(sign: OrderSign, a: Term, b: Term, place: Place): Term {
  const [left, right] = comparable(a, b);
  return apply(place, BOOL, [left, right], left.type.name === 'bytes' ? BYTES[sign] : ORDERS[sign]);
}

/** `a == b`: never null; null is equal to null and to nothing else. */
export function equal(a: Term, b: Term, isWanted: boolean, place: Place): Term {
  const [left, right] = comparable(a, b);
  const term = { type: BOOL, nullable: false, start: place.start, end: place.end };
  const bytes = sameBytes(left, right) ?? sameBytes(right, left);
  if (bytes !== undefined) return { ...term, evaluate: (row) => bytes(row) === isWanted };
  const test = sameness(left, right);
  const [first, second] = [left.evaluate, right.evaluate];
  const evaluate: Evaluate = (row) => test(first(row), second(row)) === isWanted;
  return folded({ ...term, evaluate }, [left, right]);
}

/** A text of the source that is compared with one that is written out: byte by byte, nothing is decoded. */
function sameBytes(a: Term, b: Term): ((row: SourceRow) => boolean) | undefined {
  const { field, type } = a;
  if (field === undefined || type.name !== 'string' || typeof b.constant?.value !== 'string')
    return undefined;
  const wanted = Buffer.from(b.constant.value);
  // What is no text in UTF-8 would be compared as another one.
  if (wanted.toString() !== b.constant.value) return undefined;
  const { length } = wanted;
  return (row) => {
    const { branch, start, end, buffer } = row.stand(field);
    if (branch !== 1 || end - start !== length) return false;
    for (let i = 0; i < length; i++) if (buffer[start + i] !== wanted[i]) return false;
    return true;
  };
}

function sameness(left: Term, right: Term): (a: Value, b: Value) => boolean {
  if (left.type.name === 'bytes')
    return (a, b) => a === b || (a !== null && b !== null && (a as Buffer).equals(b as Buffer));
  if (left.type.name === right.type.name) return (a, b) => a === b;
  // A large whole number is a bigint, the double of the same size is not.
  return (a, b) => a == b;
}

/** `a in [b, c]`: as `a == b || a == c`. */
export function within(a: Term, list: readonly Term[], place: Place): Term {
  if (list.length === 0) throw new ExpressionError('The list is empty.', place);
  const [left, ...items] = unified([a, ...list], 'A list cannot be searched that holds');
  const term = { type: BOOL, nullable: false, start: place.start, end: place.end };
  const find = left!.evaluate;
  if (left!.type.name !== 'bytes' && items.every((item) => item.constant !== undefined)) {
    const values = new Set(items.map((item) => item.constant!.value));
    return folded({ ...term, evaluate: (row) => values.has(find(row)) }, [left!]);
  }
  const test = sameness(left!, left!);
  const evaluate: Evaluate = (row) => {
    const value = find(row);
    return items.some((item) => test(value, item.evaluate(row)));
  };
  return folded({ ...term, evaluate }, [left!, ...items]);
}

/** Whole numbers and doubles are compared by value; everything else must be of one type. */
function comparable(a: Term, b: Term): [Term, Term] {
  const names = [a.type.name, b.type.name];
  if (names.includes('secret')) throw new ExpressionError('A secret is not compared.', b);
  const mixed = names.includes('int') && names.includes('double');
  if (mixed && a.digits === undefined && b.digits === undefined) return [a, b];
  const [left, right] = unified([a, b], `There is no comparison of`);
  return [left!, right!];
}

/** The condition, or an error that names its type. A null that is written out is a condition too. */
export function condition(term: Term): Term {
  if (term.type.name === 'bool' || term.type.name === 'null') return term;
  throw new ExpressionError(`A condition is true or false, and this is ${typeText(term.type)}.`, term);
}
