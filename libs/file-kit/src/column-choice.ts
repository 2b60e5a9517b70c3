import { constantColumn, type Parameters, type ReadColumn } from '@sluice/connector-sdk';
import { type Column, type RowSchema, SluiceError } from '@sluice/model';

/** One output column: a source column, or a constant's encoded field. */
export type Output =
  { readonly column: Column; readonly source: string } | { readonly column: Column; readonly bytes: Buffer };

export interface Choice {
  readonly schema: RowSchema;
  readonly outputs: readonly Output[];
}

/** What a reader yields of the columns of its files, as the wish says; all of them under their own names without one. */
export function chooseColumns(
  name: string,
  columns: readonly Column[],
  wish: readonly ReadColumn[] | undefined,
  key: readonly string[] = [],
): Choice {
  const outputs =
    wish === undefined
      ? columns.map((column): Output => ({ column, source: column.name }))
      : wish.map((wanted) => outputOf(name, columns, wanted));
  const renamed = key.map(
    (source) => outputs.find((output) => 'source' in output && output.source === source)?.column.name,
  );
  const isRead = renamed.every((each) => each !== undefined);
  return {
    schema: { name, columns: outputs.map(({ column }) => column), key: isRead ? renamed : [] },
    outputs,
  };
}

/** The parameter `key`: columns that together tell the records apart and are never null. Files do not say so themselves. */
export function declaredKey(parameters: Parameters, columns: readonly Column[]): readonly string[] {
  const key = ((parameters['key'] ?? []) as readonly unknown[]).map(String);
  for (const name of key)
    if (!columns.some((column) => column.name === name)) {
      // A key that is not read among the columns is none of the rows.
      if (parameters['columns'] !== undefined) return [];
      throw new SluiceError('SLUICE_SRC_COLUMN', {
        detail: `There is no column ${name} for the key.`,
        place: name,
      });
    }
  return key;
}

/** The columns with those of the key taking no nulls. */
export function withKey(columns: readonly Column[], key: readonly string[]): Column[] {
  return columns.map((column) => (key.includes(column.name) ? { ...column, nullable: false } : column));
}

function outputOf(name: string, columns: readonly Column[], wanted: ReadColumn): Output {
  if (wanted.column === undefined) return constantColumn(wanted);
  const found = columns.find((column) => column.name === wanted.column);
  if (found === undefined)
    throw new SluiceError('SLUICE_SRC_COLUMN', {
      detail: `${name} has no column ${wanted.column}.`,
      place: wanted.column,
    });
  return { column: { ...found, name: wanted.as }, source: found.name };
}
