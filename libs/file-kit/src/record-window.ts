import { isUtf8 } from 'node:buffer';
import type { ByteSource } from './byte-source.ts';
import { REPLACEMENT } from './text-encoding.ts';

const CHUNK = 256 * 1024;
const NEWLINE = 0x0a;

/** The part of a file that is being looked at: `buffer[start..end)`. Grows to hold one record, never beyond `most` bytes. */
export class RecordWindow {
  buffer: Buffer;
  start = 0;
  end = 0;
  /** Nothing follows behind `end`. */
  ended = false;
  readonly #source: ByteSource;
  readonly #most: number;
  readonly #isDecoded: boolean;
  /** Bytes that a read should have room for. */
  readonly #room: number;
  /** Offset of `buffer[0]`. */
  #base: number;
  /** Up to here every byte is known to be good text. */
  #sound = 0;

  /**
   * `isDecoded`: the text comes from a decoder, which makes U+FFFD of what it cannot read. `size`: of the file, about; little is
   * needed for little ones.
   */
  constructor(
    source: ByteSource,
    options: { offset: number; most: number; isDecoded: boolean; size: number },
  ) {
    this.#room = Math.min(CHUNK, Math.max(4096, options.size));
    this.buffer = Buffer.allocUnsafeSlow(2 * this.#room);
    this.#source = source;
    this.#base = options.offset;
    this.#most = options.most;
    this.#isDecoded = options.isDecoded;
  }

  /** Offset in the file of `start`. */
  get offset(): number {
    return this.#base + this.start;
  }

  /** The record that begins at `start` does not fit. */
  get isFull(): boolean {
    return this.end - this.start >= this.#most;
  }

  /** Reads more behind `end`; answers false when there is no more, or no more room. */
  async fill(): Promise<boolean> {
    if (this.ended || this.isFull) return false;
    this.#makeRoom();
    const read = await this.#source.read(this.buffer, this.end);
    if (read === 0) this.ended = true;
    this.end += read;
    this.#look();
    return read > 0;
  }

  /** Whether the bytes of a record are good text. */
  isSound(from: number, to: number): boolean {
    return to <= this.#sound || isGoodText(this.buffer.subarray(from, to), this.#isDecoded);
  }

  /** Where the first line from `from` on ends, its line feed included; -1: not within the window. */
  lineEnd(from = this.start): number {
    const found = this.buffer.subarray(0, this.end).indexOf(NEWLINE, from);
    return found < 0 ? -1 : found + 1;
  }

  /** Forgets everything up to the next line feed, reading on; answers the number of lines that were passed, 0 at the end. */
  async skipLine(): Promise<number> {
    for (;;) {
      const end = this.lineEnd();
      if (end >= 0) {
        this.start = end;
        return 1;
      }
      this.start = this.end;
      if (!(await this.fill())) return 0;
    }
  }

  /** One look at many records: most files are sound all through. */
  #look(): void {
    const last = this.ended ? this.end : this.buffer.lastIndexOf(NEWLINE, this.end - 1) + 1;
    if (last <= this.start) return;
    this.#sound = isGoodText(this.buffer.subarray(this.start, last), this.#isDecoded) ? last : 0;
  }

  #makeRoom(): void {
    if (this.buffer.length - this.end >= this.#room) return;
    const rest = this.end - this.start;
    let into = this.buffer;
    if (this.buffer.length - rest < this.#room)
      into = Buffer.allocUnsafeSlow(Math.min(this.buffer.length * 2, this.#most + 2 * CHUNK));
    this.buffer.copy(into, 0, this.start, this.end);
    this.buffer = into;
    this.#base += this.start;
    this.#sound = Math.max(0, this.#sound - this.start);
    this.start = 0;
    this.end = rest;
  }
}

function isGoodText(bytes: Buffer, isDecoded: boolean): boolean {
  return isDecoded ? bytes.indexOf(REPLACEMENT) < 0 : isUtf8(bytes);
}
