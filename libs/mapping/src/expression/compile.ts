import type { ASTNode } from '@marcbachmann/cel-js';
import type { Scalar } from '@sluice/model';
import { nearestOf } from '../column-lookup.ts';
import { arithmetic, negated } from './arithmetic.ts';
import { equal, ordered, within } from './comparison.ts';
import { FUNCTIONS } from './functions/index.ts';
import { both, choice, inverse } from './logic.ts';
import { placeText } from './place-text.ts';
import { interpolate, sourceText } from './source-text.ts';
import { MAX_DEPTH, parseExpression } from './syntax.ts';
import {
  BOOL,
  BYTES,
  constantTerm,
  DOUBLE,
  ExpressionError,
  type ExpressionType,
  INT,
  type Place,
  type RowFailure,
  type Scope,
  type ScopeColumn,
  STRING,
  type Term,
} from './term.ts';
import { fitsInt64, integer } from '../integer.ts';

const NULL: ExpressionType = { name: 'null' };

/**
 * Checks an expression against what it may refer to and makes closures of it: no code is generated, no name is looked up while rows
 * go by. Throws ExpressionError with the place and, for names, the nearest known one.
 */
export function compileExpression(expression: string, scope: Scope): Term {
  const { text, parameters } = sourceText(expression);
  return new Compiler(expression, scope, parameters).term(parseExpression(text), 0);
}

class Compiler {
  readonly #expression: string;
  readonly #scope: Scope;
  readonly #parameters: ReadonlyMap<number, string>;

  constructor(expression: string, scope: Scope, parameters: ReadonlyMap<number, string>) {
    this.#expression = expression;
    this.#scope = scope;
    this.#parameters = parameters;
  }

  term(node: ASTNode, depth: number): Term {
    if (depth > MAX_DEPTH)
      throw new ExpressionError(
        `More than ${MAX_DEPTH} parts of the expression are within each other.`,
        node,
      );
    const inner = (child: ASTNode): Term => this.term(child, depth + 1);
    switch (node.op) {
      case 'value':
        return this.#literal(node.args, node);
      case 'id':
        return this.#name(node.args, node);
      case '.':
        return this.#field(node.args[0], node.args[1], node);
      case '[]':
        return this.#element(node.args[0], node.args[1], node);
      case '!_':
        return inverse(inner(node.args), node);
      case '-_':
        // The least whole number has no positive twin.
        if (node.args.op === 'value' && typeof node.args.args === 'bigint')
          return this.#literal(-node.args.args, node);
        return negated(inner(node.args), node);
      case '&&':
      case '||':
        return both(inner(node.args[0]), inner(node.args[1]), node.op === '||', node);
      case '?:':
        return choice(inner(node.args[0]), inner(node.args[1]), inner(node.args[2]), node);
      case '==':
      case '!=':
        return equal(inner(node.args[0]), inner(node.args[1]), node.op === '==', node);
      case '<':
      case '<=':
      case '>':
      case '>=':
        return ordered(node.op, inner(node.args[0]), inner(node.args[1]), node);
      case '+':
      case '-':
      case '*':
      case '/':
      case '%':
        return arithmetic(node.op, inner(node.args[0]), inner(node.args[1]), node);
      case 'in':
        return this.#in(inner(node.args[0]), node.args[1], inner, node);
      case 'call':
        return this.#call(node.args[0], node.args[1], inner, node);
      case 'rcall':
        return this.#call(node.args[0], [node.args[1], ...node.args[2]], inner, node);
      default:
        throw new ExpressionError('Lists and maps can only be searched: x in [a, b].', node);
    }
  }

  #literal(value: unknown, place: Place): Term {
    if (value === null) return constantTerm(NULL, null, place);
    if (typeof value === 'boolean') return constantTerm(BOOL, value, place);
    if (typeof value === 'string')
      return constantTerm(
        STRING,
        interpolate(value, (name) => this.#textOf(name, place)),
        place,
      );
    if (typeof value === 'bigint') {
      if (!fitsInt64(value)) throw new ExpressionError('The whole number is beyond 64 bits.', place);
      return constantTerm(INT, integer(value), place);
    }
    if (typeof value === 'number')
      return {
        ...constantTerm(DOUBLE, value, place),
        digits: this.#expression.slice(place.start, place.end),
      };
    if (value instanceof Uint8Array) return constantTerm(BYTES, Buffer.from(value), place);
    throw new ExpressionError('Whole numbers have no u at their end here.', place);
  }

  #name(name: string, place: Place): Term {
    const parameter = this.#parameters.get(place.start);
    if (parameter !== undefined) return scalarTerm(this.#parameter(parameter, place), place);
    return this.#column(name, place);
  }

