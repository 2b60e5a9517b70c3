import type { Parameters, RowCursor } from '@sluice/connector-sdk';
import { type BinaryText, missing, type TextBuffer, type ValueWriter, valueWriter } from '@sluice/file-kit';
import type { Column, ColumnKind, RowSchema } from '@sluice/model';
import { JsonFault, JsonScanner } from './json-scanner.ts';

const QUOTE = 0x22;
const NUMBERS: ReadonlySet<ColumnKind> = new Set(['int', 'long', 'float', 'double', 'decimal']);
/** Escape of each byte in a string; '' for what stands as it is. */
const ESCAPES: readonly string[] = Array.from({ length: 256 }, (_, byte) => {
  const char = String.fromCharCode(byte);
  return byte < 0x20 || char === '"' || char === '\\' ? JSON.stringify(char).slice(1, -1) : '';
});

interface Field {
  readonly column: Column;
  /** `"name":` with what comes before it. */
  readonly key: Buffer;
  readonly write: ValueWriter;
  readonly form: 'bare' | 'floating' | 'quoted' | 'text' | 'json';
}

/** Writes records as JSON objects with every column as a key. Numbers keep all their digits. */
export class JsonRowWriter {
  readonly #fields: readonly Field[];
  readonly #json = new JsonScanner();

  constructor(parameters: Parameters, schema: RowSchema) {
    const binary = (parameters['binary'] ?? 'hex') as BinaryText;
    const nests = parameters['json'] === 'nested';
    this.#fields = schema.columns.map((column, i) => ({
      column,
      key: Buffer.from(`${i === 0 ? '{' : ','}${JSON.stringify(column.name)}:`),
      write: valueWriter(column, { yes: 'true', no: 'false', binary }),
      form: formOf(column, nests),
    }));
  }

  /** Appends the record that the cursor stands before. */
  write(out: TextBuffer, cursor: RowCursor): void {
    for (const { column, key, write, form } of this.#fields) {
      out.bytes(key);
      cursor.field();
      if (cursor.branch === 0) {
        if (!column.nullable) throw missing(column);
        out.ascii('null');
      } else if (cursor.branch === 2 || form === 'text') text(out, cursor);
      else if (form === 'bare') write(out, cursor);
      else if (form === 'floating') this.#floating(out, cursor, write);
      else if (form === 'quoted') {
        out.byte(QUOTE);
        const from = out.length;
        write(out, cursor);
        // Only bytes in hexadecimal have something to be escaped: the backslash that they begin with.
        if (out.view(from)[0] === 0x5c) {
          const digits = Buffer.from(out.view(from + 1));
          out.cutTo(from);
          out.ascii('\\\\');
          out.bytes(digits);
        }
        out.byte(QUOTE);
      } else if (this.#isNestable(cursor)) out.bytes(cursor.buffer, cursor.start, cursor.end);
      else text(out, cursor);
    }
    out.ascii('}\n');
  }

  /** JSON has no NaN and no infinities: they are strings. */
  #floating(out: TextBuffer, cursor: RowCursor, write: ValueWriter): void {
    const from = out.length;
    write(out, cursor);
    const first = out.view(from);
    const isNumber = first[0]! <= 0x39 && (first[0] !== 0x2d || first[1]! <= 0x39);
    if (isNumber) return;
    const word = first.toString('latin1');
    out.cutTo(from);
    out.ascii(`"${word}"`);
  }

  /** An object or list on one line can stand as it is; a scalar could be taken for something else when it is read. */
  #isNestable({ buffer, start, end }: RowCursor): boolean {
    if (buffer[start] !== 0x7b && buffer[start] !== 0x5b) return false;
    if (buffer.subarray(start, end).includes(0x0a)) return false;
    try {
      this.#json.begin(buffer, start, end);
      this.#json.value();
      return this.#json.peek() < 0;
    } catch (error) {
      if (error instanceof JsonFault) return false;
      throw error;
    }
  }
}

function formOf({ kind, format }: Column, nests: boolean): Field['form'] {
  if (kind === 'string') return format === 'json' && nests ? 'json' : 'text';
  if (kind === 'float' || kind === 'double') return 'floating';
  return NUMBERS.has(kind) || kind === 'boolean' ? 'bare' : 'quoted';
}

/** The cursor's text as a string. */
function text(out: TextBuffer, { buffer, start, end }: RowCursor): void {
  out.byte(QUOTE);
  let from = start;
  for (let i = start; i < end; i++) {
    const escape = ESCAPES[buffer[i]!]!;
    if (escape === '') continue;
    out.bytes(buffer, from, i);
    out.ascii(escape);
    from = i + 1;
  }
  out.bytes(buffer, from, end);
  out.byte(QUOTE);
}
