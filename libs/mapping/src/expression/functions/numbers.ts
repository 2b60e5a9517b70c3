import { asDecimalType, atScale, decimalType, unified, wholeDigits } from '../convert.ts';
import {
  absolute,
  floorQuotient,
  type Integer,
  negate,
  powerOfTen,
  quotient,
  roundedQuotient,
} from '../../integer.ts';
import {
  apply,
  BOOL,
  DOUBLE,
  type Evaluate,
  ExpressionError,
  folded,
  INT,
  type Term,
  type Value,
} from '../term.ts';
import { type Call, type FunctionSpec, oneOf, specify, table, wanted, written } from './signature.ts';

const NUMBERS_ONLY = ['int', 'decimal', 'double'] as const;
const MAX_ROUNDING = 100;

export const NUMBERS = table([
  specify('abs(number)', ([x], call) => {
    const number = oneOf(x!, NUMBERS_ONLY, call);
    const body = number.type.name === 'double' ? (value: number) => Math.abs(value) : absolute;
    return apply(call, number.type, [number], body);
  }),
  specify('sign(number)', ([x], call) =>
    apply(call, INT, [oneOf(x!, NUMBERS_ONLY, call)], (value: Integer) =>
      value > 0 ? 1 : value < 0 ? -1 : 0,
    ),
  ),
  specify('round(number, digits?)', ([x, count], call) => {
    const digits = written<number>(count, 0, INT, call);
    return rounding(exactOrDouble(x!, call), digits, roundedQuotient, roundAway, call);
  }),
  specify('trunc(number, digits?)', ([x, count], call) => {
    const digits = written<number>(count, 0, INT, call);
    return rounding(exactOrDouble(x!, call), digits, quotient, Math.trunc, call);
  }),
  specify('floor(number)', ([x], call) =>
    rounding(exactOrDouble(x!, call), 0, floorQuotient, Math.floor, call),
  ),
  specify('ceil(number)', ([x], call) =>
    rounding(exactOrDouble(x!, call), 0, (a, b) => negate(floorQuotient(negate(a), b)), Math.ceil, call),
  ),
  extreme('least(value, ...)', (a, b) => a < b),
  extreme('greatest(value, ...)', (a, b) => a > b),
  specify('isFinite(number)', ([x], call) =>
    apply(call, BOOL, [wanted(x!, DOUBLE, call)], (value: number) => Number.isFinite(value)),
  ),
]);

/** A number that is written out with a point is exact here. */
function exactOrDouble(term: Term, call: Call): Term {
  const number = oneOf(term, NUMBERS_ONLY, call);
  const type = number.digits === undefined ? undefined : asDecimalType(number);
  return type === undefined ? number : atScale(number, type.scale!);
}

const roundAway = (value: number): number => (value < 0 ? -Math.round(-value) : Math.round(value));

function rounding(
  x: Term,
  digits: number,
  exact: (a: Integer, b: Integer) => Integer,
  double: (value: number) => number,
  call: Call,
): Term {
  const { name, scale } = x.type;
  if (digits < 0 || digits > MAX_ROUNDING)
    throw new ExpressionError(`${call.usage} keeps 0 to ${MAX_ROUNDING} digits.`, call);
  if (name === 'int') return x;
  if (name === 'double') {
    if (digits !== 0)
      throw new ExpressionError(
        'Digits of a double cannot be kept exactly: round(decimal(x, 18, 4), 2).',
        call,
      );
    return apply(call, DOUBLE, [x], double);
  }
  if (digits >= scale!) return x;
  const divisor = powerOfTen(scale! - digits);
  return apply(call, decimalType(wholeDigits(x.type) + 1, digits, call), [x], (value: Integer) =>
    exact(value, divisor),
  );
}

/** Nulls are left out; null where all of them are. */
function extreme(usage: string, isBetter: (a: Integer, b: Integer) => boolean): FunctionSpec {
  return specify(usage, (args, call) => {
    const terms = unified(args, `${call.usage} wants one type, not`);
    if (terms[0]!.type.name === 'bytes' || terms[0]!.type.name === 'secret')
      throw new ExpressionError(`${call.usage} does not order ${terms[0]!.type.name}.`, call);
    const evaluate: Evaluate = (row) => {
      let best: Value = null;
      for (const term of terms) {
        const value = term.evaluate(row);
        if (value !== null && (best === null || isBetter(value as Integer, best as Integer))) best = value;
      }
      return best;
    };
    const nullable = terms.every((term) => term.nullable);
    return folded({ type: terms[0]!.type, nullable, evaluate, start: call.start, end: call.end }, terms);
  });
}
