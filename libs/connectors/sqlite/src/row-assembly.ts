import { type ReadBatch, RowBatchBuilder } from '@sluice/connector-sdk';
import { type BatchLimits, type Column, type DirtyRecord, MAX_RECORD_BYTES } from '@sluice/model';
import { rowEncoder, rowText, type SqliteValue } from './row-encoder.ts';

/** Turns rows into batches within the limits. */
export class RowAssembly {
  readonly #columns: readonly Column[];
  readonly #limits: BatchLimits;
  readonly #order: number;
  readonly #position: ((key: readonly SqliteValue[]) => string) | undefined;
  readonly #encode: ReturnType<typeof rowEncoder>;
  readonly #isSound: (rowid: bigint, column: number) => boolean;
  readonly #builder = new RowBatchBuilder();
  #dirty: DirtyRecord[] = [];
  #index = 0;
  #last: readonly SqliteValue[] = [];

  /**
   * `order`: how many values stand before those of the columns; `position`: what of them makes a position, if anything does;
   * `isSound`: whether a text that came with replacement characters is stored with them.
   */
  constructor(
    columns: readonly Column[],
    limits: BatchLimits,
    order: number,
    position: ((key: readonly SqliteValue[]) => string) | undefined,
    isSound: (rowid: bigint, column: number) => boolean,
  ) {
    this.#columns = columns;
    this.#limits = limits;
    this.#order = order;
    this.#position = position;
    this.#encode = rowEncoder(columns);
    this.#isSound = isSound;
  }

  /** Takes one row, what it is ordered by first; answers the batches that are full by it. */
  add(row: readonly SqliteValue[]): readonly ReadBatch[] {
    const key = row.slice(0, this.#order);
    const values = row.slice(this.#order);
    const full: ReadBatch[] = [];
    const builder = this.#builder;
    const fault = this.#encodeRow(key, values);
    // The row under way is not in the batch yet: a batch that it would overfill is closed before it.
    if (
      fault === undefined &&
      this.#index > 0 &&
      builder.byteLength + builder.rowBytes > this.#limits.maxBytes
    )
      full.push(this.#take());
    this.#last = key;
    if (fault === undefined) builder.endRow();
    else this.#dirty.push({ ...fault, index: this.#index });
    this.#index++;
    if (this.#index >= this.#limits.maxRecords || builder.byteLength >= this.#limits.maxBytes)
      full.push(this.#take());
    return full;
  }

  /** What is left at the end. */
  rest(): ReadBatch | undefined {
    return this.#index === 0 ? undefined : this.#take();
  }

  #take(): ReadBatch {
    const { rows, recordCount } = this.#builder.take();
    const position = this.#position?.(this.#last) ?? null;
    const batch = { rows, recordCount, dirty: this.#dirty, position };
    this.#dirty = [];
    this.#index = 0;
    return batch;
  }

  /** Leaves the row under way in the builder, or nothing of it and what is wrong with it. */
  #encodeRow(
    key: readonly SqliteValue[],
    values: readonly SqliteValue[],
  ): Omit<DirtyRecord, 'index'> | undefined {
    const ill = this.#illFormed(key[0] as bigint, values);
    if (ill !== undefined) return this.#misfit(values, ill, `The text of ${ill} is not valid UTF-8.`);
    const misfit = this.#encode(this.#builder, values);
    if (misfit !== undefined)
      return this.#misfit(values, misfit, `The value does not fit the declared type of ${misfit}.`);
    const bytes = this.#builder.rowBytes;
    if (bytes <= MAX_RECORD_BYTES) return undefined;
    this.#builder.dropRow();
    return {
      code: 'SLUICE_SRC_ROW_TOO_LARGE',
      reason: `The record has ${bytes} bytes, the bus carries ${MAX_RECORD_BYTES}.`,
      record: JSON.stringify({ rowid: String(key[0]) }),
    };
  }

  #misfit(values: readonly SqliteValue[], column: string, reason: string): Omit<DirtyRecord, 'index'> {
    return { code: 'SLUICE_SRC_VALUE', column, reason, record: rowText(this.#columns, values) };
  }

  /** SQLite stores any bytes as text, and the driver makes replacement characters of what is no UTF-8. */
  #illFormed(rowid: bigint, values: readonly SqliteValue[]): string | undefined {
    for (let i = 0; i < values.length; i++) {
      const value = values[i];
      if (typeof value !== 'string' || this.#columns[i]!.kind !== 'string' || !value.includes('\ufffd'))
        continue;
      if (!this.#isSound(rowid, i)) return this.#columns[i]!.name;
    }
    return undefined;
  }
}
