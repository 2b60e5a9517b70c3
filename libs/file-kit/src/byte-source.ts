import { pipeline, Readable, Transform } from 'node:stream';
import { SluiceError } from '@sluice/model';
import { type Compression, decompressors, MOST_EXPANSION } from './compression.ts';
import { classify, printable } from './errors.ts';
import type { SourceFile } from './file-source.ts';
import { type TextEncodingName, toUtf8 } from './text-encoding.ts';

/** Bytes of a file one after the other, decompressed and in UTF-8. Offsets count these bytes. */
export interface ByteSource {
  /** Reads some bytes into `into` from `at` on; 0: there are no more. */
  read(into: Buffer, at: number): Promise<number>;
  close(): Promise<void>;
}

export interface ByteSourceOptions {
  readonly path: string;
  readonly compression: Compression;
  readonly encoding: TextEncodingName;
  /** Bytes to leave out at the start; a stream has to pass them. */
  readonly from: number;
  /** Where to end; a stream ends with its file. */
  readonly to?: number;
}

const CHUNK = 256 * 1024;
/** Bytes that an expanding file may have before its expansion is judged. */
const JUDGED_FROM = 64 * 1024 * 1024;

/** The handle stays the caller's. */
export function openBytes(handle: SourceFile, options: ByteSourceOptions): ByteSource {
  const { compression, encoding, from, to } = options;
  if (compression === 'none' && encoding === 'utf-8') {
    let position = from;
    return {
      async read(into, at) {
        const most = Math.min(into.length - at, (to ?? Infinity) - position);
        if (most <= 0) return 0;
        const { bytesRead } = await handle.read(into, at, most, position);
        position += bytesRead;
        return bytesRead;
      },
      close: async () => undefined,
    };
  }
  return new StreamBytes(handle, options);
}

class StreamBytes implements ByteSource {
  readonly #stream: Readable;
  readonly #chunks: AsyncIterator<Buffer>;
  readonly #path: string;
  #skip: number;
  #chunk: Buffer = Buffer.alloc(0);

  constructor(handle: SourceFile, { path, compression, encoding, from }: ByteSourceOptions) {
    this.#path = path;
    this.#skip = from;
    const given = { bytes: 0 };
    const raw = Readable.from(chunks(handle, given), { objectMode: false, highWaterMark: CHUNK });
    const steps: Transform[] = [];
    if (compression !== 'none') steps.push(...decompressors(compression), expansionGuard(given, path));
    const decoder = toUtf8(encoding);
    if (decoder !== undefined) steps.push(decoder);
    // Errors come out at the end of the chain, and closing its end closes all of it.
    pipeline([raw, ...steps], () => undefined);
    this.#stream = steps.at(-1) ?? raw;
    this.#chunks = this.#stream[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  }

  async read(into: Buffer, at: number): Promise<number> {
    try {
      for (;;) {
        if (this.#skip > 0) {
          const passed = Math.min(this.#skip, this.#chunk.length);
          this.#chunk = this.#chunk.subarray(passed);
          this.#skip -= passed;
        }
        if (this.#chunk.length > 0) break;
        const next = await this.#chunks.next();
        if (next.done === true) return 0;
        this.#chunk = next.value;
      }
    } catch (error) {
      throw classify(error, 'source', this.#path);
    }
    const copied = this.#chunk.copy(into, at);
    this.#chunk = this.#chunk.subarray(copied);
    return copied;
  }

  async close(): Promise<void> {
    await this.#chunks.return?.();
    this.#stream.destroy();
  }
}

async function* chunks(handle: SourceFile, given: { bytes: number }): AsyncIterable<Buffer> {
  for (;;) {
    const buffer = Buffer.allocUnsafe(CHUNK);
    const { bytesRead } = await handle.read(buffer, 0, CHUNK, given.bytes);
    if (bytesRead === 0) return;
    given.bytes += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

/** Ends the reading of a file that expands beyond measure. */
function expansionGuard(given: { readonly bytes: number }, path: string): Transform {
  let made = 0;
  return new Transform({
    transform(chunk: Buffer, _, done) {
      made += chunk.length;
      if (made > JUDGED_FROM && made > given.bytes * MOST_EXPANSION)
        return done(
          new SluiceError('SLUICE_SRC_FILE', {
            detail: `${printable(path)} expands more than ${MOST_EXPANSION}-fold.`,
            place: printable(path),
          }),
        );
      done(null, chunk);
    },
  });
}
