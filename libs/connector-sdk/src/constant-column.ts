import type { Column } from '@sluice/model';
import type { ReadColumn } from './reader.ts';
import { RowBatchBuilder } from './row-batch-builder.ts';

/** A constant of the wish as a column and its encoded field, which `RowBatchBuilder.raw` appends to each row. */
export function constantColumn(wanted: ReadColumn): { column: Column; bytes: Buffer } {
  const value = wanted.constant ?? null;
  const builder = new RowBatchBuilder(64);
  const encoded = (column: Column): { column: Column; bytes: Buffer } => {
    builder.endRow();
    return { column, bytes: builder.take().rows };
  };
  const base = { name: wanted.as, nullable: value === null };
  if (value === null) return (builder.nul(), encoded({ ...base, kind: 'string' }));
  if (typeof value === 'boolean') return (builder.boolean(value), encoded({ ...base, kind: 'boolean' }));
  if (typeof value === 'string') return (builder.string(value), encoded({ ...base, kind: 'string' }));
  if (!Number.isSafeInteger(value)) return (builder.double(value), encoded({ ...base, kind: 'double' }));
  builder.longNumber(value);
  return encoded({ ...base, kind: 'long' });
}
