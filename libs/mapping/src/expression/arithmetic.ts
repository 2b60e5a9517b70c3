import { adapted, asDecimalType, atScale, decimalType, remedy, wholeDigits } from './convert.ts';
import {
  add,
  fitsInt64,
  type Integer,
  multiply,
  negate,
  powerOfTen,
  quotient,
  remainder,
  roundedQuotient,
  subtract,
} from '../integer.ts';
import {
  apply,
  BYTES,
  DOUBLE,
  DURATION,
  ExpressionError,
  type ExpressionType,
  INT,
  type Place,
  RowFailure,
  STRING,
  type Term,
  TIMESTAMP,
  TIMESTAMPTZ,
  typeText,
} from './term.ts';

export type ArithmeticSign = '+' | '-' | '*' | '/' | '%';

/** Longest text or bytes that an expression makes, in characters or bytes. */
export const MAX_TEXT = 1024 * 1024;
/** Digits behind the point that a quotient of decimals has at least. */
const QUOTIENT_SCALE = 6;
const MAX_SCALE_OF_QUOTIENT = 100;

const WHOLE: Readonly<Record<ArithmeticSign, (a: Integer, b: Integer) => Integer>> = {
  '+': add,
  '-': subtract,
  '*': multiply,
  '/': quotient,
  '%': remainder,
};

/** `a + b` and its like. Throws ExpressionError where the types do not go together. */
export function arithmetic(sign: ArithmeticSign, a: Term, b: Term, place: Place): Term {
  const [left, right] = known(a, b);
  const names = `${left.type.name} ${right.type.name}`;
  const found =
    names === 'int int'
      ? wholeNumbers(sign, left, right, place)
      : (doubles(sign, left, right, place) ??
        decimals(sign, left, right, place) ??
        times(sign, left, right, place));
  if (found !== undefined) return found;
  if (sign === '+' && names === 'string string') return joined(STRING, left, right, place);
  if (sign === '+' && names === 'bytes bytes') return joined(BYTES, left, right, place);
  throw new ExpressionError(
    `There is no ${typeText(a.type)} ${sign} ${typeText(b.type)}.${remedy(a, b) || hint(a, b)}`,
    place,
  );
}

/** A null that is written out takes the other's type. */
function known(a: Term, b: Term): [Term, Term] {
  return [adaptNull(a, b), adaptNull(b, a)];
}

function adaptNull(term: Term, other: Term): Term {
  return term.type.name === 'null' ? (adapted(term, other.type) ?? term) : term;
}

function hint(a: Term, b: Term): string {
  const isTime = [a, b].some(({ type }) => type.name.startsWith('timestamp') || type.name === 'date');
  return isTime ? " A duration is added: duration('1h30m'), or days by addDays(x, 1)." : '';
}

function wholeNumbers(sign: ArithmeticSign, a: Term, b: Term, place: Place): Term {
  const compute = WHOLE[sign];
  const divides = sign === '/' || sign === '%';
  return apply(place, INT, [a, b], (x: Integer, y: Integer) => {
    if (divides && y === 0) throw new RowFailure('division by zero', place);
    const value = compute(x, y);
    if (!fitsInt64(value)) throw new RowFailure('the whole number is beyond 64 bits', place);
    return value;
  });
}

const DOUBLES: Readonly<Record<string, (a: number, b: number) => number>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
};

/** As IEEE 754 has it: a division by zero is infinite. */
function doubles(sign: ArithmeticSign, a: Term, b: Term, place: Place): Term | undefined {
  const compute = DOUBLES[sign];
  if (compute === undefined || (a.type.name !== 'double' && b.type.name !== 'double')) return undefined;
  // A number that is written with a point is a decimal where the other one is exact.
  const isExact = (term: Term): boolean =>
    term.type.name === 'decimal' || (term.type.name === 'int' && term.constant === undefined);
  if ((a.digits !== undefined && isExact(b)) || (b.digits !== undefined && isExact(a))) return undefined;
  const [left, right] = [adapted(a, DOUBLE), adapted(b, DOUBLE)];
  return left === undefined || right === undefined ? undefined : apply(place, DOUBLE, [left, right], compute);
}

