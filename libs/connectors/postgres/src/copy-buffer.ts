/** The length of a CopyData message counts itself, not its type byte. */
const FRAME = 5;

/** Appends tuples in COPY's binary form: one CopyData message. */
export class CopyBuffer {
  #bytes: Buffer;
  #at = FRAME;

  constructor(capacity: number) {
    this.#bytes = Buffer.allocUnsafeSlow(capacity + FRAME);
    this.#bytes[0] = 0x64;
  }

  /** Where the next byte goes; `rewind` to it forgets what follows. */
  get at(): number {
    return this.#at;
  }

  /** The message; the buffer is not to be used any more. */
  message(): Buffer {
    this.#bytes.writeInt32BE(this.#at - 1, 1);
    return this.#bytes.subarray(0, this.#at);
  }

  raw(bytes: Buffer): void {
    this.#reserve(bytes.length);
    bytes.copy(this.#bytes, this.#at);
    this.#at += bytes.length;
  }

  fieldCount(count: number): void {
    this.#reserve(2);
    this.#put16(count);
  }

  nul(): void {
    this.#reserve(4);
    this.#put32(-1);
  }

  byte(value: number): void {
    this.#reserve(5);
    this.#put32(1);
    this.#bytes[this.#at++] = value;
  }

  int16(value: number): void {
    this.#reserve(6);
    this.#put32(2);
    this.#put16(value);
  }

  int32(value: number): void {
    this.#reserve(8);
    this.#put32(4);
    this.#put32(value);
  }

  int64(high: number, low: number): void {
    this.#reserve(12);
    this.#put32(8);
    this.#put32(high);
    this.#put32(low);
  }

  int64Big(value: bigint): void {
    this.int64(Number(BigInt.asIntN(32, value >> 32n)), Number(BigInt.asUintN(32, value)));
  }

  double(value: number): void {
    this.#reserve(12);
    this.#put32(8);
    this.#at = this.#bytes.writeDoubleBE(value, this.#at);
  }

  /** Little-endian bytes as big-endian. */
  reversed(source: Buffer, start: number, length: number): void {
    this.#reserve(length + 4);
    this.#put32(length);
    for (let i = length - 1; i >= 0; i--) this.#bytes[this.#at++] = source[start + i]!;
  }

  bytes(source: Buffer, start: number, end: number): void {
    const length = end - start;
    this.#reserve(length + 4);
    this.#put32(length);
    this.#copy(source, start, end);
  }

  /** Text behind one byte of version. */
  jsonb(source: Buffer, start: number, end: number): void {
    this.#reserve(end - start + 5);
    this.#put32(end - start + 1);
    this.#bytes[this.#at++] = 1;
    this.#copy(source, start, end);
  }

  /** A numeric of a safe integer at a scale. */
  numeric(unscaled: number, scale: number): void {
    this.#reserve(32);
    const start = this.#at;
    this.#at += 12;
    const pad = (4 - (scale & 3)) & 3;
    let rest = Math.abs(unscaled);
    // The point must lie between base-10000 digits.
    let low = pad === 0 ? rest % 10_000 : (rest % 10 ** (4 - pad)) * 10 ** pad;
    rest = pad === 0 ? Math.floor(rest / 10_000) : Math.floor(rest / 10 ** (4 - pad));
    const digits: number[] = [low];
    while (rest > 0) {
      low = rest % 10_000;
      rest = Math.floor(rest / 10_000);
      digits.push(low);
    }
    this.#numericEnd(start, digits, unscaled < 0, scale);
  }

  numericBig(unscaled: bigint, scale: number): void {
    const pad = (4 - (scale & 3)) & 3;
    let rest = (unscaled < 0n ? -unscaled : unscaled) * 10n ** BigInt(pad);
    const digits: number[] = [];
    do {
      digits.push(Number(rest % 10_000n));
      rest /= 10_000n;
    } while (rest > 0n);
    this.#reserve(16 + digits.length * 2);
    const start = this.#at;
    this.#at += 12;
    this.#numericEnd(start, digits, unscaled < 0n, scale);
  }

  /** NaN or an infinity. */
  numericSpecial(sign: number): void {
    this.#reserve(12);
    this.#put32(8);
    this.#put16(0);
    this.#put16(0);
    this.#put16(sign);
    this.#put16(0);
  }

  /** Text of COPY's text form, escaped. */
  escaped(source: Buffer, start: number, end: number): void {
    this.#reserve((end - start) * 2);
    const bytes = this.#bytes;
    for (let i = start; i < end; i++) {
      const byte = source[i]!;
      const letter =
        byte === 0x5c ? 0x5c : byte === 0x0a ? 0x6e : byte === 0x0d ? 0x72 : byte === 0x09 ? 0x74 : 0;
      if (letter !== 0) bytes[this.#at++] = 0x5c;
      bytes[this.#at++] = letter === 0 ? byte : letter;
    }
  }

  /** `digits` lowest first, at the scale rounded up to a multiple of 4. */
  #numericEnd(start: number, digits: readonly number[], negative: boolean, scale: number): void {
    const fraction = Math.ceil(scale / 4);
    const weight = digits.length - fraction - 1;
    let last = 0;
    while (last < digits.length && digits[last] === 0) last++;
    let first = digits.length - 1;
    while (first >= last && digits[first] === 0) first--;
    const count = first - last + 1;
    for (let i = first; i >= last; i--) this.#put16(digits[i]!);
    const end = this.#at;
    this.#at = start;
    this.#put32(8 + Math.max(0, count) * 2);
    this.#put16(Math.max(0, count));
    this.#put16(count <= 0 ? 0 : weight - (digits.length - 1 - first));
    this.#put16(negative && count > 0 ? 0x4000 : 0);
    this.#put16(scale);
    this.#at = Math.max(end, start + 12);
  }

  #copy(source: Buffer, start: number, end: number): void {
    if (end - start < 24) for (let i = start; i < end; i++) this.#bytes[this.#at++] = source[i]!;
    else {
      source.copy(this.#bytes, this.#at, start, end);
      this.#at += end - start;
    }
  }

  #put16(value: number): void {
    this.#bytes[this.#at++] = value >> 8;
    this.#bytes[this.#at++] = value;
  }

  #put32(value: number): void {
    const bytes = this.#bytes;
    bytes[this.#at++] = value >> 24;
    bytes[this.#at++] = value >> 16;
    bytes[this.#at++] = value >> 8;
    bytes[this.#at++] = value;
  }

  #reserve(more: number): void {
    if (this.#at + more <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(this.#bytes.length * 2, this.#at + more));
    this.#bytes.copy(grown, 0, 0, this.#at);
    this.#bytes = grown;
  }
}
