import { RowCursor } from '@sluice/connector-sdk';
import { type RowSchema, SluiceError } from '@sluice/model';

/** Neighbouring source fields that stay together in the output row, by column index, both ends included. */
export interface Run {
  readonly first: number;
  readonly last: number;
}

/** Below this many bytes a loop is faster than a native copy. */
const SHORT = 24;

/**
 * Rows with their fields in another order, or fewer of them: the fast path of mapping, bytes only. No column may be in
 * two runs, so that the output is never longer than the input.
 */
export function copyRows(runs: readonly Run[], source: RowSchema, rows: Buffer, recordCount: number): Buffer {
  const cursor = new RowCursor(source, rows);
  const columns = source.columns.length;
  const at = new Int32Array(columns + 1);
  const out = Buffer.allocUnsafeSlow(rows.length);
  let end = 0;
  for (let row = 0; row < recordCount; row++) {
    if (!cursor.more()) throw miscounted(recordCount);
    for (let column = 0; column < columns; column++) {
      cursor.field();
      at[column] = cursor.fieldStart;
    }
    at[columns] = cursor.offset;
    if (cursor.offset > rows.length) throw miscounted(recordCount);
    for (const run of runs) {
      const from = at[run.first]!;
      const to = at[run.last + 1]!;
      if (to - from < SHORT) for (let i = from; i < to; i++) out[end++] = rows[i]!;
      else end += rows.copy(out, end, from, to);
    }
  }
  if (cursor.more()) throw miscounted(recordCount);
  return out.subarray(0, end);
}

function miscounted(recordCount: number): SluiceError {
  return new SluiceError(
    'SLUICE_BUS_UNDECODABLE',
    `The rows are not the ${recordCount} that their batch counts.`,
  );
}
