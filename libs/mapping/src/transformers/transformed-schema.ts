import type { Column, RowSchema } from '@sluice/model';

/** The source as the fields see it: what transformers have changed is text, and no key any more. */
export function transformed(source: RowSchema, replaced: ReadonlySet<number>): RowSchema {
  if (replaced.size === 0) return source;
  const columns = source.columns.map((column, index): Column =>
    replaced.has(index) ? { name: column.name, kind: 'string', nullable: true } : column,
  );
  const isKept = (name: string): boolean =>
    !replaced.has(source.columns.findIndex((column) => column.name === name));
  return { ...source, columns, key: source.key.every(isKept) ? source.key : [] };
}
