import type { ReadColumn, RowBatchBuilder } from '@sluice/connector-sdk';
import { type Column, type RowSchema, SluiceError } from '@sluice/model';

/** One output column: a source column, or a constant that is appended as it is. */
export type Output =
  | { readonly column: Column; readonly source: string }
  | { readonly column: Column; readonly append: (builder: RowBatchBuilder) => void };

/** What a reader yields of the columns of its files, as the wish says; all of them under their own names without one. */
export function chooseColumns(
  name: string,
  columns: readonly Column[],
  wish: readonly ReadColumn[] | undefined,
): { readonly schema: RowSchema; readonly outputs: readonly Output[] } {
  const outputs =
    wish === undefined
      ? columns.map((column): Output => ({ column, source: column.name }))
      : wish.map((wanted) => outputOf(name, columns, wanted));
  return { schema: { name, columns: outputs.map(({ column }) => column), key: [] }, outputs };
}

function outputOf(name: string, columns: readonly Column[], wanted: ReadColumn): Output {
  if (wanted.column === undefined) return constantOf(wanted);
  const found = columns.find((column) => column.name === wanted.column);
  if (found === undefined)
    throw new SluiceError('SLUICE_SRC_COLUMN', {
      detail: `${name} has no column ${wanted.column}.`,
      place: wanted.column,
    });
  return { column: { ...found, name: wanted.as }, source: found.name };
}

function constantOf({ as: name, constant: value = null }: ReadColumn): Output {
  if (value === null)
    return { column: { name, kind: 'string', nullable: true }, append: (builder) => builder.nul() };
  if (typeof value === 'boolean')
    return {
      column: { name, kind: 'boolean', nullable: false },
      append: (builder) => builder.boolean(value),
    };
  if (typeof value === 'string')
    return { column: { name, kind: 'string', nullable: false }, append: (builder) => builder.string(value) };
  if (Number.isSafeInteger(value) && !Object.is(value, -0))
    return {
      column: { name, kind: 'long', nullable: false },
      append: (builder) => builder.longNumber(value),
    };
  return { column: { name, kind: 'double', nullable: false }, append: (builder) => builder.double(value) };
}
