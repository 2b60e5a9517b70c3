import { adapted } from '../convert.ts';
import {
  apply,
  type Body,
  constantTerm,
  ExpressionError,
  type ExpressionType,
  type Place,
  type Scope,
  type Term,
  type TypeName,
  typeText,
  type Value,
} from '../term.ts';

/** One call in an expression. */
export interface Call extends Place {
  readonly usage: string;
  readonly scope: Scope;
}

/** A function of expressions; called as `f(x, y)` or `x.f(y)`. */
export interface FunctionSpec {
  /** As the manual writes it: `mask(text, first, last, sign?)`. */
  readonly usage: string;
  readonly least: number;
  readonly most: number;
  /** Throws ExpressionError. */
  readonly build: (args: readonly Term[], call: Call) => Term;
}

export type FunctionTable = Readonly<Record<string, FunctionSpec>>;

/** `f(a, b?)` with what it makes of checked arguments. */
export function specify(usage: string, build: FunctionSpec['build']): FunctionSpec {
  const args = usage
    .slice(usage.indexOf('(') + 1, -1)
    .split(', ')
    .filter(Boolean);
  const isOpen = args.at(-1) === '...';
  const required = args.filter((arg) => arg !== '...' && !arg.endsWith('?')).length;
  return { usage, least: required, most: isOpen ? Infinity : args.length, build };
}

/** Functions by their names. */
export function table(specs: readonly FunctionSpec[]): FunctionTable {
  return Object.fromEntries(specs.map((spec) => [spec.usage.slice(0, spec.usage.indexOf('(')), spec]));
}

/** A function whose arguments have one type each, and that is null where one of them is. */
export function plain(
  usage: string,
  types: readonly ExpressionType[],
  result: ExpressionType,
  body: (...values: never[]) => Value,
): FunctionSpec {
  return specify(usage, (args, call) =>
    apply(
      call,
      result,
      args.map((arg, index) => wanted(arg, types[index]!, call)),
      body as Body,
    ),
  );
}

/** An argument as a value of this type. Throws ExpressionError that says how the function is written. */
export function wanted(arg: Term, type: ExpressionType, call: Call): Term {
  const fit = adapted(arg, type);
  if (fit !== undefined) return fit;
  const more = type.name === 'string' ? '; write string(x)' : '';
  throw new ExpressionError(
    `${call.usage} wants ${typeText(type)} here, and this is ${typeText(arg.type)}${more}.`,
    arg,
  );
}

/** An argument of one of some types; a null that is written out is one of the first. */
export function oneOf(arg: Term, names: readonly TypeName[], call: Call): Term {
  if (names.includes(arg.type.name)) return arg;
  if (arg.type.name === 'null') return constantTerm({ name: names[0]! }, null, arg);
  throw new ExpressionError(
    `${call.usage} wants ${names.join(' or ')} here, and this is ${typeText(arg.type)}.`,
    arg,
  );
}

/** An argument that must be written out, as it decides about types or is compiled. */
export function written<T extends Value>(
  arg: Term | undefined,
  absent: T,
  type: ExpressionType,
  call: Call,
): T {
  if (arg === undefined) return absent;
  const fit = wanted(arg, type, call).constant;
  if (fit === undefined || fit.value === null)
    throw new ExpressionError(`${call.usage} wants this written out, not computed from the row.`, arg);
  return fit.value as T;
}
