import { brotliDecompressSync, gunzipSync, gzipSync, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { compressors } from 'hyparquet-compressors';

/** Codecs that pages are written with, beside the writer's own snappy. */
export const COMPRESSORS = {
  GZIP: (input: Uint8Array): Uint8Array => gzipSync(input),
  ZSTD: (input: Uint8Array): Uint8Array => zstdCompressSync(input),
};

/** Codecs that pages are read with: Node's own where it has them. Nothing expands beyond what the page says. */
export const DECOMPRESSORS = {
  ...compressors,
  GZIP: (input: Uint8Array, length: number): Uint8Array =>
    gunzipSync(input, { maxOutputLength: Math.max(1, length) }),
  ZSTD: (input: Uint8Array, length: number): Uint8Array =>
    zstdDecompressSync(input, { maxOutputLength: Math.max(1, length) }),
  BROTLI: (input: Uint8Array, length: number): Uint8Array =>
    brotliDecompressSync(input, { maxOutputLength: Math.max(1, length) }),
};
