import type { Transform } from 'node:stream';
import { promisify } from 'node:util';
import {
  constants,
  createGunzip,
  createZstdDecompress,
  gzip as gzipCallback,
  zstdCompress as zstdCallback,
} from 'node:zlib';
import { SluiceError } from '@sluice/model';
import { printable } from './errors.ts';
import { ZstdFrames } from './zstd-frames.ts';

export type Compression = 'none' | 'gzip' | 'zstd';

const gzip = promisify(gzipCallback);
const zstd = promisify(zstdCallback);

/** What a compressed file may expand to: more is not text but an attack (DEFLATE ends at 1032-fold). */
export const MOST_EXPANSION = 2000;

const MAGIC: readonly (readonly [name: Compression | 'bzip2' | 'zip', bytes: readonly number[]])[] = [
  ['gzip', [0x1f, 0x8b]],
  ['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
  ['bzip2', [0x42, 0x5a, 0x68]],
  ['zip', [0x50, 0x4b, 0x03, 0x04]],
];

/** How a file is compressed, by its first bytes: its name may say anything. */
export function compressionOf(first: Uint8Array, path: string): Compression {
  const found = MAGIC.find(([, bytes]) => bytes.every((byte, i) => first[i] === byte))?.[0] ?? 'none';
  if (found === 'bzip2' || found === 'zip')
    throw new SluiceError('SLUICE_SRC_FILE', {
      detail: `${printable(path)} is compressed with ${found}, which is not read.`,
      place: printable(path),
      hint: 'Compress it with gzip or zstd.',
    });
  return found;
}

/** The compression that a file name asks for. */
export function compressionByName(path: string): Compression {
  if (path.endsWith('.gz')) return 'gzip';
  return path.endsWith('.zst') ? 'zstd' : 'none';
}

export const COMPRESSED_ENDING: Readonly<Record<Compression, string>> = {
  none: '',
  gzip: '.gz',
  zstd: '.zst',
};

/** Takes several members (gzip) or frames (zstd) one after the other, as parts that were put together have them. */
export function decompressors(compression: 'gzip' | 'zstd'): Transform[] {
  return compression === 'gzip' ? [createGunzip()] : [new ZstdFrames(), createZstdDecompress()];
}

/**
 * Compresses a block to a member or frame of its own: blocks can be put together, and a file can be cut behind any of them. In
 * a thread of the pool.
 */
export async function compressBlock(compression: Compression, block: Buffer): Promise<Buffer> {
  if (compression === 'none' || block.length === 0) return block;
  if (compression === 'gzip') return gzip(block, { level: 6 });
  return zstd(block, { params: { [constants.ZSTD_c_compressionLevel]: 3 } });
}
