import { type RowSchema, SluiceError } from '@sluice/model';
import { SourceRow } from './source-row.ts';

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
  const walk = new SourceRow(source, rows);
  const { at } = walk;
  const out = Buffer.allocUnsafeSlow(rows.length);
  let end = 0;
  for (let row = 0; row < recordCount; row++) {
    if (!walk.more()) throw miscounted(recordCount);
    walk.read();
    for (const run of runs) {
      const from = at[run.first]!;
      const to = at[run.last + 1]!;
      if (to - from < SHORT) for (let i = from; i < to; i++) out[end++] = rows[i]!;
      else end += rows.copy(out, end, from, to);
    }
  }
  if (walk.more()) throw miscounted(recordCount);
  return out.subarray(0, end);
}

function miscounted(recordCount: number): SluiceError {
  return new SluiceError(
    'SLUICE_BUS_UNDECODABLE',
    `The rows are not the ${recordCount} that their batch counts.`,
  );
}

/** Whole rows of a batch as they stand; neighbouring ones are copied at once. */
export class RowSpans {
  readonly #rows: Buffer;
  /** Starts and ends, in turn. */
  readonly #spans: number[] = [];
  #recordCount = 0;

  constructor(rows: Buffer) {
    this.#rows = rows;
  }

  add(row: SourceRow): undefined {
    const start = row.at[0]!;
    const end = row.at[row.at.length - 1]!;
    const spans = this.#spans;
    if (spans.length > 0 && spans[spans.length - 1] === start) spans[spans.length - 1] = end;
    else spans.push(start, end);
    this.#recordCount++;
  }

  take(): { rows: Buffer; recordCount: number } {
    const spans = this.#spans;
    let length = 0;
    for (let i = 0; i < spans.length; i += 2) length += spans[i + 1]! - spans[i]!;
    const recordCount = this.#recordCount;
    if (spans.length === 2) return { rows: this.#rows.subarray(spans[0], spans[1]), recordCount };
    const rows = Buffer.allocUnsafeSlow(length);
    let end = 0;
    for (let i = 0; i < spans.length; i += 2) end += this.#rows.copy(rows, end, spans[i], spans[i + 1]);
    return { rows, recordCount };
  }
}
