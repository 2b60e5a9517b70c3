/** Bytes that a fixed-size field may need: union branch and the longest varint. */
const FIELD_RESERVE = 16;

/**
 * Appends typed fields straight into Avro bytes: one call a field in column order, then `endRow`. Every field is a union
 * (model/row-schema.ts): null is branch 0, the value branch 1, the escape text branch 2. The caller is trusted to call
 * the method that fits the column's kind. Not concurrent.
 */
export class RowBatchBuilder {
  #buffer: Buffer;
  #at = 0;
  #rowStart = 0;
  #rows = 0;

  /** @param capacity first size in bytes; grows by doubling */
  constructor(capacity = 288 * 1024) {
    this.#buffer = Buffer.allocUnsafeSlow(capacity);
  }

  /** Complete rows so far. */
  get recordCount(): number {
    return this.#rows;
  }

  /** Bytes of the complete rows so far. */
  get byteLength(): number {
    return this.#rowStart;
  }

  /** Bytes of the row under way. */
  get rowBytes(): number {
    return this.#at - this.#rowStart;
  }

  nul(): void {
    this.#reserve(1);
    this.#buffer[this.#at++] = 0;
  }

  boolean(value: boolean): void {
    this.#reserve(2);
    this.#buffer[this.#at++] = 2;
    this.#buffer[this.#at++] = value ? 1 : 0;
  }

  /** A 32-bit signed integer: kinds int and date (days). */
  int(value: number): void {
    this.#reserve(FIELD_RESERVE);
    this.#buffer[this.#at++] = 2;
    this.#varint32(((value << 1) ^ (value >> 31)) >>> 0);
  }

  /** A long given as a safe integer: kinds long, time, timestamp, timestamptz (microseconds). */
  longNumber(value: number): void {
    if (value >= -0x40000000 && value < 0x40000000) return this.int(value);
    const high = Math.floor(value / 4294967296);
    this.long(high, (value - high * 4294967296) >>> 0);
  }

  /** A long as two halves: signed high, unsigned low. */
  long(high: number, low: number): void {
    this.#reserve(FIELD_RESERVE);
    this.#buffer[this.#at++] = 2;
    const sign = high >> 31;
    const zigHigh = (((high << 1) | (low >>> 31)) ^ sign) >>> 0;
    const zigLow = ((low << 1) ^ sign) >>> 0;
    this.#varint64(zigHigh, zigLow);
  }

  longBigint(value: bigint): void {
    this.long(Number(BigInt.asIntN(32, value >> 32n)), Number(BigInt.asUintN(32, value)));
  }

  float(value: number): void {
    this.#reserve(FIELD_RESERVE);
    this.#buffer[this.#at++] = 2;
    this.#at = this.#buffer.writeFloatLE(value, this.#at);
  }

  double(value: number): void {
    this.#reserve(FIELD_RESERVE);
    this.#buffer[this.#at++] = 2;
    this.#at = this.#buffer.writeDoubleLE(value, this.#at);
  }

