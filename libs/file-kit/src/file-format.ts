import type { Parameters } from '@sluice/connector-sdk';
import type { RowSchema } from '@sluice/model';
import type { Compression } from './compression.ts';

/** Encoded records and, for formats that need it, what has to be known about them to close the file. */
export interface Encoded {
  readonly data: Buffer;
  readonly note?: Buffer;
}

/** Encodes rows of one file. */
export interface RowsEncoder {
  /** Appends records, all or none. Throws a data error for one that has no form here. */
  add(rows: Buffer, recordCount: number): void;
  /** Bytes about, of what `take` would give. */
  readonly pendingBytes: number;
  /** What was appended since the last time; `at`: the place in the file where it goes. */
  take(at: number): Encoded;
  /** Remembers what is pending. Of an encoder that streams it has been taken before. */
  mark(): void;
  /** Forgets what was appended since `mark` and not taken. */
  reset(): void;
  /** Forgets everything that was not taken. */
  clear(): void;
  /** What is pending may be taken at any time; otherwise each time costs something of the file's quality. */
  readonly streams: boolean;
}

/** A piece of a file that is put together: notes of records that now lie `shift` bytes further behind. */
export interface NotedPiece {
  readonly notes: Buffer;
  readonly shift: number;
}

/** A file format as a writer needs it. A file is head, records, tail; records of several files may be put in one. */
export interface FileFormat {
  readonly ending: string;
  /** Compression around records; formats that compress inside say none. */
  readonly compression: Compression;
  head(): Buffer;
  encoder(): RowsEncoder;
  tail(pieces: readonly NotedPiece[]): Buffer;
}

/** Makes the format of a task; throws SLUICE_CFG_INVALID. */
export type FormatMaker = (parameters: Parameters, schema: RowSchema) => FileFormat;
