import { equal, ok } from 'node:assert/strict';
import { type BatchLimits, type DirtyRecord, type Position, type ReadPlan, type Split } from '@sluice/model';
import type { Connector } from '../connector.ts';
import type { ReadBatch, ReadColumn, Reader, ReadWish } from '../reader.ts';
import type { Opened, TestSource } from './reader-fixture.ts';
import { rowTexts } from './rows.ts';

export const USUAL: BatchLimits = { maxRecords: 1000, maxBytes: 256 * 1024 };

export interface ReadingOptions {
  readonly limits?: BatchLimits;
  readonly signal?: AbortSignal;
  readonly columns?: readonly ReadColumn[];
  /** Batches after which to leave off. */
  readonly most?: number;
}

/** One batch that was read, and how many good rows had been read with it. */
export interface Taken {
  readonly position: Position | null;
  readonly rowsSoFar: number;
  readonly batch: ReadBatch;
}

/** What came of reading a split. */
export interface Reading {
  readonly rows: string[];
  readonly batches: Taken[];
  readonly dirty: DirtyRecord[];
}

/** A plan as it is used: stored as JSON before anything is read. */
export async function planOf(reader: Reader, wish: ReadWish): Promise<ReadPlan> {
  const plan = JSON.parse(JSON.stringify(await reader.plan(wish))) as ReadPlan;
  const { columns, key } = plan.schema;
  for (const name of key)
    ok(
      columns.some((column) => column.name === name),
      `the key column ${name} is not read`,
    );
  return plan;
}

export function batchesOf(
  reader: Reader,
  split: Split,
  from: Position | null,
  options: ReadingOptions = {},
): AsyncIterable<ReadBatch> {
  const { limits = USUAL, signal = new AbortController().signal, columns } = options;
  return reader.read(split, from, { limits, signal, ...(columns === undefined ? {} : { columns }) });
}

/** Reads a split strictly after a position and checks of each batch what holds for all. */
export async function readSplit(
  reader: Reader,
  plan: ReadPlan,
  split: Split,
  from: Position | null,
  names: readonly string[],
  options: ReadingOptions = {},
): Promise<Reading> {
  const { limits = USUAL, most = Infinity } = options;
  const reading: Reading = { rows: [], batches: [], dirty: [] };
  for await (const batch of batchesOf(reader, split, from, options)) {
    const read = batch.recordCount + batch.dirty.length;
    ok(read >= 1, 'a batch has no record');
    ok(read <= limits.maxRecords, `a batch has ${read} records, ${limits.maxRecords} are allowed`);
    const rows = rowTexts(plan.schema, batch.rows, names);
    equal(rows.length, batch.recordCount, 'recordCount is not the number of rows');
    reading.rows.push(...rows);
    reading.dirty.push(...batch.dirty);
    reading.batches.push({ position: batch.position, rowsSoFar: reading.rows.length, batch });
    if (reading.batches.length >= most) break;
  }
  return reading;
}

/** Opens a reader for `body` and closes it. */
export async function withReader<T>(
  connector: Connector,
  source: Opened,
  body: (reader: Reader) => Promise<T>,
): Promise<T> {
  const reader = await connector.openReader!(source.config, source.parameters);
  try {
    return await body(reader);
  } finally {
    await reader.close();
  }
}

/** All rows of a source, split by split. */
export async function readAll(
  connector: Connector,
  source: TestSource,
  channels = 1,
): Promise<{ readonly plan: ReadPlan; readonly rows: readonly string[] }> {
  return withReader(connector, source, async (reader) => {
    const plan = await planOf(reader, { channels });
    const rows: string[] = [];
    for (const split of plan.splits)
      rows.push(...(await readSplit(reader, plan, split, null, source.columns)).rows);
    return { plan, rows };
  });
}
