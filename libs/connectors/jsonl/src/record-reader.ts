import type { RowBatchBuilder } from '@sluice/connector-sdk';
import {
  type BinaryText,
  type FieldParser,
  fieldParser,
  type Output,
  type RecordReader,
  type Refusal,
} from '@sluice/file-kit';
import type { Column } from '@sluice/model';
import { BOOLEAN, ESCAPED, JsonFault, JsonScanner, NESTED, NULL, NUMBER, STRING } from './json-scanner.ts';
import { LineScanner } from './line-scanner.ts';

export interface JsonRecordOptions {
  readonly binary: BinaryText;
  /** Keys that records may have; what is not among them makes a record dirty, unless it `isOpen`. */
  readonly keys: readonly string[];
  readonly isOpen: boolean;
}

type Target =
  | { readonly key: number; readonly column: Column; readonly parse: FieldParser }
  | { readonly constant: Buffer };

/** Lines of one file: objects whose keys are columns. */
export class JsonRecordReader extends LineScanner implements RecordReader {
  readonly #json = new JsonScanner();
  readonly #names: readonly string[];
  readonly #bytes: readonly Buffer[];
  readonly #indexes: ReadonlyMap<string, number>;
  readonly #targets: readonly Target[];
  readonly #isOpen: boolean;
  /** Per key what the record has: kind of value (0: nothing) and its text. */
  readonly #kinds: Uint8Array;
  readonly #starts: Int32Array;
  readonly #ends: Int32Array;
  #scratch = Buffer.allocUnsafe(4096);

  constructor({ binary, keys, isOpen }: JsonRecordOptions, outputs: readonly Output[]) {
    super();
    this.#names = keys;
    this.#bytes = keys.map((key) => Buffer.from(key));
    this.#indexes = new Map(keys.map((key, i) => [key, i]));
    this.#isOpen = isOpen;
    this.#kinds = new Uint8Array(keys.length);
    this.#starts = new Int32Array(keys.length);
    this.#ends = new Int32Array(keys.length);
    this.#targets = outputs.map((output): Target => {
      if ('bytes' in output) return { constant: output.bytes };
      const { column, source } = output;
      return { key: this.#indexes.get(source)!, column, parse: fieldParser(column, binary) };
    });
  }

  append(builder: RowBatchBuilder): Refusal | undefined {
    try {
      this.#object();
    } catch (error) {
      if (!(error instanceof JsonFault)) throw error;
      return { code: 'SLUICE_SRC_VALUE', reason: error.message };
    }
    for (const target of this.#targets) {
      if ('constant' in target) {
        builder.raw(target.constant, 0, target.constant.length);
        continue;
      }
      if (!target.column.nullable && this.#kinds[target.key]! <= NULL) {
        const column = this.#names[target.key]!;
        return { code: 'SLUICE_SRC_VALUE', column, reason: `${column} is null` };
      }
      if (!this.#value(builder, target.key, target.column, target.parse)) {
        const { kind } = target.column;
        const column = this.#names[target.key]!;
        return { code: 'SLUICE_SRC_VALUE', column, reason: `the value of ${column} is not of type ${kind}` };
      }
    }
    return undefined;
  }

  /** Finds the values of the keys. */
  #object(): void {
    const json = this.#json;
    const kinds = this.#kinds;
    kinds.fill(0);
    json.begin(this.buffer, this.from, this.to);
    if (json.peek() !== 0x7b) throw new JsonFault('the line is no object');
    json.at++;
    let expected = 0;
    if (json.peek() === 0x7d) json.at++;
    else
      for (;;) {
        const key = this.#key(expected);
        json.expect(':');
        const kind = json.value();
        if (key >= 0) {
          if (kinds[key] !== 0) throw new JsonFault(`the key ${this.#names[key]!} is there twice`);
          kinds[key] = kind;
          this.#starts[key] = json.start;
          this.#ends[key] = json.end;
          expected = key + 1;
        }
        if (json.peek() !== 0x2c) break;
        json.at++;
      }
    if (this.buffer[json.at - 1] !== 0x7d || json.peek() >= 0) {
      json.expect('}');
      if (json.peek() >= 0) throw new JsonFault('something follows the object');
    }
  }

  /** Index of the key that comes, -1 for one that is passed over; most records have theirs in the same order. */
  #key(expected: number): number {
    const json = this.#json;
    json.peek();
    const kind = json.string();
    const wanted = this.#bytes[expected];
    if (kind === STRING && wanted !== undefined && wanted.length === json.end - json.start) {
      let i = 0;
      while (i < wanted.length && wanted[i] === this.buffer[json.start + i]) i++;
      if (i === wanted.length) return expected;
    }
    const name = this.#text(kind);
    const index = this.#indexes.get(name) ?? -1;
    if (index < 0 && !this.#isOpen) throw new JsonFault(`the key ${name} is no column`);
    return index;
  }

  #text(kind: number): string {
    const { start, end } = this.#json;
    if (kind === STRING) return this.buffer.toString('utf8', start, end);
    return this.#room(end - start).toString('utf8', 0, this.#json.unescape(this.#scratch));
  }

  #value(builder: RowBatchBuilder, key: number, column: Column, parse: FieldParser): boolean {
    const kind = this.#kinds[key]!;
    const start = this.#starts[key]!;
    const end = this.#ends[key]!;
    switch (kind) {
      case 0:
      case NULL:
        builder.nul();
        return true;
      case NUMBER:
      case BOOLEAN:
      case STRING:
        return parse(builder, this.buffer, start, end);
      case ESCAPED: {
        this.#json.start = start;
        this.#json.end = end;
        const scratch = this.#room(end - start);
        return parse(builder, scratch, 0, this.#json.unescape(scratch));
      }
      case NESTED:
        // Its own text, in a column of texts.
        return column.kind === 'string' && parse(builder, this.buffer, start, end);
      default:
        return false;
    }
  }

  #room(bytes: number): Buffer {
    if (this.#scratch.length < bytes) this.#scratch = Buffer.allocUnsafe(bytes * 2);
    return this.#scratch;
  }
}
