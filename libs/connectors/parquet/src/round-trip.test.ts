import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  batchOf,
  filePlan,
  Owner,
  readFiles,
  type SplitRows,
  testRoot,
  writeEncoded,
  writeFiles,
} from '@sluice/file-kit/fixture';
import { type RowSchema, SluiceError } from '@sluice/model';
import { decodeRows } from '@sluice/wire';
import { build, EVERY_KIND, type RawField, rowsOf } from '@sluice/wire/row-arbitrary';
import fc from 'fast-check';
import { parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import { describe, expect, it } from 'vitest';
import { connector } from './index.ts';
import { parquetFormat } from './writer-format.ts';

const DAY = 86_400_000_000;

/** What Parquet has no form for is null: escape texts, the end of a day as a time. */
function storable(rows: readonly RawField[][]): RawField[][] {
  return rows.map((row) =>
    row.map((raw, i) => {
      const column = EVERY_KIND.columns[i]!;
      if (raw === null) return column.nullable ? null : { value: 0n };
      const isFit = 'value' in raw && !(column.kind === 'time' && raw.value === DAY);
      return isFit ? raw : null;
    }),
  );
}

const encode = (rows: readonly RawField[][]): SplitRows[number] => ({
  rows: build(EVERY_KIND, rows),
  count: rows.length,
});

async function file(
  root: string,
  name: string,
): Promise<{ byteLength: number; slice: (a: number, b?: number) => ArrayBuffer }> {
  const content = readFileSync(join(root, name));
  return {
    byteLength: content.length,
    slice: (from, to) => new Uint8Array(content.subarray(from, to)).buffer,
  };
}

describe('rows that were written to Parquet', () => {
  for (const compression of ['snappy', 'gzip', 'zstd', 'none'])
    it(`are the same when they are read: ${compression}`, async () => {
      const root = testRoot();
      let n = 0;
      await fc.assert(
        fc.asyncProperty(fc.array(rowsOf(EVERY_KIND), { maxLength: 4 }), async (given) => {
          const batches = given
            .map(storable)
            .filter((rows) => rows.length > 0)
            .map(encode);
          const path = `${n++}.parquet`;
          await writeEncoded(join(root, path), parquetFormat({ path, compression }, EVERY_KIND), batches);
          const reading = await readFiles(connector, root, { path });
          const wanted = Buffer.concat(batches.map(({ rows }) => rows));
          expect(reading.dirty).toEqual([]);
          expect(decodeRows(EVERY_KIND, reading.rows)).toEqual(decodeRows(EVERY_KIND, wanted));
          expect(reading.rows.equals(wanted)).toBe(true);
          const kinds = ({ columns }: RowSchema): unknown[] =>
            columns.map(({ name, kind, nullable, precision, scale }) => [
              name,
              kind,
              nullable,
              precision,
              scale,
            ]);
          expect(kinds(reading.plan.schema)).toEqual(kinds(EVERY_KIND));
        }),
        { numRuns: 20 },
      );
    });

  it('are the same behind any position, in files of many pages and groups', async () => {
    const root = testRoot();
    const rows = Array.from({ length: 3000 }, (_, id): RawField[] =>
      EVERY_KIND.columns.map(({ kind }, i) => {
        if (i > 0 && (id + i) % 7 === 0) return null;
        if (kind === 'long') return { value: BigInt(id) };
        if (kind === 'string') return { value: `${'text '.repeat(id % 40)}${id % 10}` };
        if (kind === 'bytes') return { value: Buffer.alloc(id % 5, id) };
        if (kind === 'boolean') return { value: id % 2 === 0 };
        if (kind === 'decimal' || kind === 'timestamp' || kind === 'timestamptz')
          return { value: BigInt(id) * 997n };
        return { value: id };
      }),
    );
    const batches = [rows.slice(0, 1000), rows.slice(1000, 2900), rows.slice(2900)].map(encode);
    await writeEncoded(join(root, 'a.parquet'), parquetFormat({ path: 'a.parquet' }, EVERY_KIND), batches);
    const limits = { maxRecords: 217, maxBytes: 262_144 };
    const whole = await readFiles(connector, root, { path: '*.parquet' }, { limits });
    expect(whole.rows.equals(Buffer.concat(batches.map((batch) => batch.rows)))).toBe(true);
    expect(whole.plan.rows).toEqual({ count: 3000, kind: 'exact' });
    for (const { split, position, bytes } of whole.positions) {
      const rest = await readFiles(
        connector,
        root,
        { path: '*.parquet' },
        {
          plan: whole.plan,
          from: { split, position },
          limits,
        },
      );
      expect(rest.rows.equals(whole.rows.subarray(bytes))).toBe(true);
    }
    const two = await readFiles(connector, root, { path: '*.parquet' }, { channels: 2 });
    expect(two.plan.splits.length).toBeGreaterThan(1);
    expect(two.rows.equals(whole.rows)).toBe(true);
  });

  it('are one file when several splits and writers made them, and each group knows its bounds', async () => {
    const root = testRoot(true);
    const schema: RowSchema = {
      name: 't',
      key: [],
      columns: [
        { name: 'id', kind: 'long', nullable: false },
        { name: 'small', kind: 'decimal', precision: 5, scale: 2, nullable: true },
        { name: 'text', kind: 'string', nullable: true },
      ],
    };
    const rowsFrom = (from: number): SplitRows =>
      [0, 1].map((b) => {
        const ids = [0, 1, 2].map((i) => from + b * 3 + i);
        return {
          rows: build(
            schema,
            ids.map((id) => [{ value: BigInt(id) }, { value: BigInt(id * 10) }, { value: `t${id}` }]),
          ),
          count: 3,
        };
      });
    const plan = filePlan(schema, 2);
    const first = await Owner.of(connector, root, { path: 'a.parquet' }, plan);
    await first.write(batchOf(plan, 0, 1, rowsFrom(0)));
    const second = await Owner.of(connector, root, { path: 'a.parquet' }, plan, first.claim.epoch);
    for (const seq of [2, 3]) await second.write(batchOf(plan, 0, seq, rowsFrom(0)));
    for (const seq of [1, 2, 3]) await second.write(batchOf(plan, 1, seq, rowsFrom(10)));
    await second.writer.finish(plan);
    await Promise.all([first.close(), second.close()]);
    const metadata = await parquetMetadataAsync(await file(root, 'a.parquet'));
    expect(metadata.row_groups.map(({ num_rows }) => Number(num_rows))).toEqual([3, 3, 3, 3]);
    const bounds = metadata.row_groups.map(({ columns }) =>
      columns.map(({ meta_data: meta }) => [meta?.statistics?.min_value, meta?.statistics?.max_value]),
    );
    expect(bounds[1]).toEqual([
      [3n, 5n],
      [0.3, 0.5],
      ['t3', 't5'],
    ]);
    const read = await parquetReadObjects({ file: await file(root, 'a.parquet') });
    expect(read.map(({ id, text }: Record<string, unknown>) => [id, text])).toEqual(
      [0, 1, 2, 3, 4, 5, 10, 11, 12, 13, 14, 15].map((id) => [BigInt(id), `t${id}`]),
    );
  });

  it('of no rows are a file with its columns; what has no form is dirty; nothing is appended to one file', async () => {
    const root = testRoot(true);
    await writeFiles(connector, root, { path: 'a.parquet' }, EVERY_KIND, [[]]);
    const empty = await readFiles(connector, root, { path: 'a.parquet' });
    expect([empty.count, empty.plan.schema.columns.length]).toEqual([0, EVERY_KIND.columns.length]);
    const schema: RowSchema = {
      name: 't',
      key: [],
      columns: [
        { name: 'clock', kind: 'time', nullable: true },
        { name: 'day', kind: 'date', nullable: true },
      ],
    };
    const rows = [
      [{ value: 1 }, { value: 1 }],
      [{ value: DAY }, { value: 2 }],
      [{ value: 3 }, { text: 'infinity' }],
      [{ value: 4 }, { value: 4 }],
    ];
    const plan = filePlan(schema, 1, { dirtyLimit: -1 });
    const owner = await Owner.of(connector, root, { path: 'b.parquet' }, plan);
    const all = [{ rows: build(schema, rows), count: 4 }];
    const [row] = await owner.write(batchOf(plan, 0, 1, all));
    expect(row!.counts).toMatchObject({ written: 2, dirty: 2 });
    await owner.write(batchOf(plan, 0, 2, all));
    await owner.writer.finish(plan);
    await owner.close();
    const reading = await readFiles(connector, root, { path: 'b.parquet' });
    expect(decodeRows(schema, reading.rows).map(([, day]) => day)).toEqual(['1970-01-02', '1970-01-05']);
    await expect(
      writeFiles(connector, root, { path: 'a.parquet', existing: 'append' }, EVERY_KIND, [[]]),
    ).rejects.toMatchObject({ code: 'SLUICE_CFG_INVALID' });
  });

  it('in a damaged file end the run, whatever byte is wrong, and never the process', async () => {
    const root = testRoot();
    const rows = Array.from({ length: 50 }, (_, id): RawField[] =>
      EVERY_KIND.columns.map(({ kind }) =>
        kind === 'string'
          ? { value: `text ${id}` }
          : kind === 'bytes'
            ? null
            : { value: kind === 'int' ? id : 0n },
      ),
    ).map((row) =>
      row.map((raw, i) => {
        const { kind } = EVERY_KIND.columns[i]!;
        if (['float', 'double', 'date', 'time'].includes(kind)) return { value: 1 };
        return kind === 'boolean' ? { value: true } : raw;
      }),
    );
    await writeEncoded(join(root, 'a.parquet'), parquetFormat({ path: 'a.parquet' }, EVERY_KIND), [
      encode(rows),
    ]);
    const content = readFileSync(join(root, 'a.parquet'));
    let refused = 0;
    for (let at = 0; at < content.length; at += 5) {
      const damaged = Buffer.from(content);
      damaged[at]! ^= 0x5a;
      writeFileSync(join(root, 'b.parquet'), damaged);
      const reading = await readFiles(connector, root, { path: 'b.parquet' }).catch(
        (error: unknown) => error,
      );
      if (!(reading instanceof SluiceError)) continue;
      expect(reading.code).toMatch(/^SLUICE_SRC_(FILE|COLUMN)$/);
      refused++;
    }
    expect(refused).toBeGreaterThan(50);
    for (const length of [0, 4, 11, content.length - 1, content.length >> 1]) {
      writeFileSync(join(root, 'b.parquet'), content.subarray(0, length));
      await expect(readFiles(connector, root, { path: 'b.parquet' })).rejects.toMatchObject({
        code: 'SLUICE_SRC_FILE',
      });
    }
  });
});
