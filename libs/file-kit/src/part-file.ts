import { createHash, type Hash, randomBytes } from 'node:crypto';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { compressBlock } from './compression.ts';
import { syncFolder, writeAt } from './durable.ts';
import { classify } from './errors.ts';
import type { FileFormat, RowsEncoder } from './file-format.ts';
import type { Part } from './target-state.ts';

/** So much of what may be taken at any time is kept in memory. */
const FLUSH = 1024 * 1024;

/** How far a part is: what a rollback goes back to. */
interface Extent {
  readonly length: number;
  readonly notes: number;
  readonly rows: number;
  readonly hash: Hash;
}

/**
 * A staged file of one stream that only its maker writes to: its name is random. Bytes up to a committed length are never
 * written again; what lies behind does not count.
 */
export class PartFile {
  readonly name: string;
  readonly split: number;
  readonly #folder: string;
  readonly #format: FileFormat;
  readonly #encoder: RowsEncoder;
  readonly #seq: number;
  #handle: FileHandle | undefined;
  #notesHandle: FileHandle | undefined;
  #head = 0;
  #length = 0;
  #notes = 0;
  #rows = 0;
  #hash = createHash('sha256');
  #marked: Extent | undefined;
  #committed: Extent | undefined;
  #data: number | undefined;

  private constructor(folder: string, format: FileFormat, split: number, seq: number) {
    this.#folder = folder;
    this.#format = format;
    this.#encoder = format.encoder();
    this.split = split;
    this.#seq = seq;
    const [a, b] = [String(split).padStart(6, '0'), String(seq).padStart(9, '0')];
    this.name = `${a}-${b}-${randomBytes(6).toString('hex')}`;
  }

  /** `seq`: of the first batch that goes into it. */
  static async create(
    folder: string,
    format: FileFormat,
    options: { split: number; seq: number; hasHead: boolean },
  ): Promise<PartFile> {
    const part = new PartFile(folder, format, options.split, options.seq);
    part.#handle = await open(join(folder, part.name), 'wx', 0o640);
    if (options.hasHead) {
      await part.#append(await compressBlock(format.compression, format.head()));
      part.#head = part.#length;
    }
    return part;
  }

  get isCommitted(): boolean {
    return this.#committed !== undefined;
  }

  /** Size about, with what is still in memory. */
  get size(): number {
    return this.#length + this.#encoder.pendingBytes;
  }

  async add(rows: Buffer, recordCount: number): Promise<void> {
    this.#encoder.add(rows, recordCount);
    this.#rows += recordCount;
    if (this.#encoder.streams && this.#encoder.pendingBytes >= FLUSH) await this.flush();
  }

  /** A point to come back to. */
  async mark(): Promise<void> {
    if (this.#encoder.streams || this.#encoder.pendingBytes >= 16 * FLUSH) await this.flush();
    this.#encoder.mark();
    this.#marked = this.#extent();
  }

  reset(): void {
    this.#encoder.reset();
    this.#backTo(this.#marked);
  }

  /** Brings everything that was added into the file. */
  async flush(): Promise<void> {
    if (this.#encoder.pendingBytes === 0) return;
    const { data, note } = this.#encoder.take(this.#length);
    await this.#append(await compressBlock(this.#format.compression, data));
    if (note === undefined) return;
    this.#notesHandle ??= await open(join(this.#folder, `${this.name}.notes`), 'wx+', 0o640);
    await writeAt(this.#notesHandle, note, this.#notes);
    this.#notes += note.length;
  }

  /** Makes it a whole file, to which nothing is added any more. */
  async seal(): Promise<void> {
    await this.flush();
    this.#data = this.#length;
    const notes = Buffer.alloc(this.#notes);
    await this.#notesHandle?.read(notes, 0, this.#notes, 0);
    await this.#append(this.#format.tail([{ notes, shift: 0 }]));
    // An earlier attempt that was rolled back may have left more behind.
    await this.#handle!.truncate(this.#length);
  }

  /** Everything so far is on the disk; answers what is to be committed. */
  async stage(): Promise<Part> {
    await Promise.all([this.#handle!.datasync(), this.#notesHandle?.datasync()]);
    // What is committed is found again by its name.
    if (!this.isCommitted) await syncFolder(this.#folder);
    const isClosed = this.#data !== undefined;
    return {
      split: this.split,
      seq: this.#seq,
      name: this.name,
      bytes: this.#length,
      rows: this.#rows,
      head: this.#head,
      data: this.#data ?? this.#length,
      notes: this.#notes,
      isClosed,
      ...(isClosed ? { sha256: this.#hash.copy().digest('hex') } : {}),
    };
  }

  committed(): void {
    this.#committed = this.#extent();
  }

  /** Back to what is committed; a part of which nothing is committed is removed. Answers whether it is still there. */
  async rollback(): Promise<boolean> {
    this.#encoder.clear();
    if (this.#committed === undefined) {
      await this.close();
      await Promise.all(
        [this.name, `${this.name}.notes`].map((name) =>
          unlink(join(this.#folder, name)).catch(() => undefined),
        ),
      );
      return false;
    }
    this.#data = undefined;
    this.#backTo(this.#committed);
    return true;
  }

  async close(): Promise<void> {
    await this.#handle?.close().catch(() => undefined);
    await this.#notesHandle?.close().catch(() => undefined);
    this.#handle = this.#notesHandle = undefined;
  }

  async #append(data: Buffer): Promise<void> {
    if (data.length === 0) return;
    try {
      await writeAt(this.#handle!, data, this.#length);
    } catch (error) {
      throw classify(error, 'target', this.name);
    }
    this.#hash.update(data);
    this.#length += data.length;
  }

  #extent(): Extent {
    return { length: this.#length, notes: this.#notes, rows: this.#rows, hash: this.#hash.copy() };
  }

  #backTo(extent: Extent | undefined): void {
    if (extent === undefined) return;
    this.#length = extent.length;
    this.#notes = extent.notes;
    this.#rows = extent.rows;
    this.#hash = extent.hash.copy();
  }
}
