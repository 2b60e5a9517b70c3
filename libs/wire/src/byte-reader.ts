import { SluiceError } from '@sluice/model';

/** Reads Avro's primitive encodings; whatever is not well-formed throws SLUICE_BUS_UNDECODABLE before memory is taken for it. */
export class ByteReader {
  readonly buffer: Buffer;
  at: number;
  /** Low half of what `#varint` read, still zigzagged. */
  #low = 0;

  constructor(buffer: Buffer, at: number) {
    this.buffer = buffer;
    this.at = at;
  }

  get remaining(): number {
    return this.buffer.length - this.at;
  }

  /** A long that is a safe integer; nothing in the envelope is ever larger. */
  long(): number {
    const zigHigh = this.#varint();
    const sign = -(this.#low & 1);
    const low = (((this.#low >>> 1) | (zigHigh << 31)) ^ sign) >>> 0;
    const value = ((zigHigh >>> 1) ^ sign) * 4294967296 + low;
    if (!Number.isSafeInteger(value)) throw undecodable('A number is out of range.');
    return value;
  }

  longBigint(): bigint {
    const zigHigh = this.#varint();
    const sign = -(this.#low & 1);
    const low = (((this.#low >>> 1) | (zigHigh << 31)) ^ sign) >>> 0;
    return (BigInt((zigHigh >>> 1) ^ sign) << 32n) | BigInt(low);
  }

  int(): number {
    const value = this.long();
    if (value < -0x80000000 || value > 0x7fffffff) throw undecodable('A number is out of range.');
    return value;
  }

  /** Index of a union branch or enum symbol. */
  index(count: number): number {
    const value = this.long();
    if (value < 0 || value >= count) throw undecodable('A union or enum has no such branch.');
    return value;
  }

  /** The bytes of a string or bytes value: a view. */
  sized(): Buffer {
    const length = this.long();
    if (length < 0) throw undecodable('A length is negative.');
    return this.fixed(length);
  }

  fixed(length: number): Buffer {
    if (length > this.remaining) throw undecodable('A value ends behind its message.');
    this.at += length;
    return this.buffer.subarray(this.at - length, this.at);
  }

  string(): string {
    return this.sized().toString('utf8');
  }

  optionalString(): string | null {
    return this.index(2) === 0 ? null : this.string();
  }

  /** High half of a zigzagged 64-bit number, unsigned; sets `#low`. */
  #varint(): number {
    let low = 0;
    let high = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = this.buffer[this.at++];
      if (byte === undefined) throw undecodable('The message ends inside a number.');
      const bits = byte & 127;
      if (shift < 28) low |= bits << shift;
      else if (shift === 28) {
        low |= bits << 28;
        high |= bits >>> 4;
      } else high |= bits << (shift - 32);
      if (byte < 128) {
        if (shift === 63 && byte > 1) break;
        this.#low = low >>> 0;
        return high >>> 0;
      }
    }
    throw undecodable('A number is longer than 64 bits.');
  }
}

export function undecodable(detail: string, cause?: unknown): SluiceError {
  return new SluiceError('SLUICE_BUS_UNDECODABLE', cause === undefined ? detail : { detail, cause });
}
