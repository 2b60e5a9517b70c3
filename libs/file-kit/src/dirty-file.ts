import { randomBytes } from 'node:crypto';
import { type FileHandle, mkdir, open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { DirtyRecord, StreamId } from '@sluice/model';
import { syncFolder } from './durable.ts';
import type { DirtyPart } from './target-state.ts';

/** Dirty records of one session as JSON lines: the counterpart of `_sluice_dirty`. Bytes count when they are committed. */
export class DirtyFile {
  readonly #folder: string;
  readonly #name = `dirty-${randomBytes(6).toString('hex')}`;
  #handle: FileHandle | undefined;
  #length = 0;
  #committed = 0;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async add(id: StreamId, epoch: number, seq: number, dirty: readonly DirtyRecord[]): Promise<void> {
    this.#handle ??= await open(join(this.#folder, this.#name), 'wx', 0o640);
    for (const record of dirty) {
      const line = Buffer.from(`${JSON.stringify({ ...id, epoch, seq, ...record })}\n`);
      await this.#handle.write(line, 0, line.length, this.#length);
      this.#length += line.length;
    }
  }

  async stage(): Promise<DirtyPart[]> {
    if (this.#length === this.#committed) return [];
    await this.#handle!.datasync();
    return [{ name: this.#name, bytes: this.#length }];
  }

  committed(): void {
    this.#committed = this.#length;
  }

  rollback(): void {
    this.#length = this.#committed;
  }

  async close(): Promise<void> {
    await this.#handle?.close().catch(() => undefined);
    this.#handle = undefined;
  }
}

/** Beside the state: what is left of a generation's dirty records when it is over. */
const DIRTY_FOLDER = 'dirty';

/** Puts the committed dirty records of a generation into one file; may be repeated. */
export async function keepDirty(
  staging: string,
  folder: string,
  generation: string,
  dirty: readonly DirtyPart[],
): Promise<void> {
  if (dirty.length === 0) return;
  const kept = join(folder, DIRTY_FOLDER);
  await mkdir(kept, { recursive: true, mode: 0o750 });
  const made = join(staging, `kept-${randomBytes(6).toString('hex')}`);
  const target = await open(made, 'wx', 0o640);
  try {
    for (const { name, bytes } of dirty) {
      const source = await open(join(staging, name), 'r');
      try {
        for await (const chunk of source.createReadStream({ start: 0, end: bytes - 1, autoClose: false }))
          await target.write(chunk as Buffer);
      } finally {
        await source.close();
      }
    }
    await target.sync();
  } finally {
    await target.close();
  }
  await rename(made, join(kept, `${generation}.jsonl`));
  await syncFolder(kept);
}
