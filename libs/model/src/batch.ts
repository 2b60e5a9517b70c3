import type { Position } from './stream.ts';

/** Kinds of batches (D-3). `final` carries the reader's totals of its split and always closes a unit. */
export type BatchKind = 'data' | 'schema' | 'heartbeat' | 'final';

/** A record that could not be mapped or written, as it rides in a batch or lies in `_sluice_dirty`. */
export interface DirtyRecord {
  /** Index of the record in its batch as read, from 0. */
  readonly index: number;
  /** Error code, e.g. `SLUICE_MAP_CAST`. */
  readonly code: string;
  /** Column at fault, when one is known. */
  readonly column?: string;
  /** What is wrong, in one sentence; contains no secrets. */
  readonly reason: string;
  /** The record as JSON text, cut at 64 KiB. */
  readonly record: string;
}

/** Names one dirty record within a generation: its batch, and its index there. */
export interface DirtyKey {
  readonly split: number;
  /** The reader's epoch. */
  readonly epoch: number;
  readonly seq: number;
  readonly index: number;
}

/** Everything of a batch but its rows; also what rides in the bus message's headers (D-3). */
export interface BatchMeta {
  readonly kind: BatchKind;
  readonly task: string;
  readonly generation: string;
  readonly run: string;
  readonly split: number;
  readonly channel: number;
  /** The reader's epoch. */
  readonly epoch: number;
  /** Counts the batches of a stream from 1 without gaps, across epochs (D-4). */
  readonly seq: number;
  /** Where reading resumes after this batch; null: it cannot (D-7). A `final`'s is the split's end. */
  readonly position: Position | null;
  /** Rows in the batch: good ones only. */
  readonly recordCount: number;
  readonly filteredCount: number;
  readonly dirtyCount: number;
  /** Bytes read at the source for this batch (encoded rows as the reader built them). */
  readonly sourceBytes: number;
  /** Only on `final`: the reader's totals of the split. */
  readonly total?: { readonly read: number; readonly bytes: number };
}

/**
 * A batch in memory. `rows` are the encoded Avro rows back to back, without array framing; their schema is the
 * stage's RowSchema, which the run fixes. `read` of a batch is recordCount + filteredCount + dirtyCount.
 */
export interface Batch extends BatchMeta {
  readonly rows: Buffer;
  readonly dirty: readonly DirtyRecord[];
}

/** Limits of one batch (D-4). */
export interface BatchLimits {
  readonly maxRecords: number;
  readonly maxBytes: number;
}

export const DEFAULT_BATCH_LIMITS: BatchLimits = { maxRecords: 1000, maxBytes: 256 * 1024 };

/** The largest single record that the bus carries (D-4); a larger one is dirty, `SLUICE_SRC_ROW_TOO_LARGE`. */
export const MAX_RECORD_BYTES = 7 * 1024 * 1024;
