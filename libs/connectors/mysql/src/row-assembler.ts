import { isUtf8 } from 'node:buffer';
import { type ReadBatch, RowBatchBuilder } from '@sluice/connector-sdk';
import { type BatchLimits, type DirtyRecord, MAX_RECORD_BYTES, type Position } from '@sluice/model';
import { appendField } from './row-decoder.ts';
import type { KeyColumn, RowLayout } from './row-layout.ts';
import { CODE, type Code } from './types.ts';

const NO_CODE = -1;

/** Where the key texts of one row lie; -1 as start: null. */
interface KeyPlace {
  source: Buffer;
  readonly starts: Int32Array;
  readonly ends: Int32Array;
}

/** Makes batches of row packets: each field's bytes go straight into the batch, no value is made of them. */
export class RowAssembler {
  readonly #limits: BatchLimits;
  readonly #key: readonly KeyColumn[];
  readonly #keyItems: readonly number[];
  readonly #builder: RowBatchBuilder;
  /** By select item. */
  readonly #codes: Int8Array;
  readonly #bits: Int32Array;
  readonly #starts: Int32Array;
  readonly #ends: Int32Array;
  readonly #fields: readonly (number | Buffer)[];
  readonly #straight: boolean;
  /** Select items whose text may be no UTF-8, with the names of their columns. */
  readonly #doubtful: readonly { readonly item: number; readonly name: string }[];
  #dirty: DirtyRecord[] = [];
  #last: KeyPlace;
  #spare: KeyPlace;
  /** Batches that are complete, in order; the owner takes them away. */
  readonly done: ReadBatch[] = [];
  doneBytes = 0;

  constructor(layout: RowLayout, key: readonly KeyColumn[], limits: BatchLimits) {
    this.#limits = limits;
    this.#key = key;
    this.#keyItems = layout.keyItems;
    this.#fields = layout.fields;
    const count = layout.items.length;
    this.#codes = Int8Array.from(layout.items, (item) => item.code ?? NO_CODE);
    this.#bits = Int32Array.from(layout.items, (item) => item.bits);
    this.#starts = new Int32Array(count);
    this.#ends = new Int32Array(count);
    this.#builder = new RowBatchBuilder(Math.min(limits.maxBytes + 32 * 1024, 8 * 1024 * 1024));
    this.#doubtful = layout.schema.columns.flatMap(({ name }, index) => {
      const item = layout.fields[index]!;
      return typeof item === 'number' && this.#codes[item] === CODE.doubtfulText ? [{ item, name }] : [];
    });
    // Without constants the fields are the first items in their order.
    this.#straight = layout.fields.every((field, index) => field === index);
    const place = (): KeyPlace => ({
      source: Buffer.alloc(0),
      starts: new Int32Array(layout.keyItems.length),
      ends: new Int32Array(layout.keyItems.length),
    });
    this.#last = place();
    this.#spare = place();
  }

  /** One row of the text protocol in `source[at, ...)`. */
  add(source: Buffer, at: number): void {
    this.#findFields(source, at);
    const ill = this.#doubtful.find(({ item }) => this.#isIllFormed(source, item));
    if (ill !== undefined) return this.#reject(source, ill.name);
    const builder = this.#builder;
    const count = this.#fields.length;
    for (let i = 0; i < count; i++) {
      const field = this.#straight ? i : this.#fields[i]!;
      if (typeof field !== 'number') {
        builder.raw(field, 0, field.length);
        continue;
      }
      const start = this.#starts[field]!;
      if (start < 0) builder.nul();
      else
        appendField(
          builder,
          this.#codes[field]! as Code,
          this.#bits[field]!,
          source,
          start,
          this.#ends[field]!,
        );
    }
    this.#endRow(source);
  }

  /** Closes what is left as the last batch. */
  finish(): void {
    if (this.#count() > 0) this.#close();
  }

  #count(): number {
    return this.#builder.recordCount + this.#dirty.length;
  }

  #endRow(source: Buffer): void {
    const builder = this.#builder;
    const large = builder.rowBytes > MAX_RECORD_BYTES;
    // The row under way is not in the batch yet: a batch that it would overfill is closed before it.
    if (!large && this.#count() > 0 && builder.byteLength + builder.rowBytes > this.#limits.maxBytes)
      this.#close();
    this.#remember(source);
    if (large) this.#drop();
    else builder.endRow();
    this.#closeWhenFull();
  }

  #remember(source: Buffer): void {
    const place = this.#spare;
    place.source = source;
    for (let i = 0; i < this.#keyItems.length; i++) {
      place.starts[i] = this.#starts[this.#keyItems[i]!]!;
      place.ends[i] = this.#ends[this.#keyItems[i]!]!;
    }
    this.#spare = this.#last;
    this.#last = place;
  }

  #closeWhenFull(): void {
    if (this.#count() >= this.#limits.maxRecords || this.#builder.byteLength >= this.#limits.maxBytes)
      this.#close();
  }

  #isIllFormed(source: Buffer, item: number): boolean {
    const start = this.#starts[item]!;
    return start >= 0 && !isUtf8(source.subarray(start, this.#ends[item]!));
  }

  #reject(source: Buffer, column: string): void {
    this.#remember(source);
    this.#dirty.push({
      index: this.#count(),
      code: 'SLUICE_SRC_VALUE',
      column,
      reason: `The text of ${column} has half of a surrogate pair, which has no UTF-8.`,
      record: this.#keyRecord(),
    });
    this.#closeWhenFull();
  }

  /** What is shown of a record that is not carried. */
  #keyRecord(): string {
    const key = this.#position();
    return JSON.stringify({ key: key === null ? null : (JSON.parse(key) as unknown) });
  }

  /** Walks the length-encoded fields of a row. */
  #findFields(source: Buffer, at: number): void {
    const starts = this.#starts;
    const ends = this.#ends;
    for (let i = 0; i < starts.length; i++) {
      let length = source[at++]!;
      if (length > 250) {
        if (length === 251) {
          starts[i] = -1;
          continue;
        }
        const width = length === 252 ? 2 : length === 253 ? 3 : 8;
        // No field is longer than 1 GiB: the lower four bytes say it all.
        length = width === 8 ? source.readUInt32LE(at) : source.readUIntLE(at, width);
        at += width;
      }
      starts[i] = at;
      ends[i] = at += length;
    }
  }

  #drop(): void {
    const bytes = this.#builder.rowBytes;
    this.#builder.dropRow();
    this.#dirty.push({
      index: this.#count(),
      code: 'SLUICE_SRC_ROW_TOO_LARGE',
      reason: `The record has ${bytes} bytes, the bus carries ${MAX_RECORD_BYTES}.`,
      record: this.#keyRecord(),
    });
  }

  #close(): void {
    const dirty = this.#dirty;
    this.#dirty = [];
    const { rows, recordCount } = this.#builder.take();
    this.done.push({ rows, recordCount, dirty, position: this.#position() });
    this.doneBytes += rows.length;
  }

  /** The key of the last row as a position; null where reading cannot resume. */
  #position(): Position | null {
    if (this.#keyItems.length === 0) return null;
    const { source, starts, ends } = this.#last;
    const texts = this.#key.map((column, i) => {
      if (starts[i]! < 0) return null;
      return source.toString(column.literal === 'hex' ? 'hex' : 'utf8', starts[i], ends[i]);
    });
    return JSON.stringify(texts);
  }
}
