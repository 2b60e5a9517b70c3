import { randomBytes } from 'node:crypto';
import {
  compressBlock,
  type FileFormat,
  type Part,
  type RowsEncoder,
  type StagedRows,
} from '@sluice/file-kit';
import type { Bucket } from './bucket.ts';

/** So much of one stream is kept in memory before it becomes an object. */
const OBJECT_BYTES = 8 * 1024 * 1024;

/** Where records would begin in a file of their own: formats count their places from there. */
export const recordsAt = (format: FileFormat): number => format.head().length;

/** The staged rows of one stream: objects with random names, which count when the state names them. */
export class ObjectRows implements StagedRows {
  readonly #bucket: Bucket;
  readonly #folder: string;
  readonly #format: FileFormat;
  readonly #split: number;
  readonly #encoder: RowsEncoder;
  /** Of the open transaction. */
  #parts: Part[] = [];
  #rows = 0;
  #seq = 0;
  #marked = { parts: 0, rows: 0, seq: 0 };

  /** `folder` ends with `/`. */
  constructor(bucket: Bucket, folder: string, format: FileFormat, split: number) {
    this.#bucket = bucket;
    this.#folder = folder;
    this.#format = format;
    this.#split = split;
    this.#encoder = format.encoder();
  }

  async add(rows: Buffer, recordCount: number, seq: number): Promise<void> {
    this.#encoder.add(rows, recordCount);
    if (this.#rows === 0) this.#seq = seq;
    this.#rows += recordCount;
    if (this.#encoder.streams && this.#encoder.pendingBytes >= OBJECT_BYTES) await this.#flush();
  }

  async mark(): Promise<void> {
    if (this.#encoder.streams || this.#encoder.pendingBytes >= OBJECT_BYTES) await this.#flush();
    this.#encoder.mark();
    this.#marked = { parts: this.#parts.length, rows: this.#rows, seq: this.#seq };
  }

  async reset(): Promise<void> {
    this.#encoder.reset();
    this.#parts.splice(this.#marked.parts);
    this.#rows = this.#marked.rows;
    this.#seq = this.#marked.seq;
  }

  async stage(): Promise<Part[]> {
    await this.#flush();
    return this.#parts;
  }

  async committed(): Promise<void> {
    this.#begin();
  }

  async rollback(): Promise<void> {
    this.#begin();
  }

  async abandon(): Promise<void> {
    this.#begin();
  }

  #begin(): void {
    this.#encoder.clear();
    this.#parts = [];
    this.#rows = 0;
    this.#marked = { parts: 0, rows: 0, seq: 0 };
  }

  async #flush(): Promise<void> {
    if (this.#encoder.pendingBytes === 0) return;
    const { data, note } = this.#encoder.take(recordsAt(this.#format));
    const bytes = await compressBlock(this.#format.compression, data);
    const [split, seq, n] = [
      [this.#split, 6],
      [this.#seq, 9],
      [this.#parts.length, 6],
    ].map(([value, width]) => String(value).padStart(width!, '0'));
    const name = `${split}-${seq}-${n}-${randomBytes(6).toString('hex')}`;
    await this.#bucket.put(this.#folder + name, bytes);
    if (note !== undefined) await this.#bucket.put(`${this.#folder}${name}.notes`, note);
    this.#parts.push({
      split: this.#split,
      seq: this.#seq,
      name,
      bytes: bytes.length,
      rows: this.#rows,
      head: 0,
      data: bytes.length,
      notes: note?.length ?? 0,
      isClosed: false,
    });
    this.#rows = 0;
  }
}
