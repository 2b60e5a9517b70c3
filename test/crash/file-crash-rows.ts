import type { SplitRows } from '@sluice/file-kit/fixture';
import type { RowSchema } from '@sluice/model';
import { build } from '@sluice/wire/row-arbitrary';

export const CRASH_SCHEMA: RowSchema = {
  name: 't',
  key: [],
  columns: [{ name: 'id', kind: 'int', nullable: false }],
};

const BATCH = 50;
/** Rows of one split: two batches. */
export const SPLIT_ROWS = 2 * BATCH;

export function crashRows(split: number): SplitRows {
  return [0, 1].map((b) => {
    const ids = Array.from({ length: BATCH }, (_, i) => split * SPLIT_ROWS + b * BATCH + i);
    return {
      rows: build(
        CRASH_SCHEMA,
        ids.map((id) => [{ value: id }]),
      ),
      count: BATCH,
    };
  });
}
