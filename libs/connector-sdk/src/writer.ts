import type { Batch, DirtyKey, DirtyRecord, StreamProgress, WritePlan } from '@sluice/model';
import type { KeptDirty, ReplayedRecord, ReplayWork } from './dirty-replay.ts';

/** Who owns a channel's write stage: checked in every transaction (D-10, D-13). */
export interface WriterClaim {
  readonly channel: number;
  readonly epoch: number;
  /** UUID of the claim's holder. */
  readonly holder: string;
}

/** What became of a batch that was offered to a unit. */
export type Offered =
  | { readonly kind: 'added' }
  /** Its seq is committed already: drop it and count (D-11). */
  | { readonly kind: 'duplicate' }
  /** Its reader epoch is older than the row's: drop it and count (D-11). */
  | { readonly kind: 'superseded' }
  /** It is of no row: another generation, or not planned (D-9): drop it and count. */
  | { readonly kind: 'unknown' }
  /** A batch before it is missing (D-11). */
  | { readonly kind: 'gap'; readonly found: StreamProgress }
  /** The row is older than, or unlike, what it should be: take over and seal (D-11). */
  | { readonly kind: 'set-back'; readonly found: StreamProgress }
  /** A newer writer owns the stream (D-13). */
  | { readonly kind: 'fenced'; readonly found: StreamProgress };

/** One target transaction (D-10). Not concurrent: one call at a time. After a throw only `rollback` is legal. */
export interface Unit {
  /**
   * Locks and checks the batch's stream row on its first batch of the stream, then streams the rows on. Any answer but
   * `added` leaves the unit as it was. Row-level data errors become dirty records by bisecting (D-16).
   */
  offer(batch: Batch): Promise<Offered>;
  /**
   * Commits rows and progress together; answers the rows of the streams it moved. Throws SLUICE_RUN_DIRTY_LIMIT (D-17), and
   * SLUICE_SYS_BUG when the last batch of a stream has no position and is no final (D-7).
   */
  commit(): Promise<readonly StreamProgress[]>;
  rollback(): Promise<void>;
  /** COMMIT was sent and not answered: only the progress rows say what happened (D-12). */
  readonly isInDoubt: boolean;
  /** Records that this unit found dirty or was handed as dirty, for API and console once it is committed (D-17). */
  readonly dirty: readonly UnitDirtyRecord[];
}

/** Dirty records of one unit, or of one stream, whose content is told for API and console; the target's table has all of them. */
export const KEPT_DIRTY = 1000;

export interface UnitDirtyRecord extends DirtyRecord {
  readonly split: number;
  readonly epoch: number;
  readonly seq: number;
}

/** The write stage of one channel on a connection of its own. */
export interface ChannelWriter {
  begin(): Promise<Unit>;
  close(): Promise<void>;
}

/** Writes one generation into one target. All methods may be repeated after any failure. */
export interface Writer {
  /** D-9. Durable on return. Repeating it after `prepared` does nothing. */
  prepare(plan: WritePlan): Promise<void>;
  /**
   * D-13: raises epoch and holder of the given splits' rows and answers the rows. Where the raise has no effect the row
   * found (its writerEpoch is higher) is in the answer: the caller asks for an epoch above it. Throws
   * SLUICE_TGT_NOT_PREPARED while the generation has no rows.
   */
  takeOver(
    plan: WritePlan,
    splits: readonly number[],
    claim: WriterClaim,
  ): Promise<readonly StreamProgress[]>;
  /** D-6: raises the reader epoch of one stream, freezing it for older readers, and answers the row (raised or not). */
  seal(plan: WritePlan, split: number, readerEpoch: number): Promise<StreamProgress>;
  openChannel(plan: WritePlan, claim: WriterClaim): Promise<ChannelWriter>;
  /** The last dirty records of a stream, as the target keeps them (D-17): their finder may have died before it told of them. */
  lastDirty(plan: WritePlan, split: number): Promise<readonly UnitDirtyRecord[]>;
  /** D-22: every stream is final: phase `finished`, rows of older generations removed. */
  finish(plan: WritePlan): Promise<void>;
  /**
   * D-31: replays dirty records of a finished generation by what `work` makes of them; atomic, and harmless when it is repeated. Left
   * out: the target keeps none.
   */
  replay?(
    plan: WritePlan,
    keys: readonly DirtyKey[],
    work: (kept: readonly KeptDirty[]) => ReplayWork,
  ): Promise<readonly ReplayedRecord[]>;
  /** D-23: after it returns nothing changes in the target any more for this task's generation. */
  cancel(plan: WritePlan): Promise<void>;
  close(): Promise<void>;
}
