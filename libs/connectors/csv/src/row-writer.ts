import type { Parameters, RowCursor } from '@sluice/connector-sdk';
import {
  type BinaryText,
  datePattern,
  missing,
  TextBuffer,
  unfit,
  type ValueWriter,
  valueWriter,
} from '@sluice/file-kit';
import type { Column, RowSchema } from '@sluice/model';
import { type Dialect, dialectOf } from './dialect.ts';

const LF = 0x0a;
const CR = 0x0d;
/** What texts of other kinds than string are made of: only an odd delimiter, quote or null can be among it. */
const TYPED = /[0-9A-Za-z+\-.: \\=/]/;
/** What a spreadsheet would take for the beginning of a formula. */
const FORMULA: ReadonlySet<number> = new Set(
  ['=', '+', '-', '@', '\t', '\r'].map((char) => char.charCodeAt(0)),
);

/** Writes records of CSV. A field is quoted when it has to be, and when it is empty or is the text for null but not null. */
export class CsvRowWriter {
  readonly #dialect: Dialect;
  readonly #columns: readonly { column: Column; write: ValueWriter; isPlain: boolean }[];
  readonly #lineEnd: Buffer;
  readonly #special = new Uint8Array(256);
  readonly #guardsFormulas: boolean;
  readonly #quotesAll: boolean;
  readonly #scratch = new TextBuffer(4096);

  constructor(parameters: Parameters, schema: RowSchema) {
    const dialect = dialectOf(parameters);
    this.#dialect = dialect;
    this.#lineEnd = Buffer.from(parameters['lineEnd'] === 'crlf' ? '\r\n' : '\n');
    this.#guardsFormulas = parameters['formulaGuard'] === true;
    this.#quotesAll = parameters['quoteAll'] === true;
    for (const byte of [LF, CR, dialect.delimiter[0]!, dialect.quote, dialect.escape])
      if (byte >= 0) this.#special[byte] = 1;
    const marks = [dialect.delimiter, dialect.nullText ?? Buffer.alloc(0)].map(String).join('');
    const isOdd = TYPED.test(
      marks + String.fromCharCode(...[dialect.quote, dialect.escape].filter((b) => b >= 0)),
    );
    const binary = (parameters['binary'] ?? 'hex') as BinaryText;
    const [yes = 't', no = 'f'] = String(parameters['booleans'] ?? 't/f').split('/');
    const pattern = parameters['dateFormat'];
    const dates = typeof pattern === 'string' ? { dates: datePattern(pattern) } : {};
    this.#columns = schema.columns.map((column) => ({
      column,
      write: valueWriter(column, { yes, no, binary, ...dates }),
      // Bytes in base64 may be an empty text, dates in a form of their own any text.
      isPlain:
        column.kind !== 'string' &&
        column.kind !== 'bytes' &&
        !(pattern !== undefined && /^(date|timestamp)/.test(column.kind)) &&
        !isOdd &&
        !this.#quotesAll,
    }));
  }

  /** The record of the column names. */
  header(): Buffer {
    const out = new TextBuffer(1024);
    for (const [i, { column }] of this.#columns.entries()) {
      if (i > 0) out.bytes(this.#dialect.delimiter);
      const name = Buffer.from(column.name);
      this.#text(out, name, 0, name.length, column);
    }
    out.bytes(this.#lineEnd);
    return out.take();
  }

  /** Appends the record that the cursor stands before. */
  write(out: TextBuffer, cursor: RowCursor): void {
    const { delimiter, nullText } = this.#dialect;
    const columns = this.#columns;
    for (let i = 0; i < columns.length; i++) {
      if (i > 0) out.bytes(delimiter);
      cursor.field();
      const { column, write, isPlain } = columns[i]!;
      if (cursor.branch === 0) {
        if (!column.nullable) throw missing(column);
        if (nullText === undefined) throw unfit(column, 'there is no text for null in this file');
        out.bytes(nullText);
      } else if (cursor.branch === 2 || column.kind === 'string')
        this.#text(out, cursor.buffer, cursor.start, cursor.end, column);
      else if (isPlain) write(out, cursor);
      else {
        this.#scratch.cutTo(0);
        write(this.#scratch, cursor);
        const text = this.#scratch.view();
        this.#text(out, text, 0, text.length, column);
      }
    }
    out.bytes(this.#lineEnd);
  }

  #text(out: TextBuffer, source: Buffer, start: number, end: number, column: Column): void {
    const special = this.#special;
    const isFormula = this.#guardsFormulas && column.kind === 'string' && FORMULA.has(source[start]!);
    let isSpecial = this.#quotesAll || this.#isNull(source, start, end);
    for (let i = start; i < end && !isSpecial; i++) if (special[source[i]!] === 1) isSpecial = true;
    if (!isSpecial && !isFormula) return out.bytes(source, start, end);
    const { quote, escape } = this.#dialect;
    if (quote < 0) return this.#escaped(out, source, start, end, column);
    out.byte(quote);
    if (isFormula) out.byte(0x27);
    let from = start;
    for (let i = start; i < end; i++) {
      const byte = source[i]!;
      if (byte !== quote && byte !== escape) continue;
      if (escape < 0) throw unfit(column, 'it has a quote, and there is no escape for it in this file');
      out.bytes(source, from, i);
      out.byte(escape);
      from = i;
    }
    out.bytes(source, from, end);
    out.byte(quote);
  }

  /** Without quotes only an escape can keep what would end the field; a text like the one for null has no form at all. */
  #escaped(out: TextBuffer, source: Buffer, start: number, end: number, column: Column): void {
    const { escape } = this.#dialect;
    if (this.#isNull(source, start, end)) {
      if (start === end || escape < 0)
        throw unfit(column, 'it reads as null, and there are no quotes in this file');
      out.byte(escape);
      if (source[start] === escape) out.byte(escape);
      return this.#rest(out, source, start + (source[start] === escape ? 1 : 0), end, column);
    }
    this.#rest(out, source, start, end, column);
  }

  #rest(out: TextBuffer, source: Buffer, start: number, end: number, column: Column): void {
    const { escape } = this.#dialect;
    for (let i = start; i < end; i++) {
      const byte = source[i]!;
      if (this.#special[byte] === 1) {
        if (escape < 0)
          throw unfit(column, 'it has a delimiter or line end, and there are no quotes in this file');
        out.byte(escape);
      }
      out.byte(byte);
    }
  }

  #isNull(source: Buffer, start: number, end: number): boolean {
    const text = this.#dialect.nullText;
    if (text === undefined || end - start !== text.length) return false;
    for (let i = 0; i < text.length; i++) if (source[start + i] !== text[i]) return false;
    return true;
  }
}
