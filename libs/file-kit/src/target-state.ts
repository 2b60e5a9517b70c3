import type { RowSchema, StreamProgress } from '@sluice/model';
import type { Parameters, TaskRow } from '@sluice/connector-sdk';

/** A staged file of one stream, as far as it is committed. */
export interface Part {
  readonly split: number;
  /** Of the first batch in it: the order of the parts of a split. */
  readonly seq: number;
  /** In the folder of the generation. */
  readonly name: string;
  /** Bytes that count; a writer that lost its stream may have left more. */
  readonly bytes: number;
  readonly rows: number;
  /** Bytes in front of the records (a header), and where the records end (what closes a file follows). */
  readonly head: number;
  readonly data: number;
  /** Bytes that count of what the format notes beside the part. */
  readonly notes: number;
  /** Its writer has closed it: it is a whole file, and nobody will write to it again. */
  readonly isClosed: boolean;
  /** Of a closed part. */
  readonly sha256?: string;
}

/** Dirty records of one stream in the staging folder, as far as they are committed. */
export interface DirtyPart {
  readonly name: string;
  readonly bytes: number;
}

/** A file that is there already, so that it is not mistaken for another one of its name. */
export interface KnownFile {
  readonly name: string;
  readonly size: number;
  readonly mtime: string;
  readonly ino: string;
}

/** The decision to make a generation visible: from here on it is carried out by whoever comes, to its end. */
export interface Publication {
  readonly generation: string;
  readonly run: string;
  readonly parameters: Parameters;
  readonly schema: RowSchema;
  readonly how: 'append' | 'truncate' | 'fail';
  /** Files that go when the new ones are there (truncate, folder). */
  readonly removes: readonly KnownFile[];
  /** The one file that is replaced or appended to, when it was there (single file). */
  readonly base: KnownFile | null;
  /** The whole file that will take its place: made, not yet renamed. */
  readonly made?: KnownFile;
  /** It is carried out. */
  readonly isDone?: boolean;
}

/** Everything that is durable about one task in one target: the counterpart of `_sluice_progress`. */
export interface TargetState {
  readonly task: Omit<TaskRow, 'task'>;
  /** Raised by every transaction that holds the task row. */
  readonly turn: number;
  readonly streams: Readonly<Record<string, readonly StreamProgress[]>>;
  /** Of the current generation. */
  readonly parts: readonly Part[];
  readonly dirty: readonly DirtyPart[];
  readonly publication?: Publication;
}

export const NEW_TARGET: TargetState = {
  task: { generation: '', phase: 'new' },
  turn: 0,
  streams: {},
  parts: [],
  dirty: [],
};

/** Parts in the order of the source. */
export function inOrder(parts: readonly Part[]): Part[] {
  return [...parts].sort((a, b) => a.split - b.split || a.seq - b.seq || (a.name < b.name ? -1 : 1));
}

export function sameProgress(a: StreamProgress | undefined, b: StreamProgress | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return (
    a.writerEpoch === b.writerEpoch &&
    a.writerHolder === b.writerHolder &&
    a.readerEpoch === b.readerEpoch &&
    a.seq === b.seq &&
    a.position === b.position &&
    a.final === b.final
  );
}
