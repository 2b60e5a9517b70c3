import { type ReadBatch, RowBatchBuilder } from '@sluice/connector-sdk';
import { type BatchLimits, type DirtyRecord, MAX_RECORD_BYTES } from '@sluice/model';
import { int32 } from './field-decoders.ts';
import type { Selection } from './selection.ts';

const SIGNATURE = Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1');
/** Signature, flags, length of the (empty) header extension. */
const HEADER = SIGNATURE.length + 8;

/** Turns CopyData messages into batches: bytes to bytes, a value is made only for the last row's position. */
export class BatchAssembly {
  readonly #selection: Selection;
  readonly #limits: BatchLimits;
  readonly #resumable: boolean;
  readonly #builder: RowBatchBuilder;
  #dirty: DirtyRecord[] = [];
  #index = 0;
  /** Where the order columns of the last row lie. */
  #lastChunk: Buffer | undefined;
  #lastAt = 0;
  #begun = false;

  constructor(selection: Selection, limits: BatchLimits, resumable: boolean) {
    this.#selection = selection;
    this.#limits = limits;
    this.#resumable = resumable;
    this.#builder = new RowBatchBuilder(limits.maxBytes + 32 * 1024);
  }

  /** Batches that are full with this chunk of whole messages. */
  *take(chunk: Buffer): Generator<ReadBatch> {
    for (let at = 0; at < chunk.length;) {
      const end = at + 1 + int32(chunk, at + 1);
      let tuple = at + 5;
      at = end;
      if (!this.#begun) {
        this.#begun = true;
        if (chunk.compare(SIGNATURE, 0, SIGNATURE.length, tuple, tuple + SIGNATURE.length) === 0)
          tuple += HEADER;
      }
      // A tuple begins with its number of fields; -1 ends the stream.
      if (tuple >= end || chunk[tuple]! >= 0x80) continue;
      const keyAt = this.#row(chunk, tuple + 2);
      const builder = this.#builder;
      const bytes = builder.rowBytes;
      const isLarge = bytes > MAX_RECORD_BYTES;
      // The row under way is not in the batch yet: a batch that it would overfill is closed before it.
      if (!isLarge && this.#index > 0 && builder.byteLength + bytes > this.#limits.maxBytes)
        yield this.#batch();
      this.#lastChunk = chunk;
      this.#lastAt = keyAt;
      if (isLarge) this.#drop(bytes);
      else builder.endRow();
      this.#index++;
      if (this.#index >= this.#limits.maxRecords || builder.byteLength >= this.#limits.maxBytes)
        yield this.#batch();
    }
  }

  /** What is left when the statement has ended. */
  rest(): ReadBatch | undefined {
    return this.#index === 0 ? undefined : this.#batch();
  }

  /** Appends the fields of a row; answers where its order columns begin. */
  #row(chunk: Buffer, start: number): number {
    const { decoders } = this.#selection;
    const builder = this.#builder;
    let at = start;
    for (let i = 0; i < decoders.length; i++) {
      const length = int32(chunk, at);
      at += 4;
      if (length < 0) builder.nul();
      else {
        decoders[i]!(builder, chunk, at, at + length);
        at += length;
      }
    }
    return at;
  }

  /** Texts of the order columns of the last row. */
  #place(): string {
    const values: (string | null)[] = [];
    let at = this.#lastAt;
    for (let i = 0; i < this.#selection.orderFields; i++) {
      const length = int32(this.#lastChunk!, at);
      at += 4;
      values.push(length < 0 ? null : this.#lastChunk!.toString('utf8', at, at + length));
      at += Math.max(0, length);
    }
    return JSON.stringify(values);
  }

  #batch(): ReadBatch {
    const position = this.#resumable ? this.#place() : null;
    const batch = { ...this.#builder.take(), dirty: this.#dirty, position };
    this.#dirty = [];
    this.#index = 0;
    return batch;
  }

  #drop(bytes: number): void {
    this.#builder.dropRow();
    this.#dirty.push({
      index: this.#index,
      code: 'SLUICE_SRC_ROW_TOO_LARGE',
      reason: `The record has ${bytes} bytes, the bus carries ${MAX_RECORD_BYTES}.`,
      record: `{"key":${this.#place()}}`,
    });
  }
}
