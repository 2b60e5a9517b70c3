import type { ReadColumn } from '@sluice/connector-sdk';
import type { RowSchema, TaskDocument } from '@sluice/model';
import { isNatural } from './constant.ts';
import type { ResolvedField, ResolvedMapping } from './resolved-field.ts';
import { makesText } from './transformers/transformer.ts';
import { transformed } from './transformers/transformed-schema.ts';

/**
 * Whether the plan has a map stage (D-8). A reader that projects does renames, choice, order and constants in its query;
 * any other reader needs a map stage unless the mapping is the identity, which only `source` can tell.
 */
export function needsMapStage(
  mapping: ResolvedMapping,
  doc: Pick<TaskDocument, 'mapStage'>,
  readerProjects: boolean,
  source?: RowSchema,
): boolean {
  const { fields, filter, transformers = [] } = mapping;
  if (doc.mapStage === true || filter !== undefined || transformers.length > 0) return true;
  if (fields.some((field) => field.cast !== undefined || field.expression !== undefined)) return true;
  // A constant of a type that no literal of its own has (a date, say) is made by a cast, and queries make none.
  if (fields.some((field) => field.from === undefined && !isNatural(field.constant ?? null, field.column)))
    return true;
  return !readerProjects && !isIdentity(fields, source);
}

function isIdentity(fields: readonly ResolvedField[], source: RowSchema | undefined): boolean {
  if (source === undefined || source.columns.length !== fields.length) return false;
  return fields.every(
    (field, index) => field.from === source.columns[index]!.name && field.to === field.from,
  );
}

/** What a reader that projects is asked for where there is no map stage: the fields under their target names. */
export function readColumns(fields: readonly ResolvedField[]): ReadColumn[] {
  return fields.map((field) =>
    field.from === undefined
      ? { as: field.to, constant: field.constant ?? null }
      : { as: field.to, column: field.from },
  );
}

/**
 * The schema of the rows behind the map stage. The key is the source's under its new names while all of its columns are
 * mapped uncast; else the target's where all of its columns are written; else none.
 */
export function mappedSchema(
  { fields, transformers = [] }: ResolvedMapping,
  source: RowSchema,
  target?: RowSchema,
): RowSchema {
  const changed = new Set(transformers.filter(({ name }) => makesText(name)).map(({ column }) => column));
  const replaced = new Set(source.columns.flatMap(({ name }, index) => (changed.has(name) ? [index] : [])));
  return {
    name: target?.name ?? source.name,
    columns: fields.map((field) => field.column),
    key: mappedKey(fields, transformed(source, replaced), target),
    ...(source.dialect === undefined ? {} : { dialect: source.dialect }),
  };
}

function mappedKey(
  fields: readonly ResolvedField[],
  source: RowSchema,
  target?: RowSchema,
): readonly string[] {
  const renamed = source.key.map(
    (name) => fields.find((field) => field.from === name && field.cast === undefined)?.to,
  );
  if (renamed.length > 0 && renamed.every((name) => name !== undefined)) return renamed;
  const written = new Set(fields.map((field) => field.to));
  return target?.key.every((name) => written.has(name)) ? target.key : [];
}
