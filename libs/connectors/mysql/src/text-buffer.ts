const BACKSLASH = 0x5c;
const HEX = Buffer.from('0123456789abcdef', 'latin1');
/** Byte to follow a backslash, or 0: tab, newline, carriage return, NUL, quote, backslash, Ctrl-Z. */
const ESCAPES = new Uint8Array(256);
for (const [char, escape] of [
  ['\t', 't'],
  ['\n', 'n'],
  ['\r', 'r'],
  ['\0', '0'],
  ["'", "'"],
  ['\\', '\\'],
  ['\x1a', 'Z'],
] as const)
  ESCAPES[char.charCodeAt(0)] = escape.charCodeAt(0);

/** A growing buffer of text; whoever takes its content owns it. */
export class TextBuffer {
  #buffer: Buffer;
  #at = 0;
  #mark = 0;

  constructor(capacity: number) {
    this.#buffer = Buffer.allocUnsafeSlow(capacity);
  }

  get length(): number {
    return this.#at;
  }

  /** Remembers the end of the last good row. */
  mark(): void {
    this.#mark = this.#at;
  }

  /** Forgets what was written since `mark`. */
  backToMark(): void {
    this.#at = this.#mark;
  }

  /** The content, in memory that is written anew only after `reuse`. */
  view(): Buffer {
    return this.#buffer.subarray(0, this.#at);
  }

  /** Hands the content over and begins with memory of its own. */
  take(): Buffer {
    const content = this.view();
    this.#buffer = Buffer.allocUnsafeSlow(this.#buffer.length);
    this.#at = this.#mark = 0;
    return content;
  }

  clear(): void {
    this.#at = this.#mark = 0;
  }

  byte(value: number): void {
    if (this.#at === this.#buffer.length) this.#grow(1);
    this.#buffer[this.#at++] = value;
  }

  ascii(text: string): void {
    const length = text.length;
    this.#reserve(length);
    if (length < 16) {
      const buffer = this.#buffer;
      for (let i = 0; i < length; i++) buffer[this.#at++] = text.charCodeAt(i);
    } else this.#at += this.#buffer.write(text, this.#at, 'latin1');
  }

  utf8(text: string): void {
    this.#reserve(Buffer.byteLength(text));
    this.#at += this.#buffer.write(text, this.#at);
  }

  /** A safe integer. */
  integer(value: number): void {
    this.decimal(value, 0);
  }

  /** A safe integer with a point before its last `scale` digits. */
  decimal(unscaled: number, scale: number): void {
    this.#reserve(24 + scale);
    const buffer = this.#buffer;
    let rest = unscaled;
    if (rest < 0) {
      buffer[this.#at++] = 0x2d;
      rest = -rest;
    }
    let width = 1;
    for (let bound = 10; rest >= bound; bound *= 10) width++;
    if (width <= scale) width = scale + 1;
    if (scale > 0) width++;
    const end = this.#at + width;
    const point = scale > 0 ? end - scale - 1 : -1;
    let at = end;
    // Beyond 32 bits division is done on doubles, which are exact here.
    while (rest > 0x7fffffff) {
      const above = Math.floor(rest / 10);
      if (--at === point) buffer[at--] = 0x2e;
      buffer[at] = 48 + (rest - above * 10);
      rest = above;
    }
    let small = rest | 0;
    while (at > this.#at) {
      if (--at === point) {
        buffer[at] = 0x2e;
        continue;
      }
      const above = (small / 10) | 0;
      buffer[at] = 48 + (small - above * 10);
      small = above;
    }
    this.#at = end;
  }

  /** `width` digits with leading zeros. */
  digits(value: number, width: number): void {
    this.#reserve(width);
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
    this.#reserve((end - start) * 2);
    const buffer = this.#buffer;
    for (let i = start; i < end; i++) {
      const byte = source[i]!;
      buffer[this.#at++] = HEX[byte >> 4]!;
      buffer[this.#at++] = HEX[byte & 15]!;
    }
  }

  /** Text bytes with backslash escapes: the same ones serve lines of LOAD DATA and quoted literals. */
  escaped(source: Buffer, start: number, end: number): void {
    this.#reserve((end - start) * 2);
    const buffer = this.#buffer;
    if (end - start < 48) {
      let at = this.#at;
      for (let i = start; i < end; i++) {
        const byte = source[i]!;
        const escape = ESCAPES[byte]!;
        if (escape === 0) buffer[at++] = byte;
        else {
          buffer[at++] = BACKSLASH;
          buffer[at++] = escape;
        }
      }
      this.#at = at;
      return;
    }
    let from = start;
    for (let i = start; i < end; i++) {
      const escape = ESCAPES[source[i]!]!;
      if (escape === 0) continue;
      this.#at += source.copy(buffer, this.#at, from, i);
      buffer[this.#at++] = BACKSLASH;
      buffer[this.#at++] = escape;
      from = i + 1;
    }
    this.#at += source.copy(buffer, this.#at, from, end);
  }

  #reserve(bytes: number): void {
    if (this.#at + bytes > this.#buffer.length) this.#grow(bytes);
  }

  #grow(bytes: number): void {
    const grown = Buffer.allocUnsafeSlow(Math.max(this.#buffer.length * 2, this.#at + bytes));
    this.#buffer.copy(grown, 0, 0, this.#at);
    this.#buffer = grown;
  }
}
