import type { Column, ErrorCode, FieldMapping, RowSchema, TaskDocument } from '@sluice/model';
import { castText, type CastType, keepsBytes, parseCast } from './cast-type.ts';
import { findColumn, nearestName, pairByName } from './column-lookup.ts';
import { type Constant, encodeConstant, naturalColumn } from './constant.ts';
import type { FieldProblem, FieldVerdict, MappingResolution, ResolvedField } from './resolved-field.ts';
import { verdictOf } from './verdict.ts';

/** A field of the document with its columns found. */
interface Draft {
  readonly pointer: string;
  readonly to: string;
  readonly source?: Column;
  readonly target?: Column;
  readonly constant?: Constant;
  readonly cast?: CastType;
}

/**
 * Finds the columns of a mapping and judges each field before anything runs. Without a target (it is to be created) the
 * target columns are what the mapping says. By name, a source column that the target lacks is a problem, as it would be
 * lost silently; to leave it out, the mapping is written as a list.
 * @param doc `mapping` of the task document; pointers are into the whole document
 */
export function resolveMapping(
  doc: TaskDocument['mapping'],
  source: RowSchema,
  target: RowSchema | undefined,
): MappingResolution {
  const problems: FieldProblem[] = [];
  const drafts = draftsOf(doc ?? 'name', source, target, problems);
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

function draftsOf(
  doc: NonNullable<TaskDocument['mapping']>,
  source: RowSchema,
  target: RowSchema | undefined,
  problems: FieldProblem[],
): Draft[] {
  if (doc === 'name') return target ? byName(source, target, problems) : source.columns.map(asIs);
  if (doc === 'position') return target ? byPosition(source, target, problems) : source.columns.map(asIs);
  if (doc.length === 0)
    problems.push({
      pointer: '/mapping',
      code: 'SLUICE_CFG_INVALID',
      detail: 'The mapping names no fields.',
    });
  return doc.flatMap((field, index) => fromList(field, `/mapping/${index}`, source, target, problems) ?? []);
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

function fromList(
  field: FieldMapping,
  pointer: string,
  source: RowSchema,
  target: RowSchema | undefined,
  problems: FieldProblem[],
): Draft | undefined {
  const before = problems.length;
  const given = [field.from, field.position, field.constant].filter((origin) => origin !== undefined);
  if (given.length !== 1)
    problems.push({
      pointer,
      code: 'SLUICE_CFG_INVALID',
      detail: 'Give exactly one of from, position and constant.',
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
  const origin = originOf(field, pointer, source, problems);
  const cast = field.cast === undefined ? undefined : parseCast(field.cast);
  if (field.cast !== undefined && !cast)
    problems.push({
      pointer: `${pointer}/cast`,
      code: 'SLUICE_CFG_INVALID',
      detail: `There is no cast ${field.cast}.`,
    });
  if (problems.length > before) return undefined;
  return {
    pointer,
    to: column?.name ?? field.to,
    ...(origin ? { source: origin } : { constant: field.constant ?? null }),
    ...(column ? { target: column } : {}),
    ...(cast ? { cast } : {}),
  };
}

function originOf(
  field: FieldMapping,
  pointer: string,
  source: RowSchema,
  problems: FieldProblem[],
): Column | undefined {
  if (field.position !== undefined) {
    const column = source.columns[field.position];
    if (column) return column;
    const detail = `There is no column at position ${field.position}; ${source.name} has ${source.columns.length}, counted from 0.`;
    problems.push({ pointer: `${pointer}/position`, code: 'SLUICE_SRC_COLUMN', detail });
  }
  if (field.from === undefined) return undefined;
  const column = findColumn(source.columns, field.from);
  const near = column ? undefined : nearestName(source.columns, field.from);
  if (!column) problems.push(unknown(`${pointer}/from`, 'SLUICE_SRC_COLUMN', field.from, source.name, near));
  return column;
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

function judge(draft: Draft): FieldVerdict {
  const { pointer, to, source, target, cast } = draft;
  if (!source) return judgeConstant(draft);
  const named = { pointer, to, from: source.name };
  const first = cast ? verdictOf(source, castColumn(to, source, cast)) : undefined;
  const second = target ? verdictOf(cast ? castColumn(to, source, cast) : source, target) : undefined;
  const worst = [first, second].find((each) => each?.verdict === 'impossible');
  if (worst) return { ...named, ...worst };
  const losing = [first, second].filter((each) => each?.verdict === 'may-lose');
  if (losing.length > 0)
    return {
      ...named,
      verdict: 'may-lose',
      rule: losing.map((each) => each!.rule).join(' '),
      ...suggestion(draft),
    };
  const rule = first?.rule ?? second?.rule ?? 'The target column is created with the type of the source.';
  return { ...named, verdict: 'safe', rule, ...suggestion(draft) };
}

function suggestion({ source, target, cast }: Draft): { suggestedCast?: string } {
  if (!source || !target || cast || source.kind === target.kind) return {};
  if (target.kind === 'decimal' && target.precision === undefined) return {};
  return { suggestedCast: castText(target) };
}

function judgeConstant(draft: Draft): FieldVerdict {
  const { pointer, to, target } = draft;
  const constant = draft.constant ?? null;
  if (constant === null && target && !target.nullable)
    return {
      pointer,
      to,
      verdict: 'impossible',
      rule: 'The constant is null and the target takes no nulls.',
    };
  const type = constantColumn(draft);
  const encoded = encodeConstant(constant, typeOf(type));
  if ('reason' in encoded)
    return { pointer, to, verdict: 'impossible', rule: `The constant ${encoded.reason}.` };
  const judged = target && constant !== null ? verdictOf(type, target) : undefined;
  return { pointer, to, ...(judged ?? { verdict: 'safe', rule: 'The constant has its own type.' }) };
}

/** A constant takes the cast's type, else the target's, else its own. */
function constantColumn({ to, target, cast, constant = null }: Draft): Column {
  const nullable = constant === null;
  if (cast) return { name: to, ...cast, nullable };
  if (!target) return naturalColumn(to, constant);
  // The native type is of the target's dialect, the rows' schema is of the source's.
  const { nativeType: _, ...type } = target;
  return { ...type, name: to, nullable };
}

function typeOf(column: Column): CastType {
  if (column.kind !== 'decimal') return { kind: column.kind };
  return { kind: 'decimal', precision: column.precision ?? 1000, scale: column.scale ?? 0 };
}

function castColumn(name: string, source: Column, cast: CastType): Column {
  return { name, ...cast, nullable: source.nullable };
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
  const { pointer, to, source } = draft;
  const cast = draft.cast ?? impliedCast(draft);
  if (!source) return { to, constant: draft.constant ?? null, column: constantColumn(draft), pointer };
  const field = { to, from: source.name, pointer };
  if (!cast || keepsBytes(source, cast)) return { ...field, column: { ...source, name: to } };
  return { ...field, cast, column: castColumn(to, source, cast) };
}
