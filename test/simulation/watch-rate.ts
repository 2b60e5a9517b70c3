import type { Process, World } from './world.ts';

/** A rate that all readers have been told, and what they have read since. */
interface Rate {
  readonly run: string;
  readonly perSecond: number;
  readonly since: number;
  /** Records that may have been past the throttle when the rate came. */
  readonly before: number;
  records: number;
}

/** D-19: the rate of a run holds over all its readers, and a new one comes into force. */
export class RateWatch {
  readonly #world: World;
  readonly #told = new Map<Process, string>();
  #rate: Rate | undefined;

  constructor(world: World) {
    this.#world = world;
  }

  /** A worker is told the rate of the run; undefined: as fast as it can. */
  ordered(process: Process, run: string, perSecond: number | undefined, mostInFlight: number): void {
    const first = ![...this.#told.values()].some((told) => told.startsWith(run));
    this.#told.set(process, `${run} ${perSecond}`);
    const all = new Set([...this.#told].flatMap(([worker, told]) => (worker.alive ? [told] : [])));
    if (all.size > 1 || perSecond === undefined) this.#rate = undefined;
    else if (this.#rate?.run !== run || this.#rate.perSecond !== perSecond)
      this.#rate = {
        run,
        perSecond,
        since: this.#world.now,
        before: first ? 0 : mostInFlight,
        records: 0,
      };
  }

  /** So many records are published that were not before. */
  count(records: number): void {
    const rate = this.#rate;
    if (rate === undefined) return;
    rate.records += records;
    // One second's worth may be taken at once after a pause.
    const seconds = (this.#world.now - rate.since) / 1000 + 1;
    if (rate.records > rate.perSecond * seconds + rate.before + 0.5)
      this.#world.wrong(
        `D-19: ${rate.records} records are read within ${seconds - 1} s at ${rate.perSecond} a second.`,
      );
  }
}
