import { SluiceError } from '@sluice/model';
import { classify } from './errors.ts';

/** Longest wait for the file, in this process or for another one (milliseconds): the lock timeout of D-13. */
const PATIENCE = 10_000;
const POLL = 5;

const BUSY = 5;

/** Sessions of this process on one file, first come first served. */
export class FileTurns {
  static readonly #files = new Map<string, FileTurns>();
  #last: Promise<void> = Promise.resolve();

  static of(path: string): FileTurns {
    let turns = this.#files.get(path);
    if (turns === undefined) this.#files.set(path, (turns = new FileTurns()));
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

  /** Runs a statement, again while another process has the file, without holding the event loop. */
  async whileBusy<T>(body: () => T): Promise<T> {
    const until = performance.now() + PATIENCE;
    for (;;) {
      try {
        return body();
      } catch (error) {
        const busy = (Number((error as { errcode?: number }).errcode ?? 0) & 0xff) === BUSY;
        if (!busy || performance.now() > until) throw classify(error, 'target');
        await new Promise((resolve) => setTimeout(resolve, POLL));
      }
    }
  }
}
