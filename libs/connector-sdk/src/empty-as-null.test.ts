import { decodeRows } from '@sluice/wire';
import type { RowSchema } from '@sluice/model';
import { expect, it } from 'vitest';
import { emptyAsNull, emptyColumns } from './empty-as-null.ts';
import { RowBatchBuilder } from './row-batch-builder.ts';

const schema: RowSchema = {
  name: 't',
  key: [],
  columns: [
    { name: 'a', kind: 'string', nullable: true },
    { name: 'n', kind: 'long', nullable: true },
    { name: 'b', kind: 'string', nullable: true },
  ],
};

function encoded(rows: readonly (readonly [string | null, number | null, string | null])[]): Buffer {
  const builder = new RowBatchBuilder(64);
  for (const [a, n, b] of rows) {
    if (a === null) builder.nul();
    else builder.string(a);
    if (n === null) builder.nul();
    else builder.longNumber(n);
    if (b === null) builder.nul();
    else builder.string(b);
    builder.endRow();
  }
  return builder.take().rows;
}

it('makes nulls of empty texts, only of those, and only where the target column is no text', () => {
  const rows = encoded([
    ['', 1, ''],
    [null, null, ' '],
    ['x', 300, ''],
    ['', 0, null],
  ]);
  const takes = emptyColumns(schema, (name) => name === 'a')!;
  expect(takes).toEqual([false, false, true]);
  expect(decodeRows(schema, emptyAsNull(schema, takes, rows)).map((row) => [row[0], row[2]])).toEqual([
    ['', null],
    [null, ' '],
    ['x', null],
    ['', null],
  ]);
});

it('copies nothing where nothing is empty', () => {
  const rows = encoded([['x', 1, 'y']]);
  expect(emptyAsNull(schema, [true, false, true], rows)).toBe(rows);
  expect(emptyColumns(schema, () => true)).toBeUndefined();
});
