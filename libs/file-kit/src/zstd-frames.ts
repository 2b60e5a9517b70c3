import { Transform, type TransformCallback } from 'node:stream';

const MAGIC = 0xfd2fb528;
const SKIPPABLE = 0x184d2a5;
const DICTIONARY_ID_BYTES = [0, 1, 2, 4] as const;
const CONTENT_SIZE_BYTES = [0, 2, 4, 8] as const;

type Expecting = 'magic' | 'skippable size' | 'descriptor' | 'block header';
const LENGTHS: Readonly<Record<Expecting, number>> = {
  magic: 4,
  'skippable size': 4,
  descriptor: 1,
  'block header': 3,
};

/**
 * Passes zstd frames on so that no chunk has the end of one and the beginning of the next: Node's decompressor drops what follows
 * the end of a frame within a chunk. Frames are found by the lengths of their blocks (RFC 8878, 3.1). What is no frame is
 * passed on as it is, and the decompressor says what it thinks of it.
 */
export class ZstdFrames extends Transform {
  #expecting: Expecting | undefined = 'magic';
  readonly #header = Buffer.alloc(4);
  #got = 0;
  /** Bytes to pass before the next header. */
  #skip = 0;
  #isLast = false;
  #hasChecksum = false;
  #isBroken = false;

  override _transform(chunk: Buffer, _: string, done: TransformCallback): void {
    let from = 0;
    for (let at = 0; at < chunk.length && !this.#isBroken;) {
      if (this.#skip > 0) {
        const passed = Math.min(this.#skip, chunk.length - at);
        this.#skip -= passed;
        at += passed;
      } else if (this.#expecting !== undefined) {
        this.#header[this.#got++] = chunk[at++]!;
        if (this.#got === LENGTHS[this.#expecting]) this.#read(this.#expecting);
      }
      if (this.#skip > 0 || this.#expecting !== undefined) continue;
      // The frame is over.
      this.push(chunk.subarray(from, at));
      from = at;
      this.#expecting = 'magic';
    }
    if (from < chunk.length) this.push(chunk.subarray(from));
    done();
  }

  override _flush(done: TransformCallback): void {
    const isWhole = this.#isBroken || (this.#expecting === 'magic' && this.#got === 0 && this.#skip === 0);
    done(
      isWhole ? null : Object.assign(new Error('unexpected end of file'), { code: 'ZSTD_error_truncated' }),
    );
  }

  #read(expecting: Expecting): void {
    this.#got = 0;
    const value = this.#header.readUInt32LE();
    switch (expecting) {
      case 'magic':
        if (value === MAGIC) this.#expecting = 'descriptor';
        else if (value >>> 4 === SKIPPABLE) this.#expecting = 'skippable size';
        else this.#isBroken = true;
        return;
      case 'skippable size':
        this.#skip = value;
        this.#expecting = undefined;
        return;
      case 'descriptor': {
        const descriptor = value & 0xff;
        const isSingle = (descriptor & 0x20) !== 0;
        const size = CONTENT_SIZE_BYTES[(descriptor >> 6) as 0 | 1 | 2 | 3];
        this.#hasChecksum = (descriptor & 0x04) !== 0;
        this.#skip =
          (isSingle ? 0 : 1) +
          DICTIONARY_ID_BYTES[(descriptor & 3) as 0 | 1 | 2 | 3] +
          (size === 0 && isSingle ? 1 : size);
        this.#expecting = 'block header';
        return;
      }
      case 'block header': {
        const header = value & 0xffffff;
        this.#isLast = (header & 1) !== 0;
        const isRepeated = ((header >> 1) & 3) === 1;
        this.#skip = isRepeated ? 1 : header >> 3;
        if (!this.#isLast) return;
        if (this.#hasChecksum) this.#skip += 4;
        this.#expecting = undefined;
      }
    }
  }
}
