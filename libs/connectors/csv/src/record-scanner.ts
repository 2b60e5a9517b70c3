import type { RecordScanner } from '@sluice/file-kit';
import type { Dialect } from './dialect.ts';

const LF = 0x0a;
const CR = 0x0d;

/** What a field is: as it stands, quoted, or quoted with escapes in it. */
export const PLAIN = 0;
export const QUOTED = 1;
export const ESCAPED = 2;

/** Classes of bytes that end a run of ordinary ones. */
const ORDINARY = 0;
const DELIMITER = 1;
const LINE_END = 2;
const ESCAPE = 3;

/**
 * Finds the fields of a record. A quote means something at the start of a field only, and within quotes the escape before a quote or
 * an escape; without quotes the escape makes the next byte ordinary. LF, CR LF and CR end a record. No text is made.
 */
export class CsvScanner implements RecordScanner {
  readonly #delimiter: Buffer;
  readonly #quote: number;
  readonly #escape: number;
  readonly #classes = new Uint8Array(256);
  /** Whether an empty line is a record: of a single column it is one null. */
  readonly #keepsBlank: boolean;
  lines = 0;
  isBlank = false;
  fault: string | undefined;
  /** Fields of the record that was scanned last: bytes without their quotes. */
  count = 0;
  starts = new Int32Array(64);
  ends = new Int32Array(64);
  kinds = new Uint8Array(64);

  constructor({ delimiter, quote, escape }: Dialect, keepsBlank = false) {
    this.#delimiter = delimiter;
    this.#quote = quote;
    this.#escape = escape;
    this.#keepsBlank = keepsBlank;
    this.#classes[delimiter[0]!] = DELIMITER;
    this.#classes[LF] = this.#classes[CR] = LINE_END;
    if (quote < 0 && escape >= 0) this.#classes[escape] = ESCAPE;
  }

  scan(buffer: Buffer, from: number, to: number, ended: boolean): number {
    this.count = 0;
    this.lines = 1;
    this.isBlank = false;
    this.fault = undefined;
    const classes = this.#classes;
    const quote = this.#quote;
    const width = this.#delimiter.length;
    let at = from;
    for (;;) {
      // A field begins at `at`.
      let start = at;
      let end: number;
      let kind = PLAIN;
      if (buffer[at] === quote && at < to) {
        start = at + 1;
        end = this.#closing(buffer, start, to);
        if (end < 0) {
          if (!ended) return -1;
          this.fault = 'a quote is opened and never closed';
          return to;
        }
        kind = this.#hasEscapes ? ESCAPED : QUOTED;
        at = end + 1;
        if (at === to && !ended) return -1;
        if (at < to && classes[buffer[at]!] === ORDINARY) return this.#spoilt(buffer, at, to, ended);
      } else {
        for (;;) {
          while (at < to && classes[buffer[at]!] === ORDINARY) at++;
          if (at < to && classes[buffer[at]!] === ESCAPE) {
            if (at + 1 >= to && !ended) return -1;
            kind = ESCAPED;
            if (buffer[at + 1] === LF) this.lines++;
            at = Math.min(at + 2, to);
          } else if (at < to && width > 1 && classes[buffer[at]!] === DELIMITER) {
            if (at + width > to && !ended) return -1;
            if (this.#isDelimiter(buffer, at, to)) break;
            at++;
          } else break;
        }
        end = at;
      }
      this.#field(start, end, kind);
      if (at >= to) {
        if (!ended) return -1;
        this.lines = Math.max(this.lines - 1, 0);
        return to;
      }
      const byte = buffer[at]!;
      if (byte === LF) return this.#ended(at + 1);
      if (byte === CR) {
        if (at + 1 === to && !ended) return -1;
        return this.#ended(buffer[at + 1] === LF && at + 1 < to ? at + 2 : at + 1);
      }
      if (width > 1 && !this.#isDelimiter(buffer, at, to)) return this.#spoilt(buffer, at, to, ended);
      at += width;
    }
  }

  /** Bytes of a field as text. */
  text(buffer: Buffer, field: number): string {
    const [start, end] = [this.starts[field]!, this.ends[field]!];
    if (this.kinds[field] !== ESCAPED) return buffer.toString('utf8', start, end);
    const scratch = Buffer.allocUnsafe(end - start);
    return scratch.toString('utf8', 0, this.unescape(buffer, start, end, scratch));
  }

  /** Copies a field without its escapes; answers the number of bytes. */
  unescape(buffer: Buffer, start: number, end: number, into: Buffer): number {
    const quote = this.#quote;
    const escape = this.#escape;
    let length = 0;
    if (quote === escape) {
      for (let at = start; at < end; at++) if ((into[length++] = buffer[at]!) === quote) at++;
      return length;
    }
    for (let at = start; at < end; at++) {
      let byte = buffer[at]!;
      if (byte === escape && at + 1 < end) {
        const next = buffer[at + 1]!;
        if (quote < 0 || next === quote || next === escape) {
          byte = next;
          at++;
        }
      }
      into[length++] = byte;
    }
    return length;
  }

  #hasEscapes = false;

  /** Where the quoted field from `at` on is closed; -1: not before `to`. */
  #closing(buffer: Buffer, from: number, to: number): number {
    const quote = this.#quote;
    const escape = this.#escape;
    this.#hasEscapes = false;
    let at = from;
    for (;;) {
      let byte = 0;
      while (at < to && (byte = buffer[at]!) !== quote && byte !== escape) {
        if (byte === LF) this.lines++;
        at++;
      }
      if (at >= to) return -1;
      if (byte === escape) {
        const next = at + 1 < to ? buffer[at + 1] : -1;
        if (next === quote || (next === escape && escape !== quote)) {
          this.#hasEscapes = true;
          at += 2;
          continue;
        }
        if (byte !== quote) {
          at++;
          continue;
        }
      }
      return at;
    }
  }

  #isDelimiter(buffer: Buffer, at: number, to: number): boolean {
    const delimiter = this.#delimiter;
    if (at + delimiter.length > to) return false;
    for (let i = 1; i < delimiter.length; i++) if (buffer[at + i] !== delimiter[i]) return false;
    return true;
  }

  #field(start: number, end: number, kind: number): void {
    const field = this.count++;
    if (field === this.starts.length) this.#grow();
    this.starts[field] = start;
    this.ends[field] = end;
    this.kinds[field] = kind;
  }

  #ended(next: number): number {
    this.isBlank =
      this.count === 1 && this.kinds[0] === PLAIN && this.starts[0] === this.ends[0] && !this.#keepsBlank;
    return next;
  }

  /** Something stands between a closing quote and the next field. */
  #spoilt(buffer: Buffer, from: number, to: number, ended: boolean): number {
    let at = from;
    while (at < to && this.#classes[buffer[at]!] !== LINE_END) at++;
    if (at >= to && !ended) return -1;
    this.fault = 'something follows a closing quote';
    return Math.min(at + 1, to);
  }

  #grow(): void {
    const wider = (array: Int32Array): Int32Array<ArrayBuffer> => {
      const made = new Int32Array(array.length * 2);
      made.set(array);
      return made;
    };
    this.starts = wider(this.starts);
    this.ends = wider(this.ends);
    const kinds = new Uint8Array(this.kinds.length * 2);
    kinds.set(this.kinds);
    this.kinds = kinds;
  }
}
