import type { Column, RowSchema, Scalar, TaskDocument, TransformerSpec } from '@sluice/model';
import { findColumn, nearestName, nearestOf } from './column-lookup.ts';
import { condition } from './expression/comparison.ts';
import { scopeColumns } from './expression/column-term.ts';
import { compileExpression } from './expression/compile.ts';
import type { RunFacts, Scope } from './expression/term.ts';
import { expressionProblem } from './field-draft.ts';
import { resolveMapping } from './resolution.ts';
import type { FieldProblem, MappingResolution, ResolvedMapping } from './resolved-field.ts';
import { groovyRemedy } from './transformers/dx-groovy.ts';
import { transformed } from './transformers/transformed-schema.ts';
import { compileTransformer, type ResolvedTransformer, TRANSFORMERS } from './transformers/transformer.ts';

/** What a run adds to its task. */
export interface PlanFacts {
  readonly run: RunFacts;
  /** Effective parameters (`effectiveParameters`). */
  readonly parameters: Readonly<Record<string, Scalar>>;
  /** Whether the workspace has a secret; its value is for the mapper alone. */
  readonly hasSecret: (name: string) => boolean;
}

export interface MappingPlan extends MappingResolution {
  readonly mapping: ResolvedMapping;
  /** Sentences for people about what works, but perhaps not as it looks. */
  readonly notes: readonly string[];
}

/** Everything that a document says between its two ends, checked against the ends (see `resolveMapping`). */
export function planMapping(
  doc: Pick<TaskDocument, 'mapping' | 'filter' | 'transformers'>,
  source: RowSchema,
  target: RowSchema | undefined,
  facts: PlanFacts,
): MappingPlan {
  const problems: FieldProblem[] = [];
  const secrets = new Set<string>();
  const scopeOf = (replaced: ReadonlySet<number>): Scope => ({
    columns: scopeColumns(source, replaced),
    parameters: facts.parameters,
    run: facts.run,
    secret: (name) => (facts.hasSecret(name) ? (secrets.add(name), '') : undefined),
  });
  if (doc.filter !== undefined) checkFilter(doc.filter, scopeOf(new Set()), problems);
  const replaced = new Set<number>();
  const notes: string[] = [];
  const transformers = (doc.transformers ?? []).flatMap(
    (spec, index) =>
      resolveTransformer(spec, `/transformers/${index}`, source, replaced, problems, notes) ?? [],
  );
  const found = resolveMapping(doc.mapping, transformed(source, replaced), target, scopeOf(replaced));
  const mapping: ResolvedMapping = {
    fields: found.fields,
    ...(doc.filter === undefined ? {} : { filter: doc.filter }),
    ...(transformers.length === 0 ? {} : { transformers }),
    ...(Object.keys(facts.parameters).length === 0 ? {} : { parameters: facts.parameters }),
    ...(secrets.size === 0 ? {} : { secrets: [...secrets].sort() }),
    run: facts.run,
  };
  return { ...found, problems: [...problems, ...found.problems], mapping, notes };
}

function checkFilter(filter: string, scope: Scope, problems: FieldProblem[]): void {
  try {
    condition(compileExpression(filter, scope));
  } catch (error) {
    problems.push(expressionProblem(error, filter, '/filter'));
  }
}

function resolveTransformer(
  spec: TransformerSpec,
  pointer: string,
  source: RowSchema,
  replaced: Set<number>,
  problems: FieldProblem[],
  notes: string[],
): ResolvedTransformer | undefined {
  const { name, paras = [] } = spec;
  const wrong = (detail: string, at: string, nearest?: string): undefined => {
    problems.push({
      pointer: at,
      code: 'SLUICE_MAP_TRANSFORMER',
      detail,
      ...(nearest === undefined ? {} : { nearest }),
    });
  };
  if (name === 'dx_groovy') {
    const detail = `Scripts in Groovy are not run. ${groovyRemedy(spec.code ?? '', source.columns)}`;
    return void problems.push({ pointer, code: 'SLUICE_MAP_GROOVY', detail });
  }
  if (!TRANSFORMERS.includes(name)) {
    const nearest = nearestOf(TRANSFORMERS, name);
    const meant = nearest === undefined ? `there are ${TRANSFORMERS.join(', ')}` : `did you mean ${nearest}?`;
    return wrong(`There is no transformer ${name}; ${meant}`, `${pointer}/name`, nearest);
  }
  const column = columnOf(spec, source);
  if (typeof column === 'string') {
    const nearest = spec.column === undefined ? undefined : nearestName(source.columns, spec.column);
    return wrong(`${column}${nearest === undefined ? '' : ` Did you mean ${nearest}?`}`, pointer, nearest);
  }
  const resolved = { name, column: column.name, paras, pointer };
  const compiled = compileTransformer(resolved, source, replaced);
  if (typeof compiled === 'string') return wrong(`${name} ${compiled}.`, `${pointer}/paras`);
  if (name === 'dx_digest' && paras[0] !== 'md5' && paras[0]!.toLowerCase() === 'md5')
    notes.push(
      `${pointer}: dx_digest takes ${paras[0]} for sha1, as DataX does; write md5 in small letters for MD5.`,
    );
  return resolved;
}

function columnOf({ name, column, columnIndex }: TransformerSpec, source: RowSchema): Column | string {
  if ((column === undefined) === (columnIndex === undefined))
    return `${name} needs exactly one of column and columnIndex.`;
  if (column !== undefined)
    return findColumn(source.columns, column) ?? `${source.name} has no column ${column}.`;
  return (
    source.columns[columnIndex!] ??
    `There is no column at index ${columnIndex}; ${source.name} has ${source.columns.length}, counted from 0.`
  );
}