  #parameter(name: string, place: Place): Scalar {
    const { parameters } = this.#scope;
    if (Object.hasOwn(parameters, name)) return parameters[name]!;
    const near = nearestOf(Object.keys(parameters), name);
    throw new ExpressionError(
      `There is no parameter ${name}${near === undefined ? '; declare it in /parameters.' : `; did you mean ${near}?`}`,
      place,
      near,
    );
  }

  #textOf(name: string, place: Place): string {
    const value = this.#parameter(name, place);
    return value === null ? '' : String(value);
  }

  #column(name: string, place: Place): Term {
    const { columns } = this.#scope;
    const column = findByName(columns, name);
    if (column !== undefined) return columnTerm(column, place);
    const near = nearestOf(
      columns.map((known) => known.name),
      name,
    );
    const meant = near === undefined || /^[A-Za-z_]\w*$/.test(near) ? near : `row["${near}"]`;
    throw new ExpressionError(
      `There is no column ${name}${meant === undefined ? '' : `; did you mean ${meant}?`}${meant === undefined ? '.' : ''}`,
      place,
      near,
    );
  }

  /** `row.name`, for symmetry with `row["name"]`. */
  #field(left: ASTNode, name: string, place: Place): Term {
    if (left.op === 'id' && left.args === 'row') return this.#column(name, place);
    throw new ExpressionError(`Values have no fields; .${name} would be a function: .${name}().`, place);
  }

  #element(left: ASTNode, index: ASTNode, place: Place): Term {
    if (left.op === 'id' && left.args === 'row' && index.op === 'value' && typeof index.args === 'string')
      return this.#column(index.args, place);
    throw new ExpressionError('Only row["column"] is written with brackets.', place);
  }

  #in(left: Term, list: ASTNode, inner: (node: ASTNode) => Term, place: Place): Term {
    if (list.op === 'list') return within(left, list.args.map(inner), place);
    throw new ExpressionError(
      'Behind in there is a list: x in [a, b]. For parts of a text there is contains().',
      list,
    );
  }

  #call(name: string, args: readonly ASTNode[], inner: (node: ASTNode) => Term, place: Place): Term {
    const known = Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined;
    if (known === undefined) throw unknownFunction(name, place);
    if (args.length < known.least || args.length > known.most)
      throw new ExpressionError(`It is written ${known.usage}.`, place);
    return known.build(args.map(inner), {
      start: place.start,
      end: place.end,
      usage: known.usage,
      scope: this.#scope,
    });
  }
}

/** What CEL itself has for lists, and runs in loops. */
const LOOPS: ReadonlySet<string> = new Set(['all', 'exists', 'exists_one', 'map', 'filter', 'bind']);
/** Functions as other languages call them. */
const KNOWN_AS: Readonly<Record<string, string>> = {
  substr: 'substring',
  mid: 'substring',
  length: 'size',
  len: 'size',
  tolower: 'lower',
  tolowercase: 'lower',
  toupper: 'upper',
  touppercase: 'upper',
  ifnull: 'coalesce',
  nvl: 'coalesce',
  isnull: 'has',
  now: 'runTime',
  current_timestamp: 'runTime',
  to_date: 'date',
  to_char: 'format',
  date_format: 'format',
  cast: 'int',
  tostring: 'string',
  str: 'string',
  split: 'splitPart',
  split_part: 'splitPart',
  regexp_replace: 'regexReplace',
  lpad: 'padLeft',
  rpad: 'padRight',
  date_trunc: 'truncate',
  datediff: 'daysBetween',
};

function unknownFunction(name: string, place: Place): ExpressionError {
  if (LOOPS.has(name)) return new ExpressionError(`There is no ${name}: expressions have no loops.`, place);
  const near = KNOWN_AS[name.toLowerCase()] ?? nearestOf(Object.keys(FUNCTIONS), name);
  const meant = near === undefined ? '.' : `; did you mean ${near}?`;
  return new ExpressionError(`There is no function ${name}${meant}`, place, near);
}

function findByName(columns: readonly ScopeColumn[], name: string): ScopeColumn | undefined {
  const exact = columns.find((column) => column.name === name);
  if (exact !== undefined) return exact;
  const folded = name.toLowerCase();
  const alike = columns.filter((column) => column.name.toLowerCase() === folded);
  return alike.length === 1 ? alike[0] : undefined;
}

function columnTerm(column: ScopeColumn, { start, end }: Place): Term {
  const { type, nullable, evaluate, field } = column;
  return { type, nullable, evaluate, start, end, ...(field === undefined ? {} : { field }) };
}

/** A value of the task document as a term: a number with a fraction is a decimal where one is needed. */
export function scalarTerm(value: Scalar, place: Place): Term {
  if (value === null) return constantTerm(NULL, null, place);
  if (typeof value === 'boolean') return constantTerm(BOOL, value, place);
  if (typeof value === 'string') return constantTerm(STRING, value, place);
  if (Number.isSafeInteger(value)) return constantTerm(INT, value + 0, place);
  return { ...constantTerm(DOUBLE, value, place), digits: String(value) };
}

/** A failure with the part of the expression that it is about; a column is named by its own message. */
export function failureText(expression: string, failure: RowFailure): string {
  return failure.start < 0 ? failure.message : `${failure.message} ${placeText(expression, failure)}`;
}