function decimals(sign: ArithmeticSign, a: Term, b: Term, place: Place): Term | undefined {
  const [left, right] = [asDecimalType(a), asDecimalType(b)];
  if (left === undefined || right === undefined) return undefined;
  if (sign === '*') return product(a, b, left, right, place);
  if (sign === '/') return ratio(a, b, left, right, place);
  const scale = Math.max(left.scale!, right.scale!);
  const whole = Math.max(wholeDigits(left), wholeDigits(right));
  const args = [atScale(a, scale), atScale(b, scale)];
  const compute = WHOLE[sign];
  if (sign === '%')
    return apply(place, decimalType(whole, scale, place), args, (x: Integer, y: Integer) => {
      if (y === 0) throw new RowFailure('division by zero', place);
      return compute(x, y);
    });
  return apply(place, decimalType(whole + 1, scale, place), args, compute);
}

function product(a: Term, b: Term, left: ExpressionType, right: ExpressionType, place: Place): Term {
  const type = decimalType(wholeDigits(left) + wholeDigits(right), left.scale! + right.scale!, place);
  return apply(place, type, [atScale(a, left.scale!), atScale(b, right.scale!)], multiply);
}

/** As many digits as the finer operand has, at least 6; the last one is rounded, a half away from zero. */
function ratio(a: Term, b: Term, left: ExpressionType, right: ExpressionType, place: Place): Term {
  const scale = Math.min(MAX_SCALE_OF_QUOTIENT, Math.max(QUOTIENT_SCALE, left.scale!, right.scale!));
  const type = decimalType(wholeDigits(left) + right.scale!, scale, place);
  const shift = scale + right.scale! - left.scale!;
  const [up, down] = [powerOfTen(Math.max(0, shift)), powerOfTen(Math.max(0, -shift))];
  return apply(place, type, [atScale(a, left.scale!), atScale(b, right.scale!)], (x: Integer, y: Integer) => {
    if (y === 0) throw new RowFailure('division by zero', place);
    return roundedQuotient(multiply(x, up), multiply(y, down));
  });
}

const SPANS: Readonly<Record<string, ExpressionType>> = {
  'timestamp + duration': TIMESTAMP,
  'duration + timestamp': TIMESTAMP,
  'timestamp - duration': TIMESTAMP,
  'timestamptz + duration': TIMESTAMPTZ,
  'duration + timestamptz': TIMESTAMPTZ,
  'timestamptz - duration': TIMESTAMPTZ,
  'timestamp - timestamp': DURATION,
  'timestamptz - timestamptz': DURATION,
  'duration + duration': DURATION,
  'duration - duration': DURATION,
};

function times(sign: ArithmeticSign, a: Term, b: Term, place: Place): Term | undefined {
  const [left, right] = [widened(a), widened(b)];
  const type = SPANS[`${left.type.name} ${sign} ${right.type.name}`];
  if (type === undefined) return undefined;
  const compute = WHOLE[sign];
  return apply(place, type, [left, right], (x: Integer, y: Integer) => {
    const value = compute(x, y);
    if (!fitsInt64(value)) throw new RowFailure(`the ${type.name} is out of range`, place);
    return value;
  });
}

const widened = (term: Term): Term => (term.type.name === 'date' ? adapted(term, TIMESTAMP)! : term);

function joined(type: ExpressionType, a: Term, b: Term, place: Place): Term {
  return apply(place, type, [a, b], (x: string | Buffer, y: string | Buffer) => {
    if (x.length + y.length > MAX_TEXT) throw new RowFailure(`the result is longer than ${MAX_TEXT}`, place);
    return typeof x === 'string' ? x + (y as string) : Buffer.concat([x, y as Buffer]);
  });
}

/** `-a`. */
export function negated(term: Term, place: Place): Term {
  const { name } = term.type;
  if (name === 'double') {
    const found = apply(place, DOUBLE, [term], (value: number) => -value);
    return term.digits === undefined ? found : { ...found, digits: flipped(term.digits) };
  }
  if (name === 'int')
    return apply(place, INT, [term], (value: Integer) => {
      const found = negate(value);
      if (!fitsInt64(found)) throw new RowFailure('the whole number is beyond 64 bits', place);
      return found;
    });
  if (name === 'decimal' || name === 'duration') return apply(place, term.type, [term], negate);
  if (name === 'null') return term;
  throw new ExpressionError(`There is no -${typeText(term.type)}.`, place);
}

const flipped = (digits: string): string => (digits.startsWith('-') ? digits.slice(1) : `-${digits}`);
