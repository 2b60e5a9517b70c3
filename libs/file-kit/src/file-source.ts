import type { PinnedFile } from './pinned-file.ts';

/** One open file of a source. */
export interface SourceFile {
  /** Reads bytes of the file from `position` on into a buffer from `at` on; 0 bytes: it ends there. Throws errors with a code. */
  read(into: Buffer, at: number, length: number, position: number): Promise<{ readonly bytesRead: number }>;
  /** The file as it is now, whatever its name leads to meanwhile. */
  pin(): Promise<PinnedFile>;
  close(): Promise<void>;
}

/** Where a reader's files are: a folder of this machine, or a bucket. */
export interface FileSource {
  /** The files that a path names, in the order of their bytes: one file, or what a pattern finds. Throws SLUICE_SRC_FILE when there is none. */
  files(path: string): Promise<readonly string[]>;
  open(path: string): Promise<SourceFile>;
}

/** Looks anew whether the source may be used. */
export type OpenSource = () => Promise<FileSource>;
