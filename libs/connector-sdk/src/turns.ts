import { SluiceError } from '@sluice/model';

/** Longest wait for one's turn, in this process or for another one (milliseconds): the lock timeout of D-13. */
const PATIENCE = 10_000;
const POLL = 5;

/** Sessions of this process on something that lets in one at a time, e.g. a file: first come first served. */
export class Turns {
  static readonly #all = new Map<string, Turns>();
  #last: Promise<void> = Promise.resolve();

  static of(name: string): Turns {
    let turns = this.#all.get(name);
    if (turns === undefined) this.#all.set(name, (turns = new Turns()));
    return turns;
  }

  /** Waits for its turn; answers what ends it. Throws SLUICE_TGT_INTERRUPTED when the turn does not come in time. */
  async enter(): Promise<() => void> {
    const before = this.#last;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#last = before.then(() => promise);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<'late'>((done) => (timer = setTimeout(() => done('late'), PATIENCE)));
    const turn = await Promise.race([before, late]);
    clearTimeout(timer);
    if (turn !== 'late') return resolve;
    resolve();
    throw new SluiceError('SLUICE_TGT_INTERRUPTED', 'Another session keeps the file locked.');
  }
}

/** Runs a statement, again while another process has the file, without holding the event loop. */
export async function whileBusy<T>(isBusy: (error: unknown) => boolean, body: () => T): Promise<T> {
  const until = performance.now() + PATIENCE;
  for (;;) {
    try {
      return body();
    } catch (error) {
      if (!isBusy(error) || performance.now() > until) throw error;
      await new Promise((resolve) => setTimeout(resolve, POLL));
    }
  }
}
