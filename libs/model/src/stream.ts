/** One split of one generation of one task (D-1): the unit that has a progress row in the target. */
export interface StreamId {
  readonly task: string;
  readonly generation: string;
  /** Ordinal of the split, from 0. */
  readonly split: number;
}

/** The ordinal of the *task row*, which is no stream: current generation, phase, cursor (D-1). */
export const TASK_ROW = -1;

/** A place to resume reading a split; opaque to everyone but the reader that made it. */
export type Position = string;

/** Exact counts of one stream, as they stand in its progress row (D-14). `read = written + filtered + dirty`. */
export interface Counts {
  /** Records read at the source. */
  readonly read: number;
  /** Records that the target reported written. */
  readonly written: number;
  /** Left out on purpose: by the mapping's filter, or by the write mode (an existing row with `ignore`, a missing one with `update`). */
  readonly filtered: number;
  readonly dirty: number;
  /** Encoded bytes of the records read. */
  readonly bytes: number;
}

export const ZERO_COUNTS: Counts = { read: 0, written: 0, filtered: 0, dirty: 0, bytes: 0 };

export function addCounts(a: Counts, b: Counts): Counts {
  return {
    read: a.read + b.read,
    written: a.written + b.written,
    filtered: a.filtered + b.filtered,
    dirty: a.dirty + b.dirty,
    bytes: a.bytes + b.bytes,
  };
}

/** Whether the ledger of these counts balances (D-22). */
export function balances(counts: Counts): boolean {
  return counts.read === counts.written + counts.filtered + counts.dirty;
}

/** A stream's progress row in the target: the only truth about what is durable. */
export interface StreamProgress {
  readonly split: number;
  readonly writerEpoch: number;
  readonly writerHolder: string;
  readonly readerEpoch: number;
  /** The last batch that is committed; 0: none. */
  readonly seq: number;
  /** Where reading goes on after `seq`; null: from the split's start. */
  readonly position: Position | null;
  readonly counts: Counts;
  /** The reader's `final` of this split is committed. */
  readonly final: boolean;
}
