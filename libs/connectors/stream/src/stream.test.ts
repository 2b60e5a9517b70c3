import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ReadBatch } from '@sluice/connector-sdk';
import { DEFAULT_BATCH_LIMITS } from '@sluice/model';
import { decodeRows } from '@sluice/wire';
import { afterAll, describe, expect, it } from 'vitest';
import { GENERATED_KINDS } from './generated-columns.ts';
import { connector, generatorTotals, sinkTotals } from './index.ts';
import { SinkConnections } from './sink.ts';

const folder = mkdtempSync(join(tmpdir(), 'sluice-stream-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Rows that a test looks at. */
const MOST = 2000;

async function rowsOf(
  parameters: Readonly<Record<string, unknown>>,
  from: string | null = null,
): Promise<unknown[][]> {
  const reader = await connector.openReader!({}, { table: 't', ...parameters });
  const { splits, schema } = await reader.plan({ channels: 1 });
  const rows: unknown[][] = [];
  const options = { limits: DEFAULT_BATCH_LIMITS, signal: new AbortController().signal };
  for (const split of splits)
    for await (const batch of reader.read(split, from, options)) {
      rows.push(...decodeRows(schema, batch.rows));
      if (rows.length >= MOST) return rows;
    }
  return rows;
}

describe('the generator', () => {
  const kinds = GENERATED_KINDS.join(',');

  it('gives a row the same values whatever the number of rows and splits and wherever reading begins', async () => {
    const all = await rowsOf({ rows: MOST, kinds, padding: 20 });
    expect(all[1099]![0]).toBe(1100n);
    expect(await rowsOf({ rows: MOST, kinds, padding: 20, splits: 9 })).toEqual(all);
    expect(await rowsOf({ rows: 1e12, kinds, padding: 20 })).toEqual(all);
    expect(await rowsOf({ rows: MOST, kinds, padding: 20 }, '1099')).toEqual(all.slice(1099));
  });

  it('gives other values under another seed, and different ones from row to row', async () => {
    const [one, two] = [await rowsOf({ rows: 200, kinds }), await rowsOf({ rows: 200, kinds, seed: 2 })];
    for (const column of GENERATED_KINDS.keys()) {
      const values = (rows: unknown[][]): string[] => rows.map((row) => String(row[column + 1]));
      expect(values(one)).not.toEqual(values(two));
      expect(new Set(values(one)).size).toBeGreaterThan(GENERATED_KINDS[column] === 'boolean' ? 1 : 100);
    }
  });

  it('numbers columns of the same kind and gives them different values', async () => {
    const described = await connector.describe({ kinds: 'int,int' }, { table: 't' }, 'source');
    expect(described!.columns.map(({ name }) => name)).toEqual(['id', 'int', 'int_2']);
    for (const [, first, second] of await rowsOf({ rows: 50, kinds: 'int,int' }))
      expect(first).not.toBe(second);
  });

  it('lets a task say otherwise than its data source', async () => {
    const tables = await connector.tables({ rows: 7 }, { limit: 5 });
    expect(tables).toEqual([{ name: 'rows', qualified: 'rows', kind: 'table', rowsEstimate: 7 }]);
    const reader = await connector.openReader!({ rows: 7 }, { table: 't', rows: 3 });
    expect((await reader.plan({ channels: 1 })).rows).toEqual({ count: 3, kind: 'exact' });
  });

  it('keeps to its rate, and ends on abort while it waits for it', async () => {
    const reader = await connector.openReader!({}, { table: 't', rows: 1000, rowsPerSecond: 1 });
    const { splits } = await reader.plan({ channels: 1 });
    const abort = new AbortController();
    const limits = { maxRecords: 500, maxBytes: 1_000_000 };
    const batches: ReadBatch[] = [];
    const reading = (async () => {
      for await (const batch of reader.read(splits[0]!, null, { limits, signal: abort.signal }))
        batches.push(batch);
    })();
    setImmediate(() => abort.abort());
    await reading;
    expect(batches).toEqual([]);
  });
});

describe('the sink', () => {
  it('adds up, in any order and in any batches, to what the generator says of its good rows', async () => {
    const file = join(folder, 'sink.db');
    const parameters = { table: 't', rows: 3000, badEvery: 100, splits: 3 };
    const session = await new SinkConnections({ file }, { table: 't' }).open('test');
    const reader = await connector.openReader!({}, parameters);
    const plan = await reader.plan({ channels: 1 });
    const write = {
      task: 't',
      generation: 'g',
      run: 'r',
      mode: 'insert',
      truncateFirst: false,
      createTable: true,
      schema: plan.schema,
      streams: [],
      dirtyLimit: -1,
    } as const;
    await session.begin();
    await session.tables.prepare(write);
    for (const split of plan.splits.toReversed()) {
      const limits = { maxRecords: 7 + split.ordinal, maxBytes: 10_000 };
      const bulk = session.bulk(write);
      for await (const { rows, recordCount } of reader.read(split, null, {
        limits,
        signal: new AbortController().signal,
      }))
        await bulk.write(rows, recordCount);
      await bulk.end();
    }
    expect(sinkTotals({ file }, 't')).toMatchObject({ records: 0 });
    await session.commit();
    await session.close();
    const totals = await generatorTotals({}, parameters);
    expect(totals.records).toBe(2970);
    expect(sinkTotals({ file }, 't')).toEqual(totals);
    expect(sinkTotals({ file }, 'other')).toBeUndefined();
  });
});
