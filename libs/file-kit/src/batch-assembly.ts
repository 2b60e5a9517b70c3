import { type ReadBatch, RowBatchBuilder } from '@sluice/connector-sdk';
import { type BatchLimits, type DirtyRecord, MAX_RECORD_BYTES, type Position } from '@sluice/model';

/** Why a record is not in the batch. */
export interface Refusal {
  readonly code: 'SLUICE_SRC_VALUE' | 'SLUICE_SRC_ROW_TOO_LARGE';
  readonly reason: string;
  readonly column?: string;
}

/** Longest record text that a dirty record keeps. */
const RECORD_TEXT = 64 * 1024;

/** Where reading goes on behind a record: three numbers whose meaning is the reader's. */
export type Place = readonly [number, number, number];

export const START: Place = [0, 0, 0];

export function placeOf(position: Position | null): Place {
  if (position === null) return START;
  const [a = 0, b = 0, c = 0] = position.split(':').map(Number);
  return [a, b, c];
}

/** Records on their way into one batch within its limits. */
export class BatchAssembly {
  readonly builder: RowBatchBuilder;
  readonly #limits: BatchLimits;
  #dirty: DirtyRecord[] = [];
  #dirtyBytes = 0;
  #count = 0;
  #a = 0;
  #b = 0;
  #c = 0;

  constructor(limits: BatchLimits) {
    this.#limits = limits;
    this.builder = new RowBatchBuilder(Math.min(limits.maxBytes + 32 * 1024, 288 * 1024));
  }

  /**
   * Ends the record whose fields are in the builder; the place lies behind it. Answers the batch that had to be closed before
   * it, as it would have overfilled that. `shown`: the record as JSON, should it be too large.
   */
  good(a: number, b: number, c: number, shown: () => string): ReadBatch | undefined {
    const { builder } = this;
    const bytes = builder.rowBytes;
    if (bytes > MAX_RECORD_BYTES) {
      const reason = `The record has ${bytes} bytes, the bus carries ${MAX_RECORD_BYTES}.`;
      return this.bad({ code: 'SLUICE_SRC_ROW_TOO_LARGE', reason }, a, b, c, shown);
    }
    const isOver = this.#count > 0 && builder.byteLength + bytes > this.#limits.maxBytes;
    const closed = isOver ? this.take() : undefined;
    builder.endRow();
    this.#behind(a, b, c);
    return closed;
  }

  /** Puts the record away as dirty; what the builder has of it is dropped. */
  bad(refusal: Refusal, a: number, b: number, c: number, shown: () => string): ReadBatch | undefined {
    this.builder.dropRow();
    const record = shown().slice(0, RECORD_TEXT);
    const isOver = this.#dirtyBytes > 0 && this.#dirtyBytes + record.length > this.#limits.maxBytes;
    const closed = isOver ? this.take() : undefined;
    this.#dirty.push({ index: this.#count, ...refusal, record });
    this.#dirtyBytes += record.length;
    this.#behind(a, b, c);
    return closed;
  }

  get isFull(): boolean {
    return this.#count >= this.#limits.maxRecords || this.builder.byteLength >= this.#limits.maxBytes;
  }

  get isEmpty(): boolean {
    return this.#count === 0;
  }

  /** The batch so far; a record under way stays for the next one. */
  take(): ReadBatch {
    const position = `${this.#a}:${this.#b}:${this.#c}`;
    const batch = { ...this.builder.take(), dirty: this.#dirty, position };
    this.#dirty = [];
    this.#dirtyBytes = 0;
    this.#count = 0;
    return batch;
  }

  #behind(a: number, b: number, c: number): void {
    this.#a = a;
    this.#b = b;
    this.#c = c;
    this.#count++;
  }
}
