import { randomBytes } from 'node:crypto';
import { type FileHandle, open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { KeptDirtyRecord } from '@sluice/connector-sdk';
import type { DirtyRecord, StreamId } from '@sluice/model';
import { systemCode } from './errors.ts';
import { makeFolder, syncFolder, writeAt } from './durable.ts';
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
      await writeAt(this.#handle, line, this.#length);
      this.#length += line.length;
    }
  }

  async stage(): Promise<DirtyPart[]> {
    if (this.#length === this.#committed) return [];
    await this.#handle!.datasync();
    if (this.#committed === 0) await syncFolder(this.#folder);
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
  await makeFolder(kept);
  const made = join(staging, `kept-${randomBytes(6).toString('hex')}`);
  const target = await open(made, 'wx', 0o640);
  let length = 0;
  try {
    for (const { name, bytes } of dirty) {
      const source = await open(join(staging, name), 'r');
      try {
        for await (const chunk of source.createReadStream({ start: 0, end: bytes - 1, autoClose: false })) {
          await writeAt(target, chunk as Buffer, length);
          length += (chunk as Buffer).length;
        }
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

/** The last `limit` of a stream's committed dirty records, by seq and index, from the staging folder or from what is left of it. */
export async function lastDirty(
  folder: string,
  { generation, split }: StreamId,
  dirty: readonly DirtyPart[],
  limit: number,
): Promise<KeptDirtyRecord[]> {
  let last: KeptDirtyRecord[] = [];
  const shorten = (): void => {
    last = last.sort((a, b) => a.seq - b.seq || a.index - b.index).slice(-limit);
  };
  for await (const line of lines(folder, generation, dirty)) {
    const {
      split: of,
      epoch,
      seq,
      index,
      code,
      column,
      reason,
      record,
    } = JSON.parse(line) as KeptDirtyRecord & StreamId;
    if (of !== split) continue;
    last.push({ epoch, seq, index, code, reason, record, ...(column === undefined ? {} : { column }) });
    if (last.length >= 2 * limit) shorten();
  }
  shorten();
  return last;
}

async function* lines(
  folder: string,
  generation: string,
  dirty: readonly DirtyPart[],
): AsyncGenerator<string> {
  for (const { name, bytes } of dirty) {
    const staged = await open(join(folder, generation, name), 'r').catch(unlessGone);
    if (staged !== undefined) yield* linesOf(staged, bytes);
    else {
      const kept = await open(join(folder, DIRTY_FOLDER, `${generation}.jsonl`), 'r').catch(unlessGone);
      if (kept !== undefined) yield* linesOf(kept, Infinity);
      return;
    }
  }
}

/** Not by node:readline, which ends lines at signs that JSON text may hold. */
async function* linesOf(handle: FileHandle, bytes: number): AsyncGenerator<string> {
  let rest = '';
  for await (const chunk of handle.createReadStream({ start: 0, end: bytes - 1, encoding: 'utf8' })) {
    const parts = (rest + chunk).split('\n');
    rest = parts.pop()!;
    yield* parts;
  }
}

function unlessGone(error: unknown): undefined {
  if (systemCode(error) !== 'ENOENT') throw error;
}
