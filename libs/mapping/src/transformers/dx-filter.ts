import type { Column } from '@sluice/model';
import type { FieldValue } from '../field-value.ts';
import type { Integer } from '../integer.ts';
import { regularExpression } from '../regular-expression.ts';
import { dataxMillis, dataxText, dataxType, type DataxType } from './column-text.ts';
import { TransformFailure } from './dx-text.ts';

/** Whether a row is dropped; the value is null, a text that a transformer made, or a field of the source. */
export type RowTest = (value: null | string | FieldValue) => boolean;

type Comparable = Integer | string;

/** Which values are dropped, and what of a null; a null equals only the value that is called null. */
const TESTS: Readonly<Record<string, (a: Comparable, b: Comparable) => boolean>> = {
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '=': (a, b) => a === b,
  '==': (a, b) => a === b,
  '!=': (a, b) => a !== b,
};

/** dx_filter: the rows that match are dropped. A text says what is wrong with its parameters. */
export function rowTest(column: Column, isText: boolean, paras: readonly string[]): RowTest | string {
  const [sign = '', operand] = paras;
  if (paras.length !== 2 || operand === undefined) return 'takes a comparison and a value';
  const code = sign.toLowerCase();
  if (code === 'like' || code === 'not like') return likeTest(column, code === 'like', operand);
  const test = TESTS[code];
  if (test === undefined) return `knows no ${sign}: like, not like, >, >=, <, <=, =, ==, !=`;
  const isNull = operand.toLowerCase() === 'null';
  const ofNull = code === '!=' ? !isNull : (code === '=' || code === '==') && isNull;
  const type = isText ? 'STRING' : dataxType(column);
  const read = valueOf(column, type);
  const other = operandOf(operand, type);
  return (value) => {
    if (value === null) return ofNull;
    if (other === undefined) throw new TransformFailure(`compares a ${type} with a value that is none`);
    return test(typeof value === 'string' ? value : read(value), other);
  };
}

function valueOf(column: Column, type: DataxType): (value: FieldValue) => Comparable {
  const text = dataxText(column);
  if (type === 'LONG') return (value) => numberOf(value.longBigint());
  if (type === 'DOUBLE') return (value) => double(text(value));
  if (type === 'DATE')
    return (value) => {
      if (value.branch === 2) throw new TransformFailure('compares a date that is none');
      return dataxMillis(column, value);
    };
  return text;
}

/** A value beyond its type, such as NaN, is what Java makes of its text. */
function double(text: string): number {
  return text === 'NaN' ? Number.NaN : Number(text.replace(/^(-?)infinity$/i, '$1Infinity'));
}

function operandOf(text: string, type: DataxType): Comparable | undefined {
  if (type === 'LONG' || type === 'DATE') {
    if (!/^[+-]?\d{1,19}$/.test(text)) return undefined;
    const value = BigInt(text.replace('+', ''));
    return BigInt.asIntN(64, value) === value ? numberOf(value) : undefined;
  }
  if (type !== 'DOUBLE') return text;
  return /^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?[dDfF]?\s*$/.test(text)
    ? Number.parseFloat(text)
    : undefined;
}

const numberOf = (value: bigint): Integer =>
  value >= -9007199254740991n && value <= 9007199254740991n ? Number(value) : value;

/** The whole text must match; null is kept by `like` and dropped by `not like`. */
function likeTest(column: Column, isLike: boolean, pattern: string): RowTest | string {
  const expression = regularExpression(pattern);
  if (typeof expression === 'string') return `has a pattern that is none of RE2 (${expression})`;
  const text = dataxText(column);
  return (value) => {
    if (value === null) return !isLike;
    return expression.matches(typeof value === 'string' ? value : text(value)) === isLike;
  };
}
