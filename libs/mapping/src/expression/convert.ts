import { parseNumber, unscaledOf } from '../number-text.ts';
import { parseDate, parseTime, parseTimestamp } from '../time-text.ts';
import { type Integer, integer, multiply, powerOfTen, toDouble } from '../integer.ts';
import {
  apply,
  constantTerm,
  DATE,
  DOUBLE,
  ExpressionError,
  type ExpressionType,
  MAX_DIGITS,
  type Place,
  type Term,
  TIME,
  TIMESTAMP,
  TIMESTAMPTZ,
  typeText,
} from './term.ts';

/** Digits in front of the point that hold every `int`. */
const INT_DIGITS = 19;

/** A decimal type; at most 1000 digits are kept in front and behind. Throws ExpressionError beyond. */
export function decimalType(whole: number, scale: number, place: Place): ExpressionType {
  if (scale > MAX_DIGITS)
    throw new ExpressionError(
      `The result would have ${scale} digits behind the point; round an operand first.`,
      place,
    );
  return { name: 'decimal', precision: Math.min(MAX_DIGITS, Math.max(1, whole + scale)), scale };
}

/** Digits in front of the point. */
export function wholeDigits({ precision, scale }: ExpressionType): number {
  return precision! - scale!;
}

/** The decimal type that holds a term's values as they are: of decimals, ints and numbers that are written out. */
export function asDecimalType(term: Term): ExpressionType | undefined {
  if (term.type.name === 'decimal') return term.type;
  if (term.type.name === 'int') return { name: 'decimal', precision: INT_DIGITS, scale: 0 };
  const parts = term.digits === undefined ? undefined : parseNumber(term.digits);
  if (parts === undefined || Math.abs(parts.exponent) > 100) return undefined;
  const scale = Math.max(0, -parts.exponent);
  return {
    name: 'decimal',
    precision: Math.max(1, scale, parts.digits.length + parts.exponent + scale),
    scale,
  };
}

/** The term at another scale, not a smaller one. */
export function atScale(term: Term, scale: number): Term {
  const own = asDecimalType(term)!;
  const type = decimalType(wholeDigits(own), scale, term);
  if (term.type.name === 'double') {
    const unscaled = unscaledOf(parseNumber(term.digits!)!, MAX_DIGITS * 2, scale)!;
    return constantTerm(type, integer(unscaled), term);
  }
  if (own.scale === scale) return term.type.name === 'decimal' ? term : { ...term, type };
  const factor = powerOfTen(scale - own.scale!);
  return apply(term, type, [term], (value: Integer) => multiply(value, factor));
}

/**
 * The term as a value of another type where that changes no value: null, numbers that are written out, whole numbers, dates as
 * timestamps, and texts that are written out where a date or time is wanted. Undefined where it would not be the same.
 * Throws ExpressionError for a text that is no such date.
 */
export function adapted(term: Term, type: ExpressionType): Term | undefined {
  const { name } = term.type;
  if (name === 'null') return { ...constantTerm(type, null, term) };
  if (name === type.name && name !== 'decimal') return term;
  if (type.name === 'decimal') {
    const own = asDecimalType(term);
    return own === undefined || own.scale! > type.scale! ? undefined : atScale(term, type.scale!);
  }
  if (type.name === 'double') return asDouble(term);
  if (type.name === 'timestamp' && name === 'date')
    return apply(term, TIMESTAMP, [term], (days: number) => multiply(days, 86_400_000_000));
  if (name === 'string' && term.constant !== undefined) return writtenTime(term, type);
  return undefined;
}

function asDouble(term: Term): Term | undefined {
  if (term.type.name !== 'int' || term.constant === undefined || term.constant.value === null)
    return undefined;
  const value = term.constant.value as Integer;
  return typeof value === 'number' ? constantTerm(DOUBLE, toDouble(value), term) : undefined;
}

