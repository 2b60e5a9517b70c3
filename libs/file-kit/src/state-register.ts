import { randomBytes } from 'node:crypto';
import { SluiceError } from '@sluice/model';

/** A version of the state; 0: there is none yet. */
export interface Versioned<T> {
  readonly version: number;
  readonly state: T;
}

/** Where versions lie, by name. */
export interface RegisterStore {
  names(): Promise<readonly string[]>;
  /** Undefined: there is none of that name. */
  read(name: string): Promise<string | undefined>;
  /** Answers false when the name is taken; of all that try it at once one gets true. Durable on return. */
  create(name: string, content: string): Promise<boolean>;
  /** Of one that no longer counts; it does not matter whether it succeeds. */
  remove(name: string): Promise<void>;
  classify(error: unknown): SluiceError;
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
 * A durable value that is changed by compare-and-set, without locks: version n is a name that can be taken only once, and the highest number counts. Whoever dies or sleeps holds nobody up, and whoever wakes up
 * late finds its number taken or passed. README.md says why that is enough.
 */
export class StateRegister<T> {
  readonly #store: RegisterStore;
  readonly #initial: T;

  constructor(store: RegisterStore, initial: T) {
    this.#store = store;
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
      throw this.#store.classify(error);
    }
  }

  async #publish(swaps: readonly string[], version: number, state: T): Promise<boolean> {
    const id = randomBytes(9).toString('base64url');
    const stored: Stored<T> = { swaps: [...swaps.slice(1 - REMEMBERED), id], state };
    if (!(await this.#store.create(nameOf(version), JSON.stringify(stored)))) return false;
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
      const text = await this.#store.read(nameOf(version));
      // Undefined: passed and removed since they were listed.
      if (text !== undefined) return { version, stored: JSON.parse(text) as Stored<T> };
    }
  }

  /** Numbers in order. */
  async #versions(): Promise<number[]> {
    const names = await this.#store.names();
    return names
      .flatMap((name) => NAME.exec(name)?.[1] ?? [])
      .map(Number)
      .sort((a, b) => a - b);
  }

  async #removeOld(version: number): Promise<void> {
    for (const old of await this.#versions())
      if (old <= version - KEPT) await this.#store.remove(nameOf(old));
  }
}

function nameOf(version: number): string {
  return `state-${String(version).padStart(12, '0')}.json`;
}
