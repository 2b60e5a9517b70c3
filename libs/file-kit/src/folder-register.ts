import { randomBytes } from 'node:crypto';
import { link, readdir, readFile, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { crashPoint } from '@sluice/connector-sdk';
import type { SluiceError } from '@sluice/model';
import { makeFolder, syncFolder, writeDurably } from './durable.ts';
import { classify, systemCode } from './errors.ts';
import type { RegisterStore } from './state-register.ts';

/** Versions as files of a folder: a name is taken with `link`, which fails when it is there. */
export class FolderRegister implements RegisterStore {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async names(): Promise<string[]> {
    return readdir(this.#folder).catch((error: unknown) => {
      if (systemCode(error) === 'ENOENT') return [];
      throw error;
    });
  }

  async read(name: string): Promise<string | undefined> {
    try {
      return await readFile(join(this.#folder, name), 'utf8');
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') throw error;
      return undefined;
    }
  }

  async create(name: string, content: string): Promise<boolean> {
    const made = join(this.#folder, `made-${randomBytes(9).toString('base64url')}`);
    await makeFolder(this.#folder);
    try {
      await writeDurably(made, Buffer.from(content));
      crashPoint('file.afterTmp');
      await link(made, join(this.#folder, name));
    } catch (error) {
      if (systemCode(error) === 'EEXIST') return false;
      throw error;
    } finally {
      await unlink(made).catch(() => undefined);
    }
    crashPoint('file.afterRename');
    await syncFolder(this.#folder);
    return true;
  }

  async remove(name: string): Promise<void> {
    await unlink(join(this.#folder, name)).catch(() => undefined);
  }

  classify(error: unknown): SluiceError {
    return classify(error, 'target', this.#folder);
  }
}
