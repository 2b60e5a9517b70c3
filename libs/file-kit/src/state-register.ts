import { randomBytes } from 'node:crypto';
import { link, readdir, readFile, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { crashPoint } from '@sluice/connector-sdk';
import { SluiceError } from '@sluice/model';
import { makeFolder, syncFolder, writeDurably } from './durable.ts';
import { classify, systemCode } from './errors.ts';

/** A version of the state; 0: there is none yet. */
export interface Versioned<T> {
  readonly version: number;
  readonly state: T;
}

interface Stored<T> {
  /** Ids of the newest swaps, this one's last: who swapped and is not sure can find out. */
  readonly swaps: readonly string[];
  readonly state: T;
}

const NAME = /^state-(\d{12})\.json$/;
/** Swaps that a version remembers. */
const REMEMBERED = 100;
/** Versions that stay on the disk. */
const KEPT = 5;

/**
 * A durable value that is changed by compare-and-set, without locks: version n is a file whose name can be taken only once (`link`
 * fails when the name is there), and the highest number counts. Whoever dies or sleeps holds nobody up, and whoever wakes up
 * late finds its number taken or passed. README.md says why that is enough.
 */
export class StateRegister<T> {
  readonly #folder: string;
  readonly #initial: T;

  constructor(folder: string, initial: T) {
    this.#folder = folder;
    this.#initial = initial;
  }

  async read(): Promise<Versioned<T>> {
    const { version, stored } = await this.#newest();
    return { version, state: stored?.state ?? this.#initial };
  }

  /**
   * Makes `state` the version behind `version`. Answers false when another one is that version; throws a transient error when it
   * cannot be known whether it was made. Durable on return.
   */
  async swap(version: number, state: T): Promise<boolean> {
    try {
      const before = await this.#newest();
      if (before.version !== version) return false;
      return await this.#publish(before.stored?.swaps ?? [], version + 1, state);
    } catch (error) {
      throw classify(error, 'target', this.#folder);
    }
  }

  async #publish(swaps: readonly string[], version: number, state: T): Promise<boolean> {
    const id = randomBytes(9).toString('base64url');
    const stored: Stored<T> = { swaps: [...swaps.slice(1 - REMEMBERED), id], state };
    const made = join(this.#folder, `made-${id}`);
    await makeFolder(this.#folder);
    try {
      await writeDurably(made, Buffer.from(JSON.stringify(stored)));
      crashPoint('file.afterTmp');
      await link(made, this.#file(version));
    } catch (error) {
      if (systemCode(error) === 'EEXIST') return false;
      throw error;
    } finally {
      await unlink(made).catch(() => undefined);
    }
    crashPoint('file.afterRename');
    await syncFolder(this.#folder);
    return this.#counts(version, id);
  }

  /** The name may have been free because it is an old one that was removed: only what the newest version remembers was made. */
  async #counts(version: number, id: string): Promise<boolean> {
    const newest = await this.#newest();
    if (newest.version === version) {
      await this.#removeOld(version);
      return true;
    }
    const swaps = newest.stored?.swaps ?? [];
    if (swaps.includes(id)) return true;
    if (newest.version - version < REMEMBERED) return false;
    throw new SluiceError(
      'SLUICE_TGT_INTERRUPTED',
      'Whether the state was changed cannot be known any more.',
    );
  }

  async #newest(): Promise<{ version: number; stored: Stored<T> | undefined }> {
    for (;;) {
      const versions = await this.#versions();
      const version = versions.at(-1);
      if (version === undefined) return { version: 0, stored: undefined };
      try {
        const text = await readFile(this.#file(version), 'utf8');
        return { version, stored: JSON.parse(text) as Stored<T> };
      } catch (error) {
        // Passed and removed since the folder was listed.
        if (systemCode(error) !== 'ENOENT') throw error;
      }
    }
  }

  /** Numbers in order. */
  async #versions(): Promise<number[]> {
    const names = await readdir(this.#folder).catch((error: unknown) => {
      if (systemCode(error) === 'ENOENT') return [];
      throw error;
    });
    return names
      .flatMap((name) => NAME.exec(name)?.[1] ?? [])
      .map(Number)
      .sort((a, b) => a - b);
  }

  async #removeOld(version: number): Promise<void> {
    for (const old of await this.#versions())
      if (old <= version - KEPT) await unlink(this.#file(old)).catch(() => undefined);
  }

  #file(version: number): string {
    return join(this.#folder, `state-${String(version).padStart(12, '0')}.json`);
  }
}
