import type { Column } from '@sluice/model';
import { castText, type CastType, columnType } from './cast-type.ts';
import { encodeConstant, naturalColumn } from './constant.ts';
import type { Draft } from './field-draft.ts';
import type { FieldVerdict } from './resolved-field.ts';
import { castVerdict } from './verdict-format.ts';
import { verdictOf } from './verdict.ts';

/** What becomes of the values of a field on their way into the target, and by which rule. */
export function judge(draft: Draft): FieldVerdict {
  const { pointer, to, source, target, cast, expression } = draft;
  if (!source) return judgeConstant(draft);
  const named = { pointer, to, ...(expression === undefined ? { from: source.name } : { expression }) };
  const computed = expression === undefined ? '' : `Computed as ${castText(source)}.`;
  const ruled = (...rules: string[]): string => [computed, ...rules].filter((rule) => rule !== '').join(' ');
  const first = cast ? castVerdict(source, castColumn(to, source, cast), cast) : undefined;
  const second = target ? verdictOf(cast ? castColumn(to, source, cast) : source, target) : undefined;
  const worst = [first, second].find((each) => each?.verdict === 'impossible');
  if (worst) return { ...named, verdict: 'impossible', rule: ruled(worst.rule) };
  const losing = [first, second].flatMap((each) => (each?.verdict === 'may-lose' ? [each.rule] : []));
  if (losing.length > 0)
    return { ...named, verdict: 'may-lose', rule: ruled(...losing), ...suggestion(draft) };
  const safe = first?.rule ?? second?.rule ?? 'The target column is created with the type of the source.';
  const rule = computed === '' || first !== undefined || second !== undefined ? safe : '';
  return { ...named, verdict: 'safe', rule: ruled(rule), ...suggestion(draft) };
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
  const encoded = encodeConstant(constant, draft.cast ?? typeOf(type));
  if ('reason' in encoded)
    return { pointer, to, verdict: 'impossible', rule: `The constant ${encoded.reason}.` };
  const judged = target && constant !== null ? verdictOf(type, target) : undefined;
  return { pointer, to, ...(judged ?? { verdict: 'safe', rule: 'The constant has its own type.' }) };
}

/** A constant takes the cast's type, else the target's, else its own. */
export function constantColumn({ to, target, cast, constant = null }: Draft): Column {
  const nullable = constant === null;
  if (cast) return { name: to, ...columnType(cast), nullable };
  if (!target) return naturalColumn(to, constant);
  // The native type is of the target's dialect, the rows' schema is of the source's.
  const { nativeType: _, ...type } = target;
  return { ...type, name: to, nullable };
}

export function typeOf(column: Column): CastType {
  if (column.kind !== 'decimal') return { kind: column.kind };
  return { kind: 'decimal', precision: column.precision ?? 1000, scale: column.scale ?? 0 };
}

export function castColumn(name: string, source: Column, cast: CastType): Column {
  return { name, ...columnType(cast), nullable: source.nullable };
}
