import {
  addCounts,
  type Batch,
  type DirtyRecord,
  type StreamId,
  type StreamProgress,
  SluiceError,
  type WritePlan,
} from '@sluice/model';
import { BulkLoad, type WrittenBatch } from './bulk-load.ts';
import { crashPoint } from './crash-point.ts';
import type { TargetSession } from './target.ts';
import { KEPT_DIRTY, type Offered, type Unit, type UnitDirtyRecord, type WriterClaim } from './writer.ts';

/** Bytes of one bulk statement: what is kept to be halved when a record in it is bad (D-10). */
const BULK_BYTES = 16 * 1024 * 1024;

/** One target transaction over consecutive batches of one channel's streams (D-10). */
export class TransactionUnit implements Unit {
  readonly #session: TargetSession;
  readonly #plan: WritePlan;
  readonly #claim: WriterClaim;
  /** Splits of the channel that are not final; shared with the channel, shrinks as finals are committed. */
  readonly #open: Set<number>;
  #rows: Map<number, StreamProgress> | undefined;
  readonly #moved = new Map<number, StreamProgress>();
  #load: BulkLoad | undefined;
  #dirtyFound = 0;
  isInDoubt = false;
  readonly dirty: UnitDirtyRecord[] = [];

  constructor(session: TargetSession, plan: WritePlan, claim: WriterClaim, open: Set<number>) {
    this.#session = session;
    this.#plan = plan;
    this.#claim = claim;
    this.#open = open;
  }

