import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { type Reading, readFiles, testRoot } from '@sluice/file-kit/fixture';
import { decodeRows, type RowValue } from '@sluice/wire';
import { describe, expect, it } from 'vitest';
import { connector } from './index.ts';

/** Files that pyarrow wrote: test/made-by-pyarrow.py. */
const root = testRoot(true);
cpSync(join(import.meta.dirname, '../test'), root, { recursive: true });

const valuesOf = ({ plan, rows }: Reading): RowValue[][] => decodeRows(plan.schema, rows);

describe('a Parquet file of another writer', () => {
  it('is read exactly, whatever its types', async () => {
    const reading = await readFiles(connector, root, { path: 'kinds.parquet' });
    const types = reading.plan.schema.columns.map(
      ({ kind, precision, scale }) => `${kind}${precision === undefined ? '' : `(${precision},${scale})`}`,
    );
    expect(types.join(' ')).toBe(
      'int long decimal(20,0) decimal(7,2) decimal(38,4) date time time timestamp timestamptz timestamp string bytes bytes float string float',
    );
    const [first, second, third] = valuesOf(reading);
    expect(first).toEqual([
      1,
      0n,
      '0',
      '1.50',
      '1.5000',
      '0001-01-01',
      '23:59:59.999999',
      '23:59:59.999',
      '1970-01-01T00:00:00.000001',
      '1970-01-01T00:00:00.001Z',
      '1970-01-01T00:00:00.000001',
      'x',
      Buffer.from([0, 255]),
      Buffer.from('abcd'),
      1.5,
      'a',
      Math.fround(0.1),
    ]);
    expect(second!.slice(0, 6)).toEqual([
      -128,
      4294967295n,
      '18446744073709551615',
      '-99999.99',
      '1000000000000000000000000000000.0000',
      '9999-12-31',
    ]);
    expect(second!.slice(11)).toEqual(['', Buffer.alloc(0), Buffer.alloc(4), -0, 'a', Number.NaN]);
    expect(third!.every((value) => value === null)).toBe(true);
  });

  it('with times finer than microseconds gives those that have nothing there, and the others are dirty', async () => {
    const reading = await readFiles(connector, root, { path: 'int96.parquet' });
    expect(valuesOf(reading).flat()).toEqual(['1970-01-01T00:00:00.000001', '1970-01-01T00:00:00.000001']);
    expect(reading.dirty).toMatchObject([
      {
        index: 1,
        column: 'at',
        reason: expect.stringMatching(/^int96.parquet row 2 of group 1: /) as string,
      },
    ]);
  });

  it('is read in any of its encodings, page by page; of what is nested the other columns', async () => {
    await expect(readFiles(connector, root, { path: 'encodings.parquet' })).rejects.toMatchObject({
      code: 'SLUICE_SRC_COLUMN',
      place: 'list',
    });
    const reading = await readFiles(connector, root, {
      path: 'encodings.parquet',
      columns: ['x', 'id', 'word'],
    });
    expect(valuesOf(reading)).toEqual(
      Array.from({ length: 2000 }, (_, i) => [i % 3 === 0 ? null : i * 0.5, BigInt(i), `v${i % 10}`]),
    );
  });
});
