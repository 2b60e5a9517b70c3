import type { Column, RowSchema, Scalar } from '@sluice/model';
import { build, type RawField } from '@sluice/wire/row-arbitrary';
import { parseCast, columnType } from '../cast-type.ts';
import { SourceRow } from '../source-row.ts';
import { scopeColumns } from './column-term.ts';
import { compileExpression } from './compile.ts';
import { ExpressionError, RowFailure, type Scope, type Term, typeText } from './term.ts';

/** Columns by name, each as `type` or `type not null`, with the raw value that the row has. */
export type Fields = Readonly<Record<string, readonly [type: string, value: unknown]>>;

/** What comes of an expression: its type and value, that it is refused, or that the row is dirty. */
export type Outcome =
  | { readonly type: string; readonly value: unknown }
  | { readonly refused: string; readonly at: number; readonly nearest?: string }
  | { readonly dirty: string };

export function schemaOf(fields: Fields): RowSchema {
  const columns = Object.entries(fields).map(([name, [type]]): Column => {
    const cast = parseCast(type.replace(' not null', ''));
    if (cast === undefined) throw new Error(`no type ${type}`);
    return { name, ...columnType(cast), nullable: !type.endsWith(' not null') };
  });
  return { name: 't', key: [], columns };
}

export function rowOf(fields: Fields): SourceRow {
  const schema = schemaOf(fields);
  const raw = Object.values(fields).map(([, value]): RawField => {
    if (value === null) return null;
    return typeof value === 'object' && 'text' in value ? (value as { text: string }) : { value };
  });
  const row = new SourceRow(schema, build(schema, [raw]));
  row.read();
  return row;
}

export function scopeFor(schema: RowSchema, parameters: Readonly<Record<string, Scalar>> = {}): Scope {
  return {
    columns: scopeColumns(schema, new Set()),
    parameters,
    run: { id: 'run-1', startedAt: 1_700_000_000_000_000 },
    secret: (name) => (name === 'pii' ? 'a key of the workspace' : undefined),
  };
}

export function evaluated(
  expression: string,
  fields: Fields = {},
  parameters: Record<string, Scalar> = {},
): Outcome {
  let term: Term;
  try {
    term = compileExpression(expression, scopeFor(schemaOf(fields), parameters));
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    const { message, start, nearest } = error;
    return { refused: message, at: start, ...(nearest === undefined ? {} : { nearest }) };
  }
  try {
    const value = term.evaluate(Object.keys(fields).length === 0 ? (undefined as never) : rowOf(fields));
    return { type: typeText(term.type), value };
  } catch (error) {
    if (!(error instanceof RowFailure)) throw error;
    return { dirty: error.message };
  }
}

/** The value as a text, as `string(...)` gives it; null as null. */
export function shown(
  expression: string,
  fields: Fields = {},
  parameters: Record<string, Scalar> = {},
): unknown {
  const found = evaluated(expression, fields, parameters);
  if (!('value' in found)) return found;
  if (found.type === 'duration' || found.type === 'null') return found.value;
  return evaluatedText(`string(${expression})`, fields, parameters);
}

function evaluatedText(expression: string, fields: Fields, parameters: Record<string, Scalar>): unknown {
  const found = evaluated(expression, fields, parameters);
  return 'value' in found ? found.value : found;
}
