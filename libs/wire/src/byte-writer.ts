/** Appends Avro's primitive encodings to memory whose size the caller has computed; writing past its end throws. */
export class ByteWriter {
  readonly buffer: Buffer;
  at: number;

  constructor(capacity: number) {
    this.buffer = Buffer.allocUnsafeSlow(capacity);
    this.at = 0;
  }

  /** An int or long, zigzag and base 128, given as a safe integer. */
  long(value: number): void {
    const high = Math.floor(value / 4294967296);
    const low = value >>> 0;
    const sign = high >> 31;
    let h = (((high << 1) | (low >>> 31)) ^ sign) >>> 0;
    let l = ((low << 1) ^ sign) >>> 0;
    while (h !== 0 || l > 127) {
      this.buffer[this.at++] = (l & 127) | 128;
      l = ((l >>> 7) | (h << 25)) >>> 0;
      h >>>= 7;
    }
    this.buffer[this.at++] = l;
  }

  string(value: string): void {
    this.long(Buffer.byteLength(value));
    this.at += this.buffer.write(value, this.at);
  }

  /** The union `["null", "string"]`. */
  optionalString(value: string | null | undefined): void {
    if (value === null || value === undefined) return this.long(0);
    this.long(1);
    this.string(value);
  }

  bytes(value: Buffer): void {
    this.at += value.copy(this.buffer, this.at);
  }
}
