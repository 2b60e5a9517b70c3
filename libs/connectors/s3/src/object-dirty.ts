import { randomBytes } from 'node:crypto';
import type { KeptDirtyRecord } from '@sluice/connector-sdk';
import type { DirtyPart, StagedDirty } from '@sluice/file-kit';
import type { DirtyRecord, StreamId } from '@sluice/model';
import type { Bucket } from './bucket.ts';

/** Dirty records of one session: an object of JSON lines a unit. */
export class ObjectDirty implements StagedDirty {
  readonly #bucket: Bucket;
  readonly #folder: string;
  readonly #session = randomBytes(6).toString('hex');
  #lines: string[] = [];
  #staged = 0;

  /** `folder` ends with `/`. */
  constructor(bucket: Bucket, folder: string) {
    this.#bucket = bucket;
    this.#folder = folder;
  }

  async add(id: StreamId, epoch: number, seq: number, dirty: readonly DirtyRecord[]): Promise<void> {
    for (const record of dirty) this.#lines.push(`${JSON.stringify({ ...id, epoch, seq, ...record })}\n`);
  }

  async stage(): Promise<DirtyPart[]> {
    if (this.#lines.length === 0) return [];
    const content = Buffer.from(this.#lines.join(''));
    const name = `dirty-${this.#session}-${this.#staged++}`;
    await this.#bucket.put(this.#folder + name, content);
    return [{ name, bytes: content.length }];
  }

  committed(): void {
    this.#lines = [];
  }

  rollback(): void {
    this.#lines = [];
  }

  async close(): Promise<void> {}
}

/** The last `limit` of a stream's dirty records, by seq and index. */
export async function lastOf(
  bucket: Bucket,
  keys: readonly string[],
  split: number,
  limit: number,
): Promise<KeptDirtyRecord[]> {
  let last: KeptDirtyRecord[] = [];
  for (const key of keys) {
    const content = (await bucket.read(key))?.toString() ?? '';
    for (const line of content.split('\n')) {
      if (line === '') continue;
      const record = JSON.parse(line) as KeptDirtyRecord & StreamId;
      if (record.split !== split) continue;
      const { epoch, seq, index, code, column, reason, record: text } = record;
      last.push({
        epoch,
        seq,
        index,
        code,
        reason,
        record: text,
        ...(column === undefined ? {} : { column }),
      });
    }
    last = last.sort((a, b) => a.seq - b.seq || a.index - b.index).slice(-limit);
  }
  return last;
}
