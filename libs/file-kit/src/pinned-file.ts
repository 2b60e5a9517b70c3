import type { FileHandle } from 'node:fs/promises';
import { SluiceError } from '@sluice/model';
import { printable } from './errors.ts';
import type { SourceFile } from './file-source.ts';

/** A file as it was when the run was planned: reading goes on in exactly this one. */
export interface PinnedFile {
  readonly file: string;
  readonly size: number;
  /** Nanoseconds since 1970 of the last change, as text; of an object what the store says. */
  readonly mtime: string;
  /** What tells this content from any other under its name: inode, or ETag. */
  readonly ino: string;
}

export async function pinFile(handle: FileHandle, file: string): Promise<PinnedFile> {
  const { size, mtimeNs, ino } = await handle.stat({ bigint: true });
  return { file, size: Number(size), mtime: String(mtimeNs), ino: String(ino) };
}

/** Throws SLUICE_SRC_CHANGED when the open file is not the one that was pinned. */
export async function checkPin(file: Pick<SourceFile, 'pin'>, pinned: PinnedFile): Promise<void> {
  const now = await file.pin();
  if (now.size === pinned.size && now.mtime === pinned.mtime && now.ino === pinned.ino) return;
  const what =
    now.ino !== pinned.ino
      ? 'was replaced'
      : now.size !== pinned.size
        ? 'changed its size'
        : 'was written to';
  throw new SluiceError('SLUICE_SRC_CHANGED', {
    detail: `${printable(pinned.file)} ${what} since the run was planned.`,
    place: printable(pinned.file),
  });
}
