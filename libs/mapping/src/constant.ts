import { RowBatchBuilder, RowCursor } from '@sluice/connector-sdk';
import type { Column, RowSchema } from '@sluice/model';
import { compileCast } from './cast.ts';
import { type CastType, castText, keepsBytes } from './cast-type.ts';

export type Constant = string | number | boolean | null;

/** The column that a constant makes when nobody says otherwise. */
export function naturalColumn(name: string, constant: Constant): Column {
  if (typeof constant === 'boolean') return { name, kind: 'boolean', nullable: false };
  if (typeof constant === 'number')
    return { name, kind: Number.isSafeInteger(constant) ? 'long' : 'double', nullable: false };
  return { name, kind: 'string', nullable: constant === null };
}

/** Whether a column of this type can be left to a reader's query, which types constants by itself. */
export function isNatural(constant: Constant, column: Column): boolean {
  if (constant === null) return true;
  if (typeof constant !== 'number') return naturalColumn('', constant).kind === column.kind;
  return ['int', 'long', 'float', 'double', 'decimal'].includes(column.kind);
}

/** A constant as an encoded field of a type, once and for all rows; `reason` when it is none of that type. */
export function encodeConstant(constant: Constant, type: CastType): { bytes: Buffer } | { reason: string } {
  const builder = new RowBatchBuilder(64);
  if (constant === null) {
    builder.nul();
    return { bytes: finished(builder) };
  }
  const column = naturalColumn('constant', constant);
  if (typeof constant === 'string') builder.string(constant);
  else if (typeof constant === 'boolean') builder.boolean(constant);
  else if (column.kind === 'long') builder.longNumber(constant);
  else builder.double(constant);
  const bytes = finished(builder);
  if (keepsBytes(column, type)) return { bytes };
  const schema: RowSchema = { name: '', key: [], columns: [column] };
  const cursor = new RowCursor(schema, bytes);
  cursor.field();
  const impossible = `cannot be a ${castText(type)}`;
  const cast = compileCast(column, type);
  const reason = cast === undefined ? impossible : cast(cursor, builder);
  return typeof reason === 'string' ? { reason } : { bytes: finished(builder) };
}

function finished(builder: RowBatchBuilder): Buffer {
  builder.endRow();
  return builder.take().rows;
}
