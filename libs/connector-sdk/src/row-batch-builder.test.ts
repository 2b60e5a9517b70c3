import { describe, expect, it } from 'vitest';
import { RowBatchBuilder } from './row-batch-builder.ts';

/** Bytes of the memory that a batch keeps. */
const kept = (rows: Buffer): number => rows.buffer.byteLength;

function append(builder: RowBatchBuilder, count: number, text: string): void {
  for (let i = 0; i < count; i++) {
    builder.string(text);
    builder.endRow();
  }
}

describe('rows that are taken from a builder', () => {
  it('keep at most twice their bytes of memory, however few they are', () => {
    const builder = new RowBatchBuilder(256 * 1024);
    for (const count of [1, 10, 1000, 5000, 200_000]) {
      append(builder, count, 'some text');
      const { rows, recordCount } = builder.take();
      expect(recordCount).toBe(count);
      expect(rows.length).toBe(count * 11);
      expect(kept(rows)).toBeLessThanOrEqual(rows.length * 2);
    }
  });

  it.each([1, 20_000])(
    'are not touched by what is appended later; a row under way stays (%i rows)',
    (count) => {
      const builder = new RowBatchBuilder(256 * 1024);
      append(builder, count, 'first');
      builder.string('under ');
      const { rows } = builder.take();
      builder.string('way');
      builder.endRow();
      append(builder, count, 'later');
      const expected = new RowBatchBuilder(64);
      append(expected, count, 'first');
      expect(rows.equals(expected.take().rows)).toBe(true);
      expected.string('under ');
      expected.string('way');
      expected.endRow();
      append(expected, count, 'later');
      expect(builder.take()).toEqual({ ...expected.take(), recordCount: count + 1 });
    },
  );
});
