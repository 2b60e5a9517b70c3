import { type ColumnKind, type RowSchema, SluiceError } from '@sluice/model';

/**
 * Reads encoded rows without making objects. Usage: `while (cursor.more()) { for each column: cursor.field(); ... }`.
 * `field()` moves to the next column and sets `branch` (0 null, 1 value, 2 escape text) and, for a value,
 * `start`/`end` of its payload: for string, bytes, decimal and escape text the bytes themselves, for the other kinds the
 * encoded varint or fixed bytes, which the typed getters decode.
 */
export class RowCursor {
  /** Shared with the caller; `start`/`end` index into it. */
  readonly buffer: Buffer;
  branch = 0;
  /** First byte of the field, union branch included: what `RowBatchBuilder.raw` copies. */
  fieldStart = 0;
  start = 0;
  end = 0;
  readonly #kinds: readonly ColumnKind[];
  #column = 0;
  #at = 0;

  constructor(schema: RowSchema, rows: Buffer) {
    this.#kinds = schema.columns.map((column) => column.kind);
    this.buffer = rows;
  }

  /** Whether another row follows; call it between rows. */
  more(): boolean {
    return this.#at < this.buffer.length;
  }

  /** Offset of the next unread byte. */
  get offset(): number {
    return this.#at;
  }

  /** Moves to the next field of the row. */
  field(): void {
    const kind = this.#kinds[this.#column]!;
    this.#column = this.#column + 1 === this.#kinds.length ? 0 : this.#column + 1;
    this.fieldStart = this.#at;
    const branch = this.buffer[this.#at++]!;
    this.branch = branch >> 1;
    if (branch === 0) {
      this.start = this.end = this.#at;
      return;
    }
    if (branch === 4) return this.#sized();
    switch (kind) {
      case 'boolean':
        return this.#fixed(1);
      case 'float':
        return this.#fixed(4);
      case 'double':
        return this.#fixed(8);
      case 'decimal':
      case 'string':
      case 'bytes':
        return this.#sized();
      default:
        this.start = this.#at;
        while (this.buffer[this.#at++]! & 128);
        this.end = this.#at;
    }
  }

  /** Skips the rest of the row, or a whole row at its start. */
  skipRow(): void {
    do this.field();
    while (this.#column !== 0);
  }

  get isNull(): boolean {
    return this.branch === 0;
  }

  boolean(): boolean {
    return this.buffer[this.start] === 1;
  }

  /** A value of kind int or date. */
  int(): number {
    let value = 0;
    let shift = 0;
    for (let i = this.start; i < this.end; i++, shift += 7) value |= (this.buffer[i]! & 127) << shift;
    return (value >>> 1) ^ -(value & 1);
  }

  /** High half (signed) of a 64-bit value; sets `low`. */
  longHigh(): number {
    let low = 0;
    let high = 0;
    let shift = 0;
    for (let i = this.start; i < this.end; i++, shift += 7) {
      const bits = this.buffer[i]! & 127;
      if (shift < 28) low |= bits << shift;
      else if (shift === 28) {
        low |= bits << 28;
        high |= bits >>> 4;
      } else high |= bits << (shift - 32);
    }
    const sign = -(low & 1);
    this.low = (((low >>> 1) | (high << 31)) ^ sign) >>> 0;
    return (high >>> 1) ^ sign;
  }
  /** Low half (unsigned) of the value that `longHigh` decoded. */
  low = 0;

  /** A 64-bit value as a number; exact within ±2^53. */
  longNumber(): number {
    const high = this.longHigh();
    return high * 4294967296 + this.low;
  }

  longBigint(): bigint {
    const high = this.longHigh();
    return (BigInt(high) << 32n) | BigInt(this.low);
  }

  float(): number {
    return this.buffer.readFloatLE(this.start);
  }

  double(): number {
    return this.buffer.readDoubleLE(this.start);
  }

  /** Unscaled value of a decimal. */
  decimal(): bigint {
    const length = this.end - this.start;
    if (length === 0) return 0n;
    if (length <= 6) return BigInt(this.buffer.readIntBE(this.start, length));
    return BigInt.asIntN(length * 8, BigInt(`0x${this.buffer.toString('hex', this.start, this.end)}`));
  }

  /** Text of a string value or of the escape branch. */
  text(): string {
    return this.buffer.toString('utf8', this.start, this.end);
  }

  /** Bytes of a value of kind bytes or string: a view, not a copy. */
  bytes(): Buffer {
    return this.buffer.subarray(this.start, this.end);
  }

  #fixed(length: number): void {
    this.start = this.#at;
    this.end = this.#at += length;
  }

  #sized(): void {
    let length = 0;
    let shift = 0;
    let byte: number;
    do {
      byte = this.buffer[this.#at++]!;
      length |= (byte & 127) << shift;
      shift += 7;
    } while (byte & 128);
    this.start = this.#at;
    this.end = this.#at += length >>> 1;
    if (this.end > this.buffer.length)
      throw new SluiceError('SLUICE_BUS_UNDECODABLE', 'A row ends behind its batch.');
  }
}

/** Byte offsets of the rows in a batch: `recordCount + 1` numbers, the last is the length. */
export function recordOffsets(schema: RowSchema, rows: Buffer): number[] {
  const cursor = new RowCursor(schema, rows);
  const offsets = [0];
  while (cursor.more()) {
    cursor.skipRow();
    offsets.push(cursor.offset);
  }
  return offsets;
}
