import type { FileFormat } from './file-format.ts';
import { PartFile } from './part-file.ts';
import type { Part } from './target-state.ts';

export interface SplitPartsOptions {
  readonly folder: string;
  readonly format: FileFormat;
  readonly split: number;
  /** A file that has reached this size is closed and another one begun (bytes). */
  readonly maxFileBytes: number;
  /** Whether the first part, or every part, begins with the format's head. */
  readonly hasHead: (seq: number) => boolean;
}

/** The staged files of one stream in one session: the one that grows, and those that were closed in the open transaction. */
export class SplitParts {
  readonly #options: SplitPartsOptions;
  readonly #parts: PartFile[] = [];
  readonly #sealed = new Set<PartFile>();
  /** How many parts there were, and how many of them closed, when it was marked. */
  #marked = { parts: 0, sealed: 0 };

  constructor(options: SplitPartsOptions) {
    this.#options = options;
  }

  async add(rows: Buffer, recordCount: number, seq: number): Promise<void> {
    const { folder, format, split, maxFileBytes, hasHead } = this.#options;
    let part = this.#parts.at(-1);
    if (part === undefined || this.#sealed.has(part)) {
      part = await PartFile.create(folder, format, { split, seq, hasHead: hasHead(seq) });
      this.#parts.push(part);
    }
    await part.add(rows, recordCount);
    if (part.size >= maxFileBytes) this.#sealed.add(part);
  }

  async mark(): Promise<void> {
    for (const part of this.#parts) await part.mark();
    this.#marked = { parts: this.#parts.length, sealed: this.#sealed.size };
  }

  async reset(): Promise<void> {
    for (const part of this.#parts.splice(this.#marked.parts)) {
      this.#sealed.delete(part);
      await part.rollback();
    }
    for (const part of [...this.#sealed].slice(this.#marked.sealed)) this.#sealed.delete(part);
    for (const part of this.#parts) part.reset();
  }

  /** Brings everything to the disk; answers what is to be committed. `isFinal`: nothing follows in this stream. */
  async stage(isFinal: boolean): Promise<Part[]> {
    const last = this.#parts.at(-1);
    if (isFinal && last !== undefined) this.#sealed.add(last);
    const staged: Part[] = [];
    for (const part of this.#parts) {
      if (this.#sealed.has(part)) await part.seal();
      else await part.flush();
      staged.push(await part.stage());
    }
    return staged;
  }

  /** What was staged is committed. */
  async committed(): Promise<void> {
    const open: PartFile[] = [];
    for (const part of this.#parts) {
      part.committed();
      if (this.#sealed.has(part)) await part.close();
      else open.push(part);
    }
    this.#begin(open);
  }

  async rollback(): Promise<void> {
    const kept: PartFile[] = [];
    for (const part of this.#parts) if (await part.rollback()) kept.push(part);
    this.#begin(kept);
  }

  /** Lets go of everything; nothing that may be committed is touched. */
  async abandon(): Promise<void> {
    for (const part of this.#parts) await part.close();
    this.#begin([]);
  }

  #begin(parts: readonly PartFile[]): void {
    this.#parts.splice(0, this.#parts.length, ...parts);
    this.#sealed.clear();
    this.#marked = { parts: 0, sealed: 0 };
  }
}
