const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const MINUS = 0x2d;
const ZERO = 0x30;
const U = 0x75;

/** What a value is. */
export const NULL = 1;
export const BOOLEAN = 2;
export const NUMBER = 3;
export const STRING = 4;
/** A string with escapes in it. */
export const ESCAPED = 5;
/** An object or a list. */
export const NESTED = 6;

const SPACE = new Uint8Array(256);
for (const char of ' \t\n\r') SPACE[char.charCodeAt(0)] = 1;
const SIMPLE_ESCAPES = new Map(
  [
    ['"', '"'],
    ['\\', '\\'],
    ['/', '/'],
    ['b', '\b'],
    ['f', '\f'],
    ['n', '\n'],
    ['r', '\r'],
    ['t', '\t'],
  ].map(([letter, char]) => [letter!.charCodeAt(0), char!.charCodeAt(0)]),
);

/** What is not JSON, in words. */
export class JsonFault extends Error {}

/**
 * Walks JSON in bytes without making values: numbers keep their digits, strings their bytes. Strict as RFC 8259; a string with a lone
 * surrogate is refused, as it is no text. Depth costs memory, not stack.
 */
export class JsonScanner {
  #buffer: Buffer = Buffer.alloc(0);
  #end = 0;
  at = 0;
  /** Of the last value: its text, for strings what lies between the quotes. */
  start = 0;
  end = 0;

  begin(buffer: Buffer, from: number, to: number): void {
    this.#buffer = buffer;
    this.at = from;
    this.#end = to;
  }

  /** Passes white space; answers the byte behind it, -1 at the end. */
  peek(): number {
    while (this.at < this.#end && SPACE[this.#buffer[this.at]!] === 1) this.at++;
    return this.at < this.#end ? this.#buffer[this.at]! : -1;
  }

  expect(char: string): void {
    if (this.peek() !== char.charCodeAt(0)) throw new JsonFault(`there is no ${char} where one is wanted`);
    this.at++;
  }

  /** Passes a value and answers what it is. */
  value(): number {
    const byte = this.peek();
    this.start = this.at;
    if (byte === QUOTE) return this.string();
    if (byte === MINUS || (byte >= ZERO && byte <= 0x39)) return this.#number();
    if (byte === 0x7b || byte === 0x5b) return this.#nested();
    for (const [word, kind] of WORDS)
      if (this.#buffer.toString('latin1', this.at, Math.min(this.at + word.length, this.#end)) === word) {
        this.end = this.at += word.length;
        return kind;
      }
    throw new JsonFault(byte < 0 ? 'it ends too early' : 'there is no value where one is wanted');
  }

  string(): typeof STRING | typeof ESCAPED {
    this.expect('"');
    const buffer = this.#buffer;
    const last = this.#end;
    this.start = this.at;
    let kind: typeof STRING | typeof ESCAPED = STRING;
    for (let at = this.at; at < last; at++) {
      const byte = buffer[at]!;
      if (byte === QUOTE) {
        this.end = at;
        this.at = at + 1;
        return kind;
      }
      if (byte < 0x20) throw new JsonFault('a string has a control character that is not escaped');
      if (byte !== BACKSLASH) continue;
      kind = ESCAPED;
      at = this.#escape(at);
    }
    throw new JsonFault('a string is opened and never closed');
  }

  /** Copies the last string without its escapes into `into`, which is large enough; answers the number of bytes. */
  unescape(into: Buffer): number {
    const buffer = this.#buffer;
    let length = 0;
    for (let at = this.start; at < this.end; at++) {
      const byte = buffer[at]!;
      if (byte !== BACKSLASH) {
        into[length++] = byte;
        continue;
      }
      const simple = SIMPLE_ESCAPES.get(buffer[++at]!);
      if (simple !== undefined) {
        into[length++] = simple;
        continue;
      }
      let code = this.#unit(at + 1);
      at += 4;
      if (code >= 0xd800 && code < 0xdc00) {
        code = 0x10000 + ((code - 0xd800) << 10) + (this.#unit(at + 3) - 0xdc00);
        at += 6;
      }
      length += into.write(String.fromCodePoint(code), length);
    }
    return length;
  }

  /** Checks the escape at `at`; answers where it ends. */
  #escape(at: number): number {
    const letter = at + 1 < this.#end ? this.#buffer[at + 1]! : -1;
    if (SIMPLE_ESCAPES.has(letter)) return at + 1;
    const code = letter === U ? this.#unit(at + 2) : -1;
    if (code < 0) throw new JsonFault('a string has an escape that is none');
    if (code < 0xd800 || code > 0xdfff) return at + 5;
    const follows =
      this.#buffer[at + 6] === BACKSLASH && this.#buffer[at + 7] === U ? this.#unit(at + 8) : -1;
    if (code > 0xdbff || follows < 0xdc00 || follows > 0xdfff)
      throw new JsonFault('a string has half a surrogate pair, which is no character');
    return at + 11;
  }

  /** Four hexadecimal digits; -1: there are none. */
  #unit(at: number): number {
    if (at + 4 > this.#end) return -1;
    const text = this.#buffer.toString('latin1', at, at + 4);
    return /^[0-9a-fA-F]{4}$/.test(text) ? parseInt(text, 16) : -1;
  }

  #number(): typeof NUMBER {
    const buffer = this.#buffer;
    let at = this.at;
    const digits = (): number => {
      const from = at;
      while (at < this.#end && buffer[at]! >= ZERO && buffer[at]! <= 0x39) at++;
      return at - from;
    };
    if (buffer[at] === MINUS) at++;
    const first = buffer[at];
    const whole = digits();
    if (whole === 0 || (first === ZERO && whole > 1)) throw new JsonFault('a number is written wrongly');
    if (at < this.#end && buffer[at] === 0x2e) {
      at++;
      if (digits() === 0) throw new JsonFault('a number is written wrongly');
    }
    if (at < this.#end && (buffer[at]! | 0x20) === 0x65) {
      at++;
      if (buffer[at] === 0x2b || buffer[at] === MINUS) at++;
      if (digits() === 0) throw new JsonFault('a number is written wrongly');
    }
    this.end = this.at = at;
    return NUMBER;
  }

  /** Passes an object or a list with everything in it; `start` and `end` are of the whole. */
  #nested(): typeof NESTED {
    const from = this.at;
    /** The brackets that will close what is open. */
    const open: number[] = [];
    do {
      const byte = this.peek();
      if (byte === 0x7b || byte === 0x5b) {
        this.at++;
        const closing = byte + 2;
        if (this.peek() === closing) this.at++;
        else {
          open.push(closing);
          if (closing === 0x7d) this.#key();
          continue;
        }
      } else this.value();
      while (open.length > 0) {
        const next = this.peek();
        if (next === open.at(-1)) {
          this.at++;
          open.pop();
        } else {
          this.expect(',');
          if (open.at(-1) === 0x7d) this.#key();
          break;
        }
      }
    } while (open.length > 0);
    this.start = from;
    this.end = this.at;
    return NESTED;
  }

  #key(): void {
    this.peek();
    this.string();
    this.expect(':');
  }
}

const WORDS = [
  ['null', NULL],
  ['true', BOOLEAN],
  ['false', BOOLEAN],
] as const;
