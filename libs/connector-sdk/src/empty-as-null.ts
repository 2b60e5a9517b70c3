import type { RowSchema } from '@sluice/model';
import { RowCursor } from './row-cursor.ts';

/** First byte of a field that is null, as RowBatchBuilder writes it. */
const NULL = Buffer.of(0);

/**
 * The rows with a null for every empty text of the columns that `takes` says; the same buffer where there is none. For targets whose
 * column is no text: it has no form for an empty one.
 */
export function emptyAsNull(schema: RowSchema, takes: readonly boolean[], rows: Buffer): Buffer {
  const parts: Buffer[] = [];
  const cursor = new RowCursor(schema, rows);
  let from = 0;
  while (cursor.more())
    for (const isTaken of takes) {
      cursor.field();
      if (!isTaken || cursor.branch !== 1 || cursor.start !== cursor.end) continue;
      parts.push(rows.subarray(from, cursor.fieldStart), NULL);
      from = cursor.end;
    }
  return parts.length === 0 ? rows : Buffer.concat([...parts, rows.subarray(from)]);
}

/** The columns that it concerns: texts whose target column, asked for by name, is no text. Undefined: none. */
export function emptyColumns(
  schema: RowSchema,
  isText: (name: string) => boolean,
): readonly boolean[] | undefined {
  const takes = schema.columns.map(({ kind, name }) => kind === 'string' && !isText(name));
  return takes.includes(true) ? takes : undefined;
}