  /** A double from its big-endian bytes, bit for bit. */
  doubleBytes(source: Buffer, start: number): void {
    this.#reserve(FIELD_RESERVE);
    const buffer = this.#buffer;
    buffer[this.#at++] = 2;
    for (let i = 7; i >= 0; i--) buffer[this.#at++] = source[start + i]!;
  }

  /** A float from its big-endian bytes, bit for bit. */
  floatBytes(source: Buffer, start: number): void {
    this.#reserve(FIELD_RESERVE);
    const buffer = this.#buffer;
    buffer[this.#at++] = 2;
    for (let i = 3; i >= 0; i--) buffer[this.#at++] = source[start + i]!;
  }

  /** Kinds string (bytes are UTF-8, already known to be valid) and bytes: `source[start..end)`. */
  bytes(source: Buffer, start: number, end: number): void {
    this.#lengthPrefixed(2, source, start, end);
  }

  string(value: string): void {
    this.#text(2, value);
  }

  /** A decimal given by its unscaled value at the column's scale. */
  decimal(unscaled: bigint): void {
    if (unscaled >= -9007199254740991n && unscaled <= 9007199254740991n)
      return this.decimalNumber(Number(unscaled));
    let length = 1;
    while (BigInt.asIntN(length * 8, unscaled) !== unscaled) length++;
    this.#reserve(length + FIELD_RESERVE);
    this.#buffer[this.#at++] = 2;
    this.#varint32((length << 1) >>> 0);
    let rest = unscaled;
    for (let i = length - 1; i >= 0; i--) {
      this.#buffer[this.#at + i] = Number(rest & 0xffn);
      rest >>= 8n;
    }
    this.#at += length;
  }

  /** A decimal given by its unscaled value as a safe integer: the fast path. */
  decimalNumber(unscaled: number): void {
    this.#reserve(FIELD_RESERVE);
    const buffer = this.#buffer;
    buffer[this.#at++] = 2;
    let length = 1;
    for (let bound = 128; unscaled >= bound || unscaled < -bound; bound *= 256) length++;
    buffer[this.#at++] = length << 1;
    let rest = unscaled;
    for (let i = length - 1; i >= 0; i--) {
      const above = Math.floor(rest / 256);
      buffer[this.#at + i] = rest - above * 256;
      rest = above;
    }
    this.#at += length;
  }

  /** The escape branch of an escapable kind: the source's own text of a value that the kind cannot hold. */
  text(value: string): void {
    this.#text(4, value);
  }

  /** An encoded field as it stands (union branch included), e.g. copied from another row. */
  raw(source: Buffer, start: number, end: number): void {
    const length = end - start;
    this.#reserve(length);
    source.copy(this.#buffer, this.#at, start, end);
    this.#at += length;
  }

  endRow(): void {
    this.#rowStart = this.#at;
    this.#rows++;
  }

  /** Forgets the row under way, e.g. because it is dirty. */
  dropRow(): void {
    this.#at = this.#rowStart;
  }

  /**
   * The complete rows, in memory of their own, at most twice as large as they are; the builder starts anew and keeps a row
   * under way.
   */
  take(): { rows: Buffer; recordCount: number } {
    const taken = { rows: this.#takeRows(), recordCount: this.#rows };
    this.#at -= this.#rowStart;
    this.#rowStart = 0;
    this.#rows = 0;
    return taken;
  }

  /** Leaves the row under way at the start of the buffer. */
  #takeRows(): Buffer {
    const rows = this.#buffer.subarray(0, this.#rowStart);
    // Few rows do not keep a buffer for many from being used again.
    if (rows.length * 2 < this.#buffer.length) {
      const copy = Buffer.allocUnsafeSlow(rows.length);
      rows.copy(copy);
      this.#buffer.copyWithin(0, this.#rowStart, this.#at);
      return copy;
    }
    const next = Buffer.allocUnsafeSlow(Math.max(this.#buffer.length, this.#at - this.#rowStart));
    this.#buffer.copy(next, 0, this.#rowStart, this.#at);
    this.#buffer = next;
    return rows;
  }

  /** The complete rows; the builder is at its end. For one batch: nothing is set aside for a next one. */
  finish(): { rows: Buffer; recordCount: number } {
    return { rows: this.#buffer.subarray(0, this.#rowStart), recordCount: this.#rows };
  }

  #text(branch: number, value: string): void {
    const length = Buffer.byteLength(value);
    this.#reserve(length + FIELD_RESERVE);
    this.#buffer[this.#at++] = branch;
    this.#varint32((length << 1) >>> 0);
    this.#at += this.#buffer.write(value, this.#at);
  }

  #lengthPrefixed(branch: number, source: Buffer, start: number, end: number): void {
    const length = end - start;
    this.#reserve(length + FIELD_RESERVE);
    this.#buffer[this.#at++] = branch;
    this.#varint32((length << 1) >>> 0);
    if (length < 24) {
      const buffer = this.#buffer;
      for (let i = start; i < end; i++) buffer[this.#at++] = source[i]!;
    } else {
      source.copy(this.#buffer, this.#at, start, end);
      this.#at += length;
    }
  }

  #varint32(value: number): void {
    const buffer = this.#buffer;
    let rest = value;
    while (rest > 127) {
      buffer[this.#at++] = (rest & 127) | 128;
      rest >>>= 7;
    }
    buffer[this.#at++] = rest;
  }

  #varint64(high: number, low: number): void {
    const buffer = this.#buffer;
    let h = high;
    let l = low;
    while (h !== 0) {
      buffer[this.#at++] = (l & 127) | 128;
      l = ((l >>> 7) | (h << 25)) >>> 0;
      h >>>= 7;
    }
    this.#varint32(l);
  }

  #reserve(bytes: number): void {
    if (this.#at + bytes <= this.#buffer.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(this.#buffer.length * 2, this.#at + bytes));
    this.#buffer.copy(grown, 0, 0, this.#at);
    this.#buffer = grown;
  }
}
