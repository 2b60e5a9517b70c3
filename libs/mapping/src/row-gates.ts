import { type RowSchema, SluiceError } from '@sluice/model';
import { condition } from './expression/comparison.ts';
import { compileExpression, failureText } from './expression/compile.ts';
import { ExpressionError, RowFailure, type Scope, type Term } from './expression/term.ts';
import { type Failure, unusable } from './mapping-steps.ts';
import type { SourceRow } from './source-row.ts';
import { TransformFailure } from './transformers/dx-text.ts';
import { compileTransformer, type ResolvedTransformer, type Transform } from './transformers/transformer.ts';

/** What a row passes before its fields are made: true when it does, false when it is filtered, or why it is dirty. */
export type Gate = (row: SourceRow) => boolean | Failure;

export function filterGate(filter: string, scope: Scope): Gate {
  const { evaluate } = compiledFilter(filter, scope);
  return (row) => {
    try {
      return evaluate(row) === true;
    } catch (error) {
      if (!(error instanceof RowFailure)) throw error;
      return { code: 'SLUICE_MAP_EVALUATE', reason: `Filter: ${failureText(filter, error)}.` };
    }
  };
}

function compiledFilter(filter: string, scope: Scope): Term {
  try {
    return condition(compileExpression(filter, scope));
  } catch (error) {
    throw error instanceof ExpressionError ? unusable(error, 'Filter', '/filter') : error;
  }
}

/** @param replaced columns that transformers have made a text of so far; the transformer's own is added */
export function transformerGate(
  transformer: ResolvedTransformer,
  source: RowSchema,
  replaced: Set<number>,
): Gate {
  const { name, column, pointer } = transformer;
  const transform: Transform | string = compileTransformer(transformer, source, replaced);
  if (typeof transform === 'string')
    throw new SluiceError('SLUICE_MAP_TRANSFORMER', { detail: `${name} ${transform}.`, place: pointer });
  return (row) => {
    try {
      return transform(row);
    } catch (error) {
      if (!(error instanceof TransformFailure)) throw error;
      return { code: 'SLUICE_MAP_TRANSFORM', column, reason: `Column ${column}: ${name} ${error.message}.` };
    }
  };
}
