import { type Batch, type DirtyKey, type DirtyRecord, SluiceError, type WritePlan } from '@sluice/model';
import { BulkLoad } from './bulk-load.ts';
import { crashPoint } from './crash-point.ts';
import type { KeptDirtyRecord, TargetSession } from './target.ts';

/** A dirty record that the target keeps, with its split. */
export interface KeptDirty extends KeptDirtyRecord {
  readonly split: number;
}

/** What became of one record of a replay. `gone`: the target keeps it no longer, because an earlier replay has taken it out. */
export interface ReplayedRecord {
  readonly key: DirtyKey;
  readonly outcome: 'written' | 'filtered' | 'gone' | 'dirty';
  /** Only of `dirty`: why it still is. */
  readonly dirty?: DirtyRecord;
}

/** Rows that are made of dirty records, all with one schema. */
export interface ReplayRows {
  readonly plan: WritePlan;
  readonly rows: Buffer;
  /** By row, the record that it is of. */
  readonly records: readonly KeptDirty[];
}

/** What a replay makes of records: rows to write, records that are dropped, records that are dirty as they are. */
export interface ReplayWork {
  readonly write: readonly ReplayRows[];
  readonly filtered: readonly KeptDirty[];
  readonly dirty: readonly {
    readonly record: KeptDirty;
    readonly found: Omit<DirtyRecord, 'index' | 'record'>;
  }[];
}

/**
 * Takes dirty records out of the target and puts in the rows that are made of them, in one transaction under the task row's lock: whatever
 * is committed is not there to be replayed again, and what is still dirty stays under its key (D-31). Throws SLUICE_TGT_REPLACED when
 * the target is no longer of this generation.
 */
export async function replayDirty(
  session: TargetSession,
  plan: WritePlan,
  keys: readonly DirtyKey[],
  work: (kept: readonly KeptDirty[]) => ReplayWork,
): Promise<readonly ReplayedRecord[]> {
  const { progress, tables } = session;
  if (tables.takeDirty === undefined)
    throw new SluiceError('SLUICE_CFG_CONNECTOR', 'This target keeps no dirty records that can be replayed.');
  await session.begin();
  try {
    const row = await progress.lockTask(plan.task);
    if (row.generation !== plan.generation || row.phase !== 'finished')
      throw new SluiceError('SLUICE_TGT_REPLACED', 'The target is no longer as this run has left it.');
    const kept = await tables.takeDirty(plan.task, plan.generation, keys);
    const done: ReplayedRecord[] = [];
    const todo = work(kept);
    for (const record of todo.filtered) done.push({ key: keyOf(record), outcome: 'filtered' });
    const still = todo.dirty.map(({ record, found }) => ({ ...record, column: undefined, ...found }));
    for (const rows of todo.write) await write(session, rows, done, still as KeptDirty[]);
    for (const { split, epoch, seq, ...dirty } of still as KeptDirty[]) {
      await tables.insertDirty({ task: plan.task, generation: plan.generation, split }, epoch, seq, [dirty]);
      done.push({ key: { split, epoch, seq, index: dirty.index }, outcome: 'dirty', dirty });
    }
    crashPoint('writer.beforeCommit');
    await session.commit();
    crashPoint('writer.afterCommit');
    const found = new Set(kept.map((record) => textOf(keyOf(record))));
    for (const key of keys) if (!found.has(textOf(key))) done.push({ key, outcome: 'gone' });
    return done;
  } catch (error) {
    await session.rollback();
    throw error;
  }
}

async function write(
  session: TargetSession,
  { plan, rows, records }: ReplayRows,
  done: ReplayedRecord[],
  still: KeptDirty[],
): Promise<void> {
  if (records.length === 0) return;
  await session.savepoint();
  const load = new BulkLoad(session, plan);
  await load.add({ ...BATCH, rows, recordCount: records.length });
  const [result] = await load.end(async () => false);
  const refused = new Map(result!.dirty.map((dirty) => [dirty.index, dirty]));
  // How many the mode left alone is known, not which ones.
  let skipped = result!.skipped;
  for (const [at, record] of records.entries()) {
    const dirty = refused.get(at);
    if (dirty === undefined)
      done.push({ key: keyOf(record), outcome: skipped-- > 0 ? 'filtered' : 'written' });
    else still.push({ ...record, ...dirty, index: record.index, record: dirty.record });
  }
}

const keyOf = ({ split, epoch, seq, index }: KeptDirty): DirtyKey => ({ split, epoch, seq, index });
const textOf = ({ split, epoch, seq, index }: DirtyKey): string => `${split}:${epoch}:${seq}:${index}`;

/** The rows of a replay are of no stream: only their bytes and their count matter to a bulk statement. */
const BATCH: Batch = {
  kind: 'data',
  task: '',
  generation: '',
  run: '',
  split: 0,
  channel: 0,
  epoch: 0,
  seq: 0,
  position: null,
  recordCount: 0,
  filteredCount: 0,
  dirtyCount: 0,
  sourceBytes: 0,
  rows: Buffer.alloc(0),
  dirty: [],
};
