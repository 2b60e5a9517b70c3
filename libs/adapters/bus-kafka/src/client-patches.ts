import { createRequire } from 'node:module';
import { zstdCompressSync, zstdDecompressSync, constants } from 'node:zlib';
import { crc32c } from '@node-rs/crc32';
import lz4 from 'lz4-napi';
import { leanEncoder } from './lean-encoder.ts';

/** One piece for most batches: with zlib's 16 KiB every batch is put together from a dozen of them. */
const PIECE = 256 * 1024;

const require = createRequire(import.meta.url);

interface RequestQueue {
  pending: unknown[];
  throttledUntil: number;
  scheduleCheckPendingRequests(): void;
}

/**
 * What kafkajs 2.2.4 needs before it is first used in a process:
 * - its request queue schedules itself every millisecond on Node 24, also when nothing is pending (a timer with a negative time);
 * - its checksum in JavaScript is the larger part of what publishing costs;
 * - its encoder copies every message eight times (see there);
 * - zstd and lz4 are named but not built in.
 */
export function patchKafkajs(): void {
  leanEncoder();
  const checksum = require.resolve('kafkajs/src/protocol/recordBatch/crc32C/index.js');
  require.cache[checksum] = {
    id: checksum,
    filename: checksum,
    loaded: true,
    exports: (data: Buffer) => crc32c(data),
  } as never;
  const queue = require('kafkajs/src/network/requestQueue') as { prototype: RequestQueue };
  const original = queue.prototype.scheduleCheckPendingRequests;
  queue.prototype.scheduleCheckPendingRequests = function (this: RequestQueue) {
    if (this.pending.length > 0 || this.throttledUntil > Date.now()) original.call(this);
  };
  const { CompressionCodecs, CompressionTypes } = require('kafkajs') as typeof import('kafkajs');
  CompressionCodecs[CompressionTypes.ZSTD] = () => ({
    compress: async ({ buffer }: { buffer: Buffer }) =>
      zstdCompressSync(buffer, { params: { [constants.ZSTD_c_compressionLevel]: 1 }, chunkSize: PIECE }),
    decompress: async (buffer: Buffer) => zstdDecompressSync(buffer, { chunkSize: PIECE }),
  });
  CompressionCodecs[CompressionTypes.LZ4] = () => ({
    compress: async ({ buffer }: { buffer: Buffer }) => lz4.compressFrameSync(buffer),
    decompress: async (buffer: Buffer) => lz4.decompressFrameSync(buffer),
  });
}

patchKafkajs();