  async offer(batch: Batch): Promise<Offered> {
    if (batch.task !== this.#plan.task || batch.generation !== this.#plan.generation)
      return { kind: 'unknown' };
    this.#rows ??= await this.#lock();
    const row = this.#moved.get(batch.split) ?? this.#rows.get(batch.split);
    if (row === undefined) return { kind: this.#isPlanned(batch.split) ? 'duplicate' : 'unknown' };
    const refused = this.#refusal(batch, row);
    if (refused !== undefined) return refused;
    this.#moved.set(batch.split, this.#advance(batch, row));
    await this.#write(batch);
    if (batch.dirty.length > 0) await this.#keepDirty(batch, batch.dirty);
    return { kind: 'added' };
  }

  async commit(): Promise<readonly StreamProgress[]> {
    await this.#closeBulk();
    // Whoever resumed such a row would read from the start of the split what is in the target already (D-7).
    for (const row of this.#moved.values())
      if (row.position === null && !row.final)
        throw new SluiceError('SLUICE_SYS_BUG', `Split ${row.split} has no position to end a unit at.`);
    for (const row of this.#moved.values())
      if (row.final && row.counts.read !== row.counts.written + row.counts.filtered + row.counts.dirty)
        throw new SluiceError(
          'SLUICE_OFF_LEDGER',
          `Split ${row.split} does not balance: ${JSON.stringify(row.counts)}.`,
        );
    if (this.#dirtyFound > 0) await this.#checkLimit();
    for (const row of this.#moved.values()) await this.#session.progress.saveStream(this.#id(row.split), row);
    const isFinal = [...this.#moved.values()].some((row) => row.final);
    crashPoint('writer.beforeCommit');
    if (isFinal) crashPoint('writer.beforeFinal');
    this.isInDoubt = true;
    const committed = this.#session.commit();
    if (process.env['SLUICE_CRASH_AT'] !== undefined) {
      await new Promise((resolve) => setImmediate(resolve));
      crashPoint('writer.commitSent');
    }
    await committed;
    this.isInDoubt = false;
    crashPoint('writer.afterCommit');
    if (isFinal) crashPoint('writer.afterFinal');
    for (const row of this.#moved.values()) if (row.final) this.#open.delete(row.split);
    return [...this.#moved.values()];
  }

  async rollback(): Promise<void> {
    await this.#load?.abort();
    this.#load = undefined;
    await this.#session.rollback();
  }

  /** Opens the transaction and locks the rows of all the channel's open streams in split order, in one statement. */
  async #lock(): Promise<Map<number, StreamProgress>> {
    await this.#session.begin();
    const splits = [...this.#open].sort((a, b) => a - b);
    const rows = await this.#session.progress.lockStreams(this.#plan.task, this.#plan.generation, splits);
    crashPoint('writer.afterFenceUpdate');
    return new Map(rows.map((row) => [row.split, row]));
  }

  #isPlanned(split: number): boolean {
    return (
      !this.#open.has(split) &&
      this.#plan.streams.some((s) => s.split === split && s.channel === this.#claim.channel)
    );
  }

  /** D-11, in the order of that rule. */
  #refusal(batch: Batch, found: StreamProgress): Offered | undefined {
    if (found.writerEpoch > this.#claim.epoch) return { kind: 'fenced', found };
    if (found.writerEpoch !== this.#claim.epoch || found.writerHolder !== this.#claim.holder)
      return { kind: 'set-back', found };
    if (batch.epoch < found.readerEpoch) return { kind: 'superseded' };
    if (batch.epoch > found.readerEpoch) return { kind: 'set-back', found };
    if (found.final || batch.seq <= found.seq) return { kind: 'duplicate' };
    if (batch.seq !== found.seq + 1) return { kind: 'gap', found };
    return undefined;
  }

  #advance(batch: Batch, row: StreamProgress): StreamProgress {
    const counts = addCounts(row.counts, {
      read: batch.recordCount + batch.filteredCount + batch.dirtyCount,
      written: 0,
      filtered: batch.filteredCount,
      dirty: batch.dirtyCount,
      bytes: batch.sourceBytes,
    });
    if (batch.total !== undefined && batch.total.read !== counts.read)
      throw new SluiceError(
        'SLUICE_OFF_LEDGER',
        `Split ${batch.split}: the reader counted ${batch.total.read} records, ${counts.read} arrived.`,
      );
    // `written` is added when the bulk statement that carries the batch has ended: #book.
    return {
      ...row,
      seq: batch.seq,
      position: batch.position,
      counts,
      final: batch.kind === 'final',
    };
  }

  async #write(batch: Batch): Promise<void> {
    if (batch.recordCount === 0) return;
    if (this.#load === undefined) {
      await this.#session.savepoint();
      this.#load = new BulkLoad(this.#session, this.#plan);
    }
    await this.#load.add(batch);
    crashPoint('writer.midRows');
    if (this.#load.bytes >= BULK_BYTES) await this.#closeBulk();
  }

  /** Ends the bulk statement and books what came of each of its batches. */
  async #closeBulk(): Promise<void> {
    const load = this.#load;
    if (load === undefined) return;
    this.#load = undefined;
    const results = await load.end((found) => this.#limitReached(found));
    for (const result of results) await this.#book(result);
  }

  async #book(result: WrittenBatch): Promise<void> {
    const { batch, written, skipped, dirty } = result;
    const row = this.#moved.get(batch.split)!;
    const counts = {
      ...row.counts,
      written: row.counts.written + written,
      filtered: row.counts.filtered + skipped,
      dirty: row.counts.dirty + dirty.length,
    };
    this.#moved.set(batch.split, { ...row, counts });
    if (dirty.length > 0) await this.#keepDirty(batch, dirty);
  }

  async #keepDirty(batch: Batch, dirty: readonly DirtyRecord[]): Promise<void> {
    // An open bulk statement owns the connection: what is in it goes first.
    await this.#closeBulk();
    this.#dirtyFound += dirty.length;
    for (const record of dirty)
      if (this.dirty.length < KEPT_DIRTY)
        this.dirty.push({ ...record, split: batch.split, epoch: batch.epoch, seq: batch.seq });
    if (await this.#limitReached(0)) throw this.#overLimit();
    await this.#session.tables.insertDirty(this.#id(batch.split), batch.epoch, batch.seq, dirty);
  }

  /** Whether the unit alone is over the limit: no need to look for more (the exact check is at the commit). */
  async #limitReached(more: number): Promise<boolean> {
    return this.#plan.dirtyLimit >= 0 && this.#dirtyFound + more > this.#plan.dirtyLimit;
  }

  /** D-17: exact over all channels, because units with dirty records queue up at the task row. */
  async #checkLimit(): Promise<void> {
    if (this.#plan.dirtyLimit < 0) return;
    await this.#session.progress.lockTask(this.#plan.task);
    const others = await this.#session.tables.countDirty(this.#plan.task, this.#plan.generation);
    let here = 0;
    for (const row of this.#moved.values())
      here += row.counts.dirty - (this.#rows!.get(row.split)?.counts.dirty ?? 0);
    if (others + here > this.#plan.dirtyLimit) throw this.#overLimit();
  }

  #overLimit(): SluiceError {
    const reasons = [
      ...new Set(
        this.dirty.map((r) => `${r.code}${r.column === undefined ? '' : ` (${r.column})`}: ${r.reason}`),
      ),
    ];
    return new SluiceError('SLUICE_RUN_DIRTY_LIMIT', {
      detail: `More than ${this.#plan.dirtyLimit} records are dirty. ${reasons.slice(0, 5).join(' | ')}`,
    });
  }

  #id(split: number): StreamId {
    return { task: this.#plan.task, generation: this.#plan.generation, split };
  }
}
