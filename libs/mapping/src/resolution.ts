import type { Column, RowSchema, TaskDocument } from '@sluice/model';
import { isFormatted } from './cast-format.ts';
import { type CastType, keepsBytes } from './cast-type.ts';
import { scopeColumns } from './expression/column-term.ts';
import type { Scope } from './expression/term.ts';
import { type Draft, draftsOf } from './field-draft.ts';
import { castColumn, constantColumn, judge, typeOf } from './judgement.ts';
import type { FieldProblem, FieldVerdict, MappingResolution, ResolvedField } from './resolved-field.ts';
import { verdictOf } from './verdict.ts';

/**
 * Finds the columns of a mapping and judges each field before anything runs. Without a target (it is to be created) the
 * target columns are what the mapping says. By name, a source column that the target lacks is a problem, as it would be
 * lost silently; to leave it out, the mapping is written as a list.
 * @param doc `mapping` of the task document; pointers are into the whole document
 * @param scope what expressions and constants refer to; absent: the columns of the source alone
 */
export function resolveMapping(
  doc: TaskDocument['mapping'],
  source: RowSchema,
  target: RowSchema | undefined,
  scope: Scope = plainScope(source),
): MappingResolution {
  const problems: FieldProblem[] = [];
  const drafts = draftsOf(doc ?? 'name', { source, target, scope, problems });
  reportDuplicates(drafts, problems);
  const fields: ResolvedField[] = [];
  const verdicts: FieldVerdict[] = [];
  for (const draft of drafts) {
    const judged = judge(draft);
    verdicts.push(judged);
    if (judged.verdict === 'impossible')
      problems.push({
        pointer: draft.pointer,
        code: 'SLUICE_MAP_IMPOSSIBLE',
        detail: `Field ${draft.to}: ${judged.rule}`,
      });
    else fields.push(fieldOf(draft));
  }
  if (target) reportMissing(target, drafts, problems);
  return { fields, problems, verdicts };
}

function plainScope(source: RowSchema): Scope {
  return {
    columns: scopeColumns(source, new Set()),
    parameters: {},
    run: { id: '', startedAt: 0 },
    secret: () => undefined,
  };
}

function reportDuplicates(drafts: readonly Draft[], problems: FieldProblem[]): void {
  const seen = new Set<string>();
  for (const { to, pointer } of drafts) {
    if (seen.has(to))
      problems.push({
        pointer: `${pointer}/to`,
        code: 'SLUICE_CFG_INVALID',
        detail: `Column ${to} is mapped twice.`,
      });
    seen.add(to);
  }
}

function reportMissing(target: RowSchema, drafts: readonly Draft[], problems: FieldProblem[]): void {
  const written = new Set(drafts.map((draft) => draft.to));
  for (const { name, nullable } of target.columns) {
    if (nullable || written.has(name)) continue;
    const detail = `Column ${name} of ${target.name} takes no nulls and nothing is mapped to it.`;
    if (!problems.some((problem) => problem.nearest === name))
      problems.push({ pointer: '/mapping', code: 'SLUICE_MAP_IMPOSSIBLE', detail });
  }
}

/**
 * The cast that nobody asked for and that the target's type needs: a target converts in its own way (rounds a decimal, drops a
 * time of day, takes "yes" for true), and says nothing. Types that hold every value are left to the connector.
 */
function impliedCast({ source, target }: Draft): CastType | undefined {
  if (!source || !target || (source.kind === target.kind && source.kind !== 'decimal')) return undefined;
  const betweenTextAndBytes =
    (source.kind === 'bytes' && target.kind === 'string') ||
    (source.kind === 'string' && target.kind === 'bytes');
  if (betweenTextAndBytes) return { kind: target.kind };
  // A connector writes every kind as text, and knows its own special types.
  if (target.kind === 'string') return undefined;
  // Connectors check these two themselves, for nothing; a tinyint(1) would bring a map stage into most tables of MySQL.
  if (target.kind === 'boolean' && (source.kind === 'int' || source.kind === 'long')) return undefined;
  const { verdict } = verdictOf(source, { ...target, nullable: true });
  return verdict === 'may-lose' ? typeOf(target) : undefined;
}

function fieldOf(draft: Draft): ResolvedField {
  const { pointer, to, source, expression, constant } = draft;
  const cast = draft.cast ?? impliedCast(draft);
  if (!source) {
    const column = constantColumn(draft);
    // A constant with a format is read once, by whoever encodes it.
    return {
      to,
      constant: constant ?? null,
      ...(draft.cast && isFormatted(draft.cast) ? { cast: draft.cast } : {}),
      column,
      pointer,
    };
  }
  const origin = expression === undefined ? { from: source.name } : { expression };
  const field = { to, ...origin, pointer };
  if (!cast || keepsBytes(source, cast)) return { ...field, column: renamed(source, to) };
  return { ...field, cast, column: castColumn(to, source, cast) };
}

function renamed(source: Column, to: string): Column {
  return { ...source, name: to };
}
