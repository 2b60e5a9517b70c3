import type { FieldMapping, TaskDocument } from '@sluice/model';
import type { Judgement } from '../api/answers.ts';

export type Verdict = Judgement['verdicts'][number];
export type Side = 'reader' | 'writer';

/** A task that is being made: what is not chosen yet is empty, not absent. */
export const EMPTY_TASK: TaskDocument = {
  mode: 'full',
  reader: { dataSource: '', parameters: {} },
  writer: { dataSource: '', parameters: {} },
};

/** The table of one end, if it is one with a table. */
export function tableOf(document: TaskDocument, side: Side): string {
  const { table } = document[side].parameters as { readonly table?: unknown };
  return typeof table === 'string' ? table : '';
}

/** Whether both ends say enough to ask what would become of the fields. */
export const isJudgeable = (document: TaskDocument): boolean =>
  document.reader.dataSource !== '' && document.writer.dataSource !== '';

/** `shop.orders → dw.orders` */
export function nameOf(document: TaskDocument, sourceName: (id: string) => string): string {
  const end = (side: Side): string =>
    [sourceName(document[side].dataSource), tableOf(document, side)].filter((part) => part !== '').join('.');
  return `${end('reader')} → ${end('writer')}`;
}

/** The last part of a qualified name: `public.orders` is written to a table `orders`. */
export const bareTable = (table: string): string => (/([^."`]+)["`]?$/.exec(table)?.[1] ?? table).trim();

/** The document with another table at one end; a target that has none yet takes the name of the source's. */
export function withTable(document: TaskDocument, side: Side, table: string): TaskDocument {
  const parameters = { ...document[side].parameters, table };
  const changed = { ...document, [side]: { ...document[side], parameters } };
  if (side === 'writer' || tableOf(document, 'writer') !== '') return changed;
  return {
    ...changed,
    writer: { ...changed.writer, parameters: { ...changed.writer.parameters, table: bareTable(table) } },
  };
}

/** The mapping as a list of fields: as it stands, else as it was judged. */
export function fieldsOf(document: TaskDocument, verdicts: readonly Verdict[]): readonly FieldMapping[] {
  const { mapping } = document;
  if (typeof mapping === 'object') return mapping;
  return verdicts.map(({ to, from, expression }) =>
    from !== undefined
      ? { to, from }
      : expression !== undefined
        ? { to, expression }
        : { to, constant: null },
  );
}

/** One field from another source column; a target column that had none is added. */
export function paired(fields: readonly FieldMapping[], from: string, to: string): readonly FieldMapping[] {
  const field = { to, from };
  return fields.some((one) => one.to === to)
    ? fields.map((one) => (one.to === to ? field : one))
    : [...fields, field];
}

/** One field with another cast, or without one. */
export function withCast(
  fields: readonly FieldMapping[],
  to: string,
  cast: string | undefined,
): readonly FieldMapping[] {
  return fields.map((one) => {
    if (one.to !== to) return one;
    const { cast: _, ...rest } = one;
    return cast === undefined || cast === '' ? rest : { ...rest, cast };
  });
}

/** A document without what is said by leaving it out. */
export function withFields(
  document: TaskDocument,
  fields: readonly FieldMapping[] | undefined,
): TaskDocument {
  const { mapping: _, ...rest } = document;
  return fields === undefined ? rest : { ...rest, mapping: fields };
}

/** What the wizard has fields for. */
const SHOWN = new Set(['mode', 'reader', 'writer', 'mapping', 'filter', 'write', 'control']);

/** Parts that the wizard keeps but does not change, by their names. */
export const customParts = (document: TaskDocument): readonly string[] =>
  Object.keys(document).filter((part) => !SHOWN.has(part));