function writtenTime(term: Term, type: ExpressionType): Term | undefined {
  const text = term.constant!.value;
  if (![DATE, TIME, TIMESTAMP, TIMESTAMPTZ].some(({ name }) => name === type.name)) return undefined;
  if (text === null) return constantTerm(type, null, term);
  const value = timeOfText(String(text), type);
  if (value !== undefined) return constantTerm(type, value, term);
  throw new ExpressionError(
    `The text is no ${type.name}: write ${EXAMPLES[type.name]}, or give its format, as in ${type.name}(text, 'yyyyMMdd').`,
    term,
  );
}

const EXAMPLES: Readonly<Record<string, string>> = {
  date: "'2024-01-31'",
  time: "'23:59:59'",
  timestamp: "'2024-01-31 23:59:59'",
  timestamptz: "'2024-01-31 23:59:59Z'",
};

/** A text in ISO form as a date or time; undefined when it is none. A zone belongs to `timestamptz` alone and is UTC by default. */
export function timeOfText(text: string, { name }: ExpressionType): Integer | undefined {
  if (name === 'date') return parseDate(text);
  if (name === 'time') return parseTime(text);
  const found = parseTimestamp(text);
  if (found === undefined || (found.zoned && name === 'timestamp')) return undefined;
  return integer(found.micros);
}

/**
 * Terms brought to the one type that holds all of them, for branches, lists and comparisons. Throws ExpressionError where there is
 * none, with what to write.
 */
export function unified(terms: readonly Term[], what: string): Term[] {
  const known = terms.filter(({ type }) => type.name !== 'null');
  const type = commonType(known.length > 0 ? known : terms);
  const first = known[0] ?? terms[0]!;
  if (type === undefined) throw differing(first, terms.find((term) => !agrees(first, term)) ?? first, what);
  return terms.map((term) => {
    const fit = adapted(term, type);
    if (fit === undefined) throw differing(first, term, what);
    return fit;
  });
}

function agrees(first: Term, term: Term): boolean {
  return term.type.name === 'null' || commonType([first, term]) !== undefined;
}

function commonType(terms: readonly Term[]): ExpressionType | undefined {
  // What is written out follows what is not.
  const fixed = terms.filter((term) => term.constant === undefined || !isLoose(term));
  const deciding = fixed.length > 0 ? fixed : terms;
  const names = new Set(deciding.map(({ type }) => type.name));
  const all = new Set(terms.map(({ type }) => type.name));
  if (all.has('decimal') || (fixed.length > 0 && names.has('int') && all.has('double'))) {
    const types = terms.map(asDecimalType);
    if (types.every((type) => type !== undefined)) {
      const scale = Math.max(...types.map((type) => type.scale!));
      return decimalType(Math.max(...types.map(wholeDigits)), scale, terms[0]!);
    }
    return undefined;
  }
  if (names.size === 1) return deciding[0]!.type;
  if (names.size === 2 && names.has('date') && names.has('timestamp')) return TIMESTAMP;
  return names.size === 2 && names.has('int') && names.has('double') ? DOUBLE : undefined;
}

/** A number or text that is written out, which takes another type where one is wanted. */
function isLoose(term: Term): boolean {
  return term.digits !== undefined || term.type.name === 'int' || term.type.name === 'string';
}

function differing(a: Term, b: Term, what: string): ExpressionError {
  const [left, right] = [typeText(a.type), typeText(b.type)];
  return new ExpressionError(`${what} ${left} and ${right}.${remedy(a, b)}`, b);
}

/** What to write where two types do not meet. */
export function remedy(a: Term, b: Term): string {
  const names = [a.type.name, b.type.name];
  if (names.includes('decimal') && names.includes('double'))
    return ' A double is not exact: write double(x) of the decimal, or decimal(x, 18, 2) of the double.';
  if (names.includes('int') && names.includes('double')) return ' Write double(x) of the whole number.';
  if (
    names.includes('string') &&
    names.some((name) => name === 'int' || name === 'double' || name === 'decimal')
  )
    return ' Convert one of them: string(x), int(x) or decimal(x, 18, 2).';
  if (names.includes('timestamptz') && (names.includes('timestamp') || names.includes('date')))
    return " Say whose clock: timestamptz(x, 'UTC') of the time without zone, or timestamp(x, 'UTC') of the other.";
  if (names.includes('string')) return ' Convert the text, or the other by string(x).';
  return '';
}
