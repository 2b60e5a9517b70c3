import { crashPoint } from '@sluice/connector-sdk';
import type { RegisterStore } from '@sluice/file-kit';
import type { SluiceError } from '@sluice/model';
import type { Bucket } from './bucket.ts';

/** Versions as objects: a name is taken with `If-None-Match: *`, which the store refuses when the name is there. */
export class ObjectRegister implements RegisterStore {
  readonly #bucket: Bucket;
  readonly #folder: string;

  /** `folder` ends with `/`. */
  constructor(bucket: Bucket, folder: string) {
    this.#bucket = bucket;
    this.#folder = folder;
  }

  async names(): Promise<string[]> {
    const names: string[] = [];
    for await (const { key } of this.#bucket.list(this.#folder)) names.push(key.slice(this.#folder.length));
    return names;
  }

  async read(name: string): Promise<string | undefined> {
    return (await this.#bucket.read(this.#folder + name))?.toString();
  }

  async create(name: string, content: string): Promise<boolean> {
    const body = Buffer.from(content);
    crashPoint('file.afterTmp');
    const isMade = await this.#bucket.create(this.#folder + name, body);
    if (isMade) crashPoint('file.afterRename');
    // A question that was asked twice meets its own object: every content is of one writer only.
    return isMade || (await this.#bucket.read(this.#folder + name))?.equals(body) === true;
  }

  async remove(name: string): Promise<void> {
    await this.#bucket.remove(this.#folder + name).catch(() => undefined);
  }

  classify(error: unknown): SluiceError {
    return this.#bucket.classify(error);
  }
}
