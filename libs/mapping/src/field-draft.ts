import type { Column, ErrorCode, FieldMapping, RowSchema, TaskDocument } from '@sluice/model';
import { type CastType, parseCast } from './cast-type.ts';
import { findColumn, nearestName, nearestOf, pairByName } from './column-lookup.ts';
import type { Constant } from './constant.ts';
import { compileExpression } from './expression/compile.ts';
import { resultColumn } from './expression/result.ts';
import { placeText } from './expression/place-text.ts';
import { ExpressionError, type Scope } from './expression/term.ts';
import { withParameters } from './parameters.ts';
import type { FieldProblem } from './resolved-field.ts';

/** A field of the document with its columns found. */
export interface Draft {
  readonly pointer: string;
  readonly to: string;
  /** The source column, or the one that the expression makes. */
  readonly source?: Column;
  readonly expression?: string;
  readonly target?: Column;
  readonly constant?: Constant;
  readonly cast?: CastType;
}

/** What fields are looked up in. */
export interface DraftContext {
  readonly source: RowSchema;
  readonly target: RowSchema | undefined;
  readonly scope: Scope;
  readonly problems: FieldProblem[];
}

/** The fields of a mapping; what is wrong with them goes to the problems. */
export function draftsOf(doc: NonNullable<TaskDocument['mapping']>, context: DraftContext): Draft[] {
  const { source, target, problems } = context;
  if (doc === 'name') return target ? byName(source, target, problems) : source.columns.map(asIs);
  if (doc === 'position') return target ? byPosition(source, target, problems) : source.columns.map(asIs);
  if (doc.length === 0)
    problems.push({
      pointer: '/mapping',
      code: 'SLUICE_CFG_INVALID',
      detail: 'The mapping names no fields.',
    });
  return doc.flatMap((field, index) => fromList(field, `/mapping/${index}`, context) ?? []);
}

function asIs(column: Column): Draft {
  return { pointer: '/mapping', to: column.name, source: column };
}

function byName(source: RowSchema, target: RowSchema, problems: FieldProblem[]): Draft[] {
  const pairs = pairByName(source.columns, target.columns);
  const used = new Set(pairs.values());
  const spare = target.columns.filter((column) => !pairs.has(column));
  for (const column of source.columns)
    if (!used.has(column))
      problems.push(
        unknown('/mapping', 'SLUICE_TGT_COLUMN', column.name, target.name, nearestName(spare, column.name)),
      );
  return target.columns.flatMap((column) => {
    const found = pairs.get(column);
    return found ? [{ pointer: '/mapping', to: column.name, source: found, target: column }] : [];
  });
}

function byPosition(source: RowSchema, target: RowSchema, problems: FieldProblem[]): Draft[] {
  const [from, to] = [source.columns.length, target.columns.length];
  if (from !== to)
    problems.push({
      pointer: '/mapping',
      code: 'SLUICE_CFG_INVALID',
      detail: `By position needs as many source columns (${from}) as target columns (${to}).`,
    });
  return source.columns.slice(0, to).map((column, index) => {
    const other = target.columns[index]!;
    return { pointer: '/mapping', to: other.name, source: column, target: other };
  });
}

function fromList(field: FieldMapping, pointer: string, context: DraftContext): Draft | undefined {
  const { target, problems } = context;
  const before = problems.length;
  const given = [field.from, field.position, field.constant, field.expression].filter(
    (origin) => origin !== undefined,
  );
  if (given.length !== 1)
    problems.push({
      pointer,
      code: 'SLUICE_CFG_INVALID',
      detail: 'Give exactly one of from, position, constant and expression.',
    });
  const column = target ? findColumn(target.columns, field.to) : undefined;
  if (target && !column)
    problems.push(
      unknown(
        `${pointer}/to`,
        'SLUICE_TGT_COLUMN',
        field.to,
        target.name,
        nearestName(target.columns, field.to),
      ),
    );
  const to = column?.name ?? field.to;
  const origin = originOf(field, to, pointer, context);
  const cast = field.cast === undefined ? undefined : parseCast(field.cast);
  if (field.cast !== undefined && !cast)
    problems.push({
      pointer: `${pointer}/cast`,
      code: 'SLUICE_CFG_INVALID',
      detail: `There is no cast ${typeof field.cast === 'string' ? field.cast : field.cast.to}.`,
    });
  if (problems.length > before) return undefined;
  return { pointer, to, ...origin, ...(column ? { target: column } : {}), ...(cast ? { cast } : {}) };
}

function originOf(
  field: FieldMapping,
  to: string,
  pointer: string,
  context: DraftContext,
): Pick<Draft, 'source' | 'expression' | 'constant'> {
  const { source, problems } = context;
  if (field.expression !== undefined) return computed(field.expression, to, `${pointer}/expression`, context);
  if (field.position !== undefined) {
    const column = source.columns[field.position];
    if (column) return { source: column };
    const detail = `There is no column at position ${field.position}; ${source.name} has ${source.columns.length}, counted from 0.`;
    problems.push({ pointer: `${pointer}/position`, code: 'SLUICE_SRC_COLUMN', detail });
  }
  if (field.from === undefined) return constantOf(field.constant ?? null, `${pointer}/constant`, context);
  const column = findColumn(source.columns, field.from);
  if (column) return { source: column };
  const near = nearestName(source.columns, field.from);
  problems.push(unknown(`${pointer}/from`, 'SLUICE_SRC_COLUMN', field.from, source.name, near));
  return {};
}

function constantOf(
  constant: Constant,
  pointer: string,
  { scope, problems }: DraftContext,
): Pick<Draft, 'constant'> {
  const names = Object.keys(scope.parameters);
  const found = withParameters(constant, scope.parameters, (name) => {
    const nearest = nearestOf(names, name);
    const detail = `There is no parameter ${name}${nearest === undefined ? '; declare it in /parameters.' : `; did you mean ${nearest}?`}`;
    problems.push({
      pointer,
      code: 'SLUICE_MAP_EXPRESSION',
      detail,
      ...(nearest === undefined ? {} : { nearest }),
    });
  });
  return { constant: found };
}

/** An expression, judged by the column that it makes; null alone is a constant, which takes the type of its target. */
function computed(
  expression: string,
  to: string,
  pointer: string,
  { scope, problems }: DraftContext,
): Pick<Draft, 'source' | 'expression' | 'constant'> {
  try {
    const term = compileExpression(expression, scope);
    if (term.type.name === 'null') return { constant: null };
    return { source: resultColumn(to, term), expression };
  } catch (error) {
    problems.push(expressionProblem(error, expression, pointer));
    return {};
  }
}

/** What is wrong with an expression, and where in it. Throws on what is no ExpressionError. */
export function expressionProblem(error: unknown, expression: string, pointer: string): FieldProblem {
  if (!(error instanceof ExpressionError)) throw error;
  const { message, start, end, nearest } = error;
  const detail = `${message} (${placeText(expression, error)})`;
  return {
    pointer,
    code: 'SLUICE_MAP_EXPRESSION',
    detail,
    part: { start, end },
    ...(nearest === undefined ? {} : { nearest }),
  };
}

function unknown(
  pointer: string,
  code: ErrorCode,
  name: string,
  table: string,
  nearest?: string,
): FieldProblem {
  const detail = `${table} has no column ${name}${nearest === undefined ? '' : `; did you mean ${nearest}?`}`;
  return nearest === undefined ? { pointer, code, detail: `${detail}.` } : { pointer, code, detail, nearest };
}
