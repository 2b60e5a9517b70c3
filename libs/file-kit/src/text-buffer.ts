const HEX = Buffer.from('0123456789abcdef', 'latin1');
const MINUS = 0x2d;
const POINT = 0x2e;

/** A growing buffer of UTF-8 text; records are appended to it and rolled back as a whole. */
export class TextBuffer {
  #buffer: Buffer;
  #at = 0;

  constructor(capacity = 64 * 1024) {
    this.#buffer = Buffer.allocUnsafeSlow(capacity);
  }

  get length(): number {
    return this.#at;
  }

  /** Forgets everything behind a length that it had before. */
  cutTo(length: number): void {
    this.#at = length;
  }

  /** What is in it, as long as nothing more is written. */
  view(from = 0): Buffer {
    return this.#buffer.subarray(from, this.#at);
  }

  /** Hands the content over and begins anew in memory of its own. */
  take(): Buffer {
    const content = this.view();
    this.#buffer = Buffer.allocUnsafeSlow(this.#buffer.length);
    this.#at = 0;
    return content;
  }

  byte(value: number): void {
    this.reserve(1);
    this.#buffer[this.#at++] = value;
  }

  /** Text of ASCII characters only. */
  ascii(text: string): void {
    this.reserve(text.length);
    this.#at += this.#buffer.write(text, this.#at, 'latin1');
  }

  bytes(source: Buffer, start = 0, end = source.length): void {
    const length = end - start;
    this.reserve(length);
    if (length < 24) {
      const buffer = this.#buffer;
      let at = this.#at;
      for (let i = start; i < end; i++) buffer[at++] = source[i]!;
      this.#at = at;
    } else this.#at += source.copy(this.#buffer, this.#at, start, end);
  }

  /** A safe integer with a point before its last `scale` digits. */
  decimal(unscaled: number, scale = 0): void {
    this.reserve(24 + scale);
    const buffer = this.#buffer;
    let rest = unscaled;
    if (rest < 0) {
      buffer[this.#at++] = MINUS;
      rest = -rest;
    }
    let width = 1;
    for (let bound = 10; rest >= bound; bound *= 10) width++;
    if (width <= scale) width = scale + 1;
    if (scale > 0) width++;
    const end = this.#at + width;
    const point = scale > 0 ? end - scale - 1 : -1;
    let at = end;
    // Beyond 31 bits division is done on doubles, which are exact here.
    while (rest > 0x7fffffff) {
      const above = Math.floor(rest / 10);
      if (--at === point) buffer[at--] = POINT;
      buffer[at] = 48 + (rest - above * 10);
      rest = above;
    }
    let small = rest | 0;
    while (at > this.#at) {
      if (--at === point) {
        buffer[at] = POINT;
        continue;
      }
      const above = (small / 10) | 0;
      buffer[at] = 48 + (small - above * 10);
      small = above;
    }
    this.#at = end;
  }

  /** `width` digits with zeros in front. */
  digits(value: number, width: number): void {
    this.reserve(width);
    const buffer = this.#buffer;
    let rest = value;
    for (let at = this.#at + width - 1; at >= this.#at; at--) {
      const above = (rest / 10) | 0;
      buffer[at] = 48 + (rest - above * 10);
      rest = above;
    }
    this.#at += width;
  }

  hex(source: Buffer, start: number, end: number): void {
    this.reserve((end - start) * 2);
    const buffer = this.#buffer;
    for (let i = start; i < end; i++) {
      const byte = source[i]!;
      buffer[this.#at++] = HEX[byte >> 4]!;
      buffer[this.#at++] = HEX[byte & 15]!;
    }
  }

  /** Makes room for so many bytes. */
  reserve(bytes: number): void {
    if (this.#at + bytes <= this.#buffer.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(this.#buffer.length * 2, this.#at + bytes));
    this.#buffer.copy(grown, 0, 0, this.#at);
    this.#buffer = grown;
  }
}
