import type { RowSchema } from './row-schema.ts';

/** A part of the source that can be read on its own; made by the reader, stored before anything is read. */
export interface Split {
  readonly ordinal: number;
  /** Opaque to everyone but the reader: key range, page range, file, ... JSON-serialisable. */
  readonly range: unknown;
  /** For people: `id > 1 and id <= 250000`. */
  readonly label: string;
  /** False: every position is null until the final, so that the split is one commit (D-7). */
  readonly resumable: boolean;
}

/** What a reader plans for a run. */
export interface ReadPlan {
  readonly splits: readonly Split[];
  /** The schema of the rows that `read` yields: the task's columns, in order. */
  readonly schema: RowSchema;
  /** Rows to be read, when it is known or estimated. */
  readonly rows?: { readonly count: number; readonly kind: 'exact' | 'estimate' };
  /** Sentences for the run log: why one channel only, where nulls go, ... */
  readonly notes: readonly string[];
}

/**
 * How the writer treats rows (D-25), as if they came one by one in the order of the source. Rows that a mode leaves alone count as
 * filtered.
 */
export const WRITE_MODES = [
  /** Appends; a row whose key is there is dirty. */
  'insert',
  /** Inserts, or updates the row of the same key. */
  'upsert',
  /** Inserts where the key is not there; what is there stays, and the row is left alone. */
  'ignore',
  /** Updates the row of the same key; a row whose key is not there is left alone. */
  'update',
  /** Removes the row of the same key and inserts: columns that the rows do not have get their defaults. */
  'replace',
  /** Inserts into a staging table, which takes the target's place when the last row is in; a key twice is dirty. */
  'overwrite',
] as const;

export type WriteMode = (typeof WRITE_MODES)[number];

/** Modes that go by a unique key of the target. */
export const KEYED_MODES: ReadonlySet<WriteMode> = new Set(['upsert', 'ignore', 'update', 'replace']);

/** What a writer must know to prepare a generation and to write it; stored with the run. */
export interface WritePlan {
  readonly task: string;
  readonly generation: string;
  readonly run: string;
  readonly mode: WriteMode;
  /** Empty the target table once, when the generation is prepared. */
  readonly truncateFirst: boolean;
  /** Budget of one transaction (D-10); what is left out has the default. It ends behind the batch that reaches it. */
  readonly transaction?: { readonly records?: number; readonly bytes?: number };
  /** Statements of the task in the target, each once a generation: before the first row and behind the last one. */
  readonly preSql?: readonly string[];
  readonly postSql?: readonly string[];
  /** Starting over was asked for: what unfinished generations before this one have appended may be repeated (D-24). */
  readonly repeats?: string;
  /** Create the target table from `schema` when it does not exist. */
  readonly createTable: boolean;
  /** The schema of the rows as the writer gets them: target column names, in writing order. */
  readonly schema: RowSchema;
  /** Every planned stream with its first epochs; the rows that preparing inserts (D-9). */
  readonly streams: readonly PlannedStream[];
  /** Records that may be dirty before the run fails (D-17); Infinity is not allowed, -1 means any number. */
  readonly dirtyLimit: number;
}

export interface PlannedStream {
  readonly split: number;
  readonly channel: number;
  readonly readerEpoch: number;
  readonly writerEpoch: number;
}
