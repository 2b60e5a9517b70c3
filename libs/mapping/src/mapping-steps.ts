import type { RowBatchBuilder } from '@sluice/connector-sdk';
import { type ErrorCode, type RowSchema, SluiceError } from '@sluice/model';
import { type Cast, compileCast } from './cast.ts';
import { keepsBytes } from './cast-type.ts';
import { encodeConstant } from './constant.ts';
import { compileExpression, failureText } from './expression/compile.ts';
import { encoder, resultColumn } from './expression/result.ts';
import { ExpressionError, RowFailure, type Scope, type Term, type Value } from './expression/term.ts';
import { ComputedValue } from './field-value.ts';
import { typeOf } from './judgement.ts';
import type { ResolvedField } from './resolved-field.ts';
import type { Run } from './row-permutation.ts';
import type { SourceRow } from './source-row.ts';

/** Why a record cannot be mapped. */
export interface Failure {
  readonly code: ErrorCode;
  readonly column?: string;
  readonly reason: string;
}

/** Appends one field; answers why it cannot, or nothing. */
type Append = (row: SourceRow, builder: RowBatchBuilder) => Failure | void;

/** One part of an output row: neighbouring source fields as they stand, or a field that is made. */
export type Step = ({ readonly kind: 'copy' } & Run) | { readonly kind: 'make'; readonly append: Append };

/** Appends a value (not null); answers why it cannot, in words that follow "the value ...". */
type Put = (builder: RowBatchBuilder, value: NonNullable<Value>) => string | void;

/**
 * The steps that make an output row.
 * @param source the rows' schema as the fields see it
 * @param replaced columns that transformers make a text of
 * Throws SLUICE_MAP_IMPOSSIBLE or SLUICE_MAP_EXPRESSION.
 */
export function compileSteps(
  fields: readonly ResolvedField[],
  source: RowSchema,
  replaced: ReadonlySet<number>,
  scope: Scope,
): Step[] {
  const joined: Step[] = [];
  for (const field of fields) {
    const step = stepOf(field, source, replaced, scope);
    const before = joined.at(-1);
    if (step.kind === 'copy' && before?.kind === 'copy' && before.last + 1 === step.first)
      joined[joined.length - 1] = { ...before, last: step.last };
    else joined.push(step);
  }
  return joined;
}

function stepOf(field: ResolvedField, source: RowSchema, replaced: ReadonlySet<number>, scope: Scope): Step {
  if (field.expression !== undefined) return make(computed(field, field.expression, scope));
  if (field.from === undefined) return make(constant(field));
  const index = source.columns.findIndex((column) => column.name === field.from);
  const column = source.columns[index];
  if (column === undefined) throw impossible(field, `the rows have no column ${field.from}`);
  const isKept = field.cast === undefined || keepsBytes(column, field.cast);
  if (replaced.has(index)) {
    const put = isKept
      ? (builder: RowBatchBuilder, value: Value) => builder.string(value as string)
      : castPut(compiledCast(field, column));
    return make((row, builder) => {
      const text = row.replaced[index]!;
      return text === null ? builder.nul() : refused(field, put(builder, text));
    });
  }
  if (isKept) return { kind: 'copy', first: index, last: index };
  const cast = compiledCast(field, column);
  return make((row, builder) => {
    const value = row.stand(index);
    return value.isNull ? builder.nul() : refused(field, cast(value, builder));
  });
}

const make = (append: Append): Step => ({ kind: 'make', append });

function refused(field: ResolvedField, reason: string | void): Failure | void {
  if (typeof reason !== 'string') return undefined;
  const what = field.from === undefined ? `Expression of ${field.to}` : `Column ${field.from}`;
  return { code: 'SLUICE_MAP_CAST', column: field.to, reason: `${what}: the value ${reason}.` };
}

function constant(field: ResolvedField): Append {
  const encoded = encodeConstant(field.constant ?? null, field.cast ?? typeOf(field.column));
  if ('reason' in encoded) throw impossible(field, `the constant ${encoded.reason}`);
  const { bytes } = encoded;
  return (_, builder) => builder.raw(bytes, 0, bytes.length);
}

function computed(field: ResolvedField, expression: string, scope: Scope): Append {
  const term = compiledTerm(field, expression, scope);
  const { evaluate } = term;
  const put = putOf(field, term);
  return (row, builder) => {
    let value: Value;
    try {
      value = evaluate(row);
    } catch (error) {
      if (!(error instanceof RowFailure)) throw error;
      const reason = `Expression of ${field.to}: ${failureText(expression, error)}.`;
      return { code: 'SLUICE_MAP_EVALUATE', column: field.to, reason };
    }
    return value === null ? builder.nul() : refused(field, put(builder, value));
  };
}

function compiledTerm(field: ResolvedField, expression: string, scope: Scope): Term {
  try {
    return compileExpression(expression, scope);
  } catch (error) {
    throw error instanceof ExpressionError
      ? unusable(error, `Expression of ${field.to}`, field.pointer)
      : error;
  }
}

function putOf(field: ResolvedField, term: Term): Put {
  const column = resultColumn(field.to, term);
  if (field.cast === undefined || keepsBytes(column, field.cast)) return encoder(term.type);
  return castPut(compiledCast(field, column));
}

function castPut(cast: Cast): Put {
  const holder = new ComputedValue();
  return (builder, value) => cast(holder.set(value), builder);
}

function compiledCast(field: ResolvedField, column: ResolvedField['column']): Cast {
  const cast = compileCast(column, field.cast!);
  if (cast === undefined) throw impossible(field, `no ${column.kind} is a ${field.cast!.kind}`);
  return cast;
}

function impossible(field: ResolvedField, why: string): SluiceError {
  return new SluiceError('SLUICE_MAP_IMPOSSIBLE', {
    detail: `Field ${field.to} cannot be mapped: ${why}.`,
    place: field.pointer,
  });
}

/** An expression that was checked against other columns than the rows have. */
export function unusable(error: ExpressionError, what: string, place: string): SluiceError {
  return new SluiceError('SLUICE_MAP_EXPRESSION', {
    detail: `${what}: ${error.message}`,
    place,
    cause: error,
  });
}
