import {
  formatDate,
  formatDecimal,
  formatTime,
  formatTimestamp,
  type RowCursor,
} from '@sluice/connector-sdk';
import { type Column, SluiceError } from '@sluice/model';
import type { SqliteValue } from './row-encoder.ts';

/** Reads one field as the value that SQLite stores for its kind. */
export type FieldDecoder = (cursor: RowCursor) => SqliteValue;

function decoderOf(column: Column): FieldDecoder {
  const { kind, scale = 0 } = column;
  switch (kind) {
    case 'boolean':
      return (cursor) => (cursor.boolean() ? 1n : 0n);
    case 'int':
      return (cursor) => BigInt(cursor.int());
    case 'long':
      return (cursor) => cursor.longBigint();
    case 'float':
      return (cursor) => number(cursor.float(), column);
    case 'double':
      return (cursor) => number(cursor.double(), column);
    case 'decimal':
      return (cursor) => formatDecimal(cursor.decimal(), scale);
    case 'date':
      return (cursor) => formatDate(cursor.int());
    case 'time':
      return (cursor) => formatTime(cursor.longNumber());
    case 'timestamp':
      return (cursor) => formatTimestamp(cursor.longBigint());
    case 'timestamptz':
      return (cursor) => `${formatTimestamp(cursor.longBigint())}Z`;
    case 'bytes':
      return (cursor) => cursor.bytes();
    case 'string':
      return (cursor) => cursor.text();
  }
}

/** SQLite would store NaN as NULL. */
function number(value: number, column: Column): number {
  if (Number.isNaN(value))
    throw new SluiceError('SLUICE_TGT_VALUE', { detail: 'SQLite has no NaN.', place: column.name });
  return value;
}

/** Decodes whole rows. Escape texts (infinity, zero dates) have no exact form here: SLUICE_TGT_VALUE. */
export function rowDecoder(columns: readonly Column[]): (cursor: RowCursor) => SqliteValue[] {
  const decoders = columns.map(decoderOf);
  return (cursor) => {
    const row: SqliteValue[] = [];
    let misfit: Column | undefined;
    let refused: SluiceError | undefined;
    for (let i = 0; i < decoders.length; i++) {
      cursor.field();
      if (cursor.branch === 2) misfit ??= columns[i]!;
      try {
        row.push(cursor.isNull || cursor.branch === 2 ? null : decoders[i]!(cursor));
      } catch (error) {
        refused ??= error as SluiceError;
        row.push(null);
      }
    }
    if (refused !== undefined) throw refused;
    if (misfit !== undefined)
      throw new SluiceError('SLUICE_TGT_VALUE', {
        detail: `The value of ${misfit.name} does not fit its type here.`,
        place: misfit.name,
      });
    return row;
  };
}
