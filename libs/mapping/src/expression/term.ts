import type { Scalar } from '@sluice/model';
import type { SourceRow } from '../source-row.ts';
import type { Integer } from '../integer.ts';

/**
 * Types of expressions. Their values: `bool` a boolean; `int` an Integer of 64 bits; `double` a number; `decimal` the unscaled Integer
 * at the type's scale; `string` a string; `bytes` a Buffer; `date` days since 1970; `time`, `timestamp`, `timestamptz` and `duration`
 * an Integer of microseconds. Null belongs to every type; `null` has nothing else. A `secret` can only be the key of a hash.
 */
export type TypeName =
  | 'bool'
  | 'int'
  | 'double'
  | 'decimal'
  | 'string'
  | 'bytes'
  | 'date'
  | 'time'
  | 'timestamp'
  | 'timestamptz'
  | 'duration'
  | 'null'
  | 'secret';

export interface ExpressionType {
  readonly name: TypeName;
  /** Of decimals: digits in all, and behind the point. */
  readonly precision?: number;
  readonly scale?: number;
}

export type Value = null | boolean | Integer | string | Buffer;
export type Evaluate = (row: SourceRow) => Value;

/** A part of an expression's text. */
export interface Place {
  /** Offsets into the text, `end` excluded. */
  readonly start: number;
  readonly end: number;
}

/** A checked part of an expression. */
export interface Term extends Place {
  readonly type: ExpressionType;
  /** Whether it can be null. */
  readonly nullable: boolean;
  /** Throws RowFailure. */
  readonly evaluate: Evaluate;
  /** Its value, where no row is needed. */
  readonly constant?: { readonly value: Value };
  /** Digits of a number that is written with a point: it is a double, or an exact decimal where one is needed. */
  readonly digits?: string;
  /** The column of the source that it is, untouched. */
  readonly field?: number;
}

/** What an expression may refer to. */
export interface Scope {
  readonly columns: readonly ScopeColumn[];
  readonly parameters: Readonly<Record<string, Scalar>>;
  readonly run: RunFacts;
  /** The secret of this name; undefined where there is none. */
  readonly secret: (name: string) => string | undefined;
}

/** What is fixed on a run, so that an expression gives the same whenever it is evaluated (D-8). */
export interface RunFacts {
  readonly id: string;
  /** Microseconds since 1970. */
  readonly startedAt: number;
}

export interface ScopeColumn {
  readonly name: string;
  readonly type: ExpressionType;
  readonly nullable: boolean;
  readonly evaluate: Evaluate;
  /** Its index in the source, unless a transformer has changed it. */
  readonly field?: number;
}

/** An expression that cannot be used; found before a run starts. */
export class ExpressionError extends Error {
  readonly start: number;
  readonly end: number;
  /** The name that was probably meant. */
  readonly nearest: string | undefined;

  constructor(message: string, place: Place, nearest?: string) {
    super(message);
    this.start = place.start;
    this.end = place.end;
    this.nearest = nearest;
  }
}

/** Why a row cannot be computed, in words that follow the expression's name. */
export class RowFailure extends Error {
  readonly start: number;
  readonly end: number;

  constructor(reason: string, place: Place) {
    super(reason);
    this.start = place.start;
    this.end = place.end;
  }
}

/** A field holds a value that its type cannot: infinity, NaN, a zero date. */
export class SpecialValue extends RowFailure {}

export const BOOL: ExpressionType = { name: 'bool' };
export const INT: ExpressionType = { name: 'int' };
export const DOUBLE: ExpressionType = { name: 'double' };
export const STRING: ExpressionType = { name: 'string' };
export const BYTES: ExpressionType = { name: 'bytes' };
export const DATE: ExpressionType = { name: 'date' };
export const TIME: ExpressionType = { name: 'time' };
export const TIMESTAMP: ExpressionType = { name: 'timestamp' };
export const TIMESTAMPTZ: ExpressionType = { name: 'timestamptz' };
export const DURATION: ExpressionType = { name: 'duration' };

/** The most digits of a decimal; more than any store declares. */
export const MAX_DIGITS = 1000;

export function typeText(type: ExpressionType): string {
  return type.name === 'decimal' ? `decimal(${type.precision},${type.scale})` : type.name;
}

/** A value that no row is needed for. */
export function constantTerm(type: ExpressionType, value: Value, place: Place): Term {
  const { start, end } = place;
  return { type, nullable: value === null, evaluate: () => value, constant: { value }, start, end };
}

/** What is done with the values of the arguments, none of them null; their checked types say what comes in. */
export type Body = (...values: never[]) => Value;

/**
 * A term over others that is null where one of them is. Without a row to wait for it is computed here and now; what fails then,
 * fails the expression. Throws ExpressionError.
 */
export function apply(
  place: Place,
  type: ExpressionType,
  args: readonly Term[],
  body: Body,
  options: { readonly nullable?: boolean } = {},
): Term {
  const evaluate = strict(args, body as (...values: Value[]) => Value);
  const nullable = options.nullable === true || args.some((arg) => arg.nullable);
  return folded({ type, nullable, evaluate, start: place.start, end: place.end }, args);
}

/** The term, or the constant that it is. Throws ExpressionError. */
export function folded(term: Term, args: readonly Term[]): Term {
  if (!args.every((arg) => arg.constant !== undefined)) return term;
  try {
    return constantTerm(term.type, term.evaluate(NO_ROW), term);
  } catch (error) {
    if (error instanceof RowFailure) throw new ExpressionError(sentence(error.message), error);
    throw error;
  }
}

const sentence = (reason: string): string => `${reason[0]!.toUpperCase()}${reason.slice(1)}.`;

/** Constants do not look at it. */
const NO_ROW = undefined as unknown as SourceRow;

function strict(args: readonly Term[], body: (...values: Value[]) => Value): Evaluate {
  const [first, second, third] = args.map((arg) => arg.evaluate);
  if (args.length === 1)
    return (row) => {
      const a = first!(row);
      return a === null ? null : body(a);
    };
  if (args.length === 2) {
    // The commonest form: something of the row and a constant.
    const fixed = args[1]!.constant;
    if (fixed !== undefined && fixed.value !== null) {
      const b = fixed.value;
      return (row) => {
        const a = first!(row);
        return a === null ? null : body(a, b);
      };
    }
    return (row) => {
      const a = first!(row);
      if (a === null) return null;
      const b = second!(row);
      return b === null ? null : body(a, b);
    };
  }
  if (args.length === 3)
    return (row) => {
      const a = first!(row);
      if (a === null) return null;
      const b = second!(row);
      if (b === null) return null;
      const c = third!(row);
      return c === null ? null : body(a, b, c);
    };
  return (row) => {
    const values: Value[] = [];
    for (const arg of args) {
      const value = arg.evaluate(row);
      if (value === null) return null;
      values.push(value);
    }
    return body(...values);
  };
}
