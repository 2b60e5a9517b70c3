import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { SluiceError } from '@sluice/model';
import { compressBlock } from './compression.ts';
import { syncFolder, writeAt } from './durable.ts';
import type { FileFormat, NotedPiece } from './file-format.ts';
import type { Part } from './target-state.ts';

const CHUNK = 1024 * 1024;

/** A file that was put together, with what a manifest says about it. */
export interface Assembled {
  readonly bytes: number;
  readonly sha256: string;
}

/**
 * Writes a whole new file at `path`: what was there before (`base`), a head unless one of them has it, the records of the parts, a
 * tail. Durable on return.
 */
export async function assemble(
  path: string,
  options: {
    readonly staging: string;
    readonly parts: readonly Part[];
    readonly format: FileFormat;
    readonly base?: { readonly path: string; readonly size: number };
  },
): Promise<Assembled> {
  const { staging, parts, format, base } = options;
  const target = await open(path, 'wx', 0o640);
  const hash = createHash('sha256');
  let length = 0;
  const put = async (data: Buffer): Promise<void> => {
    if (data.length === 0) return;
    await writeAt(target, data, length);
    hash.update(data);
    length += data.length;
  };
  const copy = async (from: string, start: number, end: number): Promise<void> => {
    const source = await open(from, 'r');
    try {
      for await (const chunk of chunks(source, start, end)) await put(chunk);
    } finally {
      await source.close();
    }
  };
  try {
    if (base !== undefined && base.size > 0) await copy(base.path, 0, base.size);
    else await put(await compressBlock(format.compression, format.head()));
    const pieces: NotedPiece[] = [];
    for (const part of parts) {
      const notes =
        part.notes === 0 ? Buffer.alloc(0) : await readStart(join(staging, `${part.name}.notes`), part.notes);
      pieces.push({ notes, shift: length - part.head });
      await copy(join(staging, part.name), part.head, part.data);
    }
    await put(format.tail(pieces));
    await target.sync();
  } finally {
    await target.close();
  }
  await syncFolder(staging);
  return { bytes: length, sha256: hash.digest('hex') };
}

async function readStart(path: string, length: number): Promise<Buffer> {
  const handle = await open(path, 'r');
  try {
    const parts: Buffer[] = [];
    for await (const chunk of chunks(handle, 0, length)) parts.push(Buffer.from(chunk));
    return Buffer.concat(parts);
  } finally {
    await handle.close();
  }
}

async function* chunks(handle: FileHandle, start: number, end: number): AsyncIterable<Buffer> {
  const buffer = Buffer.allocUnsafeSlow(CHUNK);
  for (let at = start; at < end;) {
    const { bytesRead } = await handle.read(buffer, 0, Math.min(CHUNK, end - at), at);
    if (bytesRead === 0)
      throw new SluiceError('SLUICE_SYS_BUG', 'A staged file is shorter than what was committed of it.');
    at += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}
