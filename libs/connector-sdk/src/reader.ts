import type { BatchLimits, DirtyRecord, Position, ReadPlan, Split } from '@sluice/model';

/** What `plan` is asked for. */
export interface ReadWish {
  /** Channels of the task; the plan makes about this many splits, or more (at most 64 a channel, or one a table). */
  readonly channels: number;
  /** Columns in order with their output names; absent: all columns under their own names. A constant is SQL-free text. */
  readonly columns?: readonly ReadColumn[];
}

export interface ReadColumn {
  /** Output name. */
  readonly as: string;
  /** Source column; absent for a constant. */
  readonly column?: string;
  readonly constant?: string | number | boolean | null;
}

/** What a reader yields: at least one record, good or dirty, within the limits (one larger record alone is legal). */
export interface ReadBatch {
  /** Encoded rows back to back, as RowBatchBuilder makes them, of the plan's schema. */
  readonly rows: Buffer;
  readonly recordCount: number;
  /** Records that could not be decoded; `index` counts within recordCount + dirty.length in reading order. */
  readonly dirty: readonly DirtyRecord[];
  /** Reading resumes strictly after this batch from here; null: it cannot. */
  readonly position: Position | null;
}

export interface ReadOptions {
  readonly limits: BatchLimits;
  readonly signal: AbortSignal;
  /** The same wish that the plan was made for. */
  readonly columns?: readonly ReadColumn[];
}

/** Reads one table or file set. */
export interface Reader {
  /** Looks at the source and cuts it. May be repeated: the result of the first is stored and used. */
  plan(wish: ReadWish): Promise<ReadPlan>;
  /**
   * Reads a split strictly after `from` (null: from its start), on a connection of its own, with back-pressure: what is
   * not pulled is not read ahead beyond a few hundred KiB. Ends quietly on abort. Throws SluiceError.
   */
  read(split: Split, from: Position | null, options: ReadOptions): AsyncIterable<ReadBatch>;
  /** The source's log may be cut up to here (change streams only). */
  acknowledge?(split: Split, position: Position): Promise<void>;
  close(): Promise<void>;
}
