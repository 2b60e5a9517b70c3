import { type Batch, type DirtyRecord, SluiceError, type WritePlan } from '@sluice/model';
import { rowsToJson } from '@sluice/wire';
import { recordOffsets } from './row-cursor.ts';
import type { BulkWrite, TargetSession } from './target.ts';

/** What came of one batch. */
export interface WrittenBatch {
  readonly batch: Batch;
  readonly written: number;
  /** Left alone, as the mode of the plan says. */
  readonly skipped: number;
  readonly dirty: readonly DirtyRecord[];
}

/** Consecutive records of one batch. */
interface Slice {
  readonly entry: Entry;
  readonly from: number;
  readonly to: number;
}

interface Entry {
  readonly batch: Batch;
  offsets?: number[];
  written: number;
  skipped: number;
  readonly dirty: DirtyRecord[];
}

/** Longest record text that a dirty record keeps. */
const RECORD_TEXT = 64 * 1024;

/**
 * One bulk statement under a savepoint, and what to do when a record in it is bad: roll back to the savepoint and halve
 * until the bad records are alone (D-16). Keeps the batches it was given until `end`.
 */
export class BulkLoad {
  readonly #session: TargetSession;
  readonly #plan: WritePlan;
  readonly #entries: Entry[] = [];
  #statement: BulkWrite | undefined;
  #failed = false;
  bytes = 0;

  /** Legal right after `session.savepoint()`. */
  constructor(session: TargetSession, plan: WritePlan) {
    this.#session = session;
    this.#plan = plan;
    this.#statement = session.bulk(plan, false);
  }

  async add(batch: Batch): Promise<void> {
    this.#entries.push({ batch, written: 0, skipped: 0, dirty: [] });
    this.bytes += batch.rows.length;
    if (this.#failed) return;
    try {
      await this.#statement!.write(batch.rows, batch.recordCount, batch);
    } catch (error) {
      await this.#giveUp(error);
    }
  }

  /** `tooMany(n)`: whether n dirty records found so far are reason enough to stop looking. */
  async end(tooMany: (found: number) => Promise<boolean>): Promise<readonly WrittenBatch[]> {
    if (!this.#failed) {
      try {
        const sent = this.#entries.reduce((sum, entry) => sum + entry.batch.recordCount, 0);
        const statement = this.#statement!;
        const taken = await statement.end();
        this.#statement = undefined;
        if (taken !== sent) throw shortfall(sent, taken);
        this.#entries.forEach((entry, at) => book(entry, entry.batch.recordCount, statement.skipped?.[at]));
        return this.#entries;
      } catch (error) {
        await this.#giveUp(error);
      }
    }
    await this.#session.rollbackToSavepoint();
    const all = this.#entries.map((entry) => ({ entry, from: 0, to: entry.batch.recordCount }));
    const state = { found: 0, tooMany };
    for (const half of halves(all)) await this.#writeSlices(half, state);
    return this.#entries;
  }

  async abort(): Promise<void> {
    const statement = this.#statement;
    this.#statement = undefined;
    await statement?.abort().catch(() => undefined);
  }

  /** Ends the statement after a row-level error; throws everything else on. */
  async #giveUp(error: unknown): Promise<void> {
    await this.abort();
    if (!(error instanceof SluiceError) || error.kind !== 'data') throw error;
    this.#failed = true;
  }

  async #writeSlices(
    slices: readonly Slice[],
    state: { found: number; tooMany(found: number): Promise<boolean> },
  ): Promise<void> {
    const count = size(slices);
    if (count === 0 || (await state.tooMany(state.found))) return;
    await this.#session.savepoint();
    const statement = this.#session.bulk(this.#plan, count === 1);
    try {
      for (const slice of slices)
        await statement.write(this.#bytesOf(slice), slice.to - slice.from, slice.entry.batch);
      const taken = await statement.end();
      if (taken !== count) throw shortfall(count, taken);
      slices.forEach(({ entry, from, to }, at) => book(entry, to - from, statement.skipped?.[at]));
    } catch (error) {
      await statement.abort().catch(() => undefined);
      if (!(error instanceof SluiceError) || error.kind !== 'data') throw error;
      await this.#session.rollbackToSavepoint();
      if (count === 1) {
        state.found++;
        const slice = slices.find((candidate) => candidate.to > candidate.from)!;
        slice.entry.dirty.push(this.#dirtyRecord(slice, error));
        return;
      }
      for (const half of halves(slices)) await this.#writeSlices(half, state);
    }
  }

  #bytesOf(slice: Slice): Buffer {
    const entry = slice.entry;
    const offsets = (entry.offsets ??= recordOffsets(this.#plan.schema, entry.batch.rows));
    return entry.batch.rows.subarray(offsets[slice.from]!, offsets[slice.to]!);
  }

  #dirtyRecord(slice: Slice, error: SluiceError): DirtyRecord {
    const record = JSON.stringify(rowsToJson(this.#plan.schema, this.#bytesOf(slice))[0] ?? {});
    return {
      index: indexAsRead(slice.entry.batch, slice.from),
      code: error.code,
      ...(error.place === undefined ? {} : { column: error.place }),
      reason: error.detail,
      record: record.slice(0, RECORD_TEXT),
    };
  }
}

/** Index of the n-th good record in its batch as read, where the batch's own dirty records were taken out. */
function indexAsRead(batch: Batch, good: number): number {
  const gone = batch.dirty.map((record) => record.index).sort((a, b) => a - b);
  let index = good;
  for (const other of gone) if (other <= index) index++;
  return index;
}

function book(entry: Entry, records: number, skipped = 0): void {
  entry.written += records - skipped;
  entry.skipped += skipped;
}

function shortfall(sent: number, taken: number): SluiceError {
  return new SluiceError('SLUICE_TGT_VALUE', `The target took ${taken} of ${sent} records.`);
}

function size(slices: readonly Slice[]): number {
  return slices.reduce((sum, slice) => sum + slice.to - slice.from, 0);
}

/** Two lists of about the same number of records; one when there is a single record. */
function halves(slices: readonly Slice[]): Slice[][] {
  const count = size(slices);
  if (count <= 1) return [[...slices]];
  const first: Slice[] = [];
  const second: Slice[] = [];
  let left = count >> 1;
  for (const slice of slices) {
    const cut = Math.min(slice.to, slice.from + left);
    if (cut > slice.from) first.push({ ...slice, to: cut });
    if (cut < slice.to) second.push({ ...slice, from: cut });
    left -= cut - slice.from;
  }
  return [first, second];
}
