import type { Counts } from '@sluice/model';

/** Time constants of the two averages, in milliseconds: what is going on now, and what it has been lately. */
const SHORT = 10_000;
const LONG = 60_000;

export interface Speed {
  readonly rowsPerSecond: number;
  readonly bytesPerSecond: number;
  /** Absent until the two averages agree within a factor of two. */
  readonly etaSeconds?: number;
}

/** Rates of a run from its counts over time, and from them when it will be done. */
export class Rates {
  #last: { readonly time: number; readonly rows: number; readonly bytes: number } | undefined;
  #short = 0;
  #long = 0;
  #bytes = 0;
  #weight = 0;

  /** @param time milliseconds of a clock that only goes forwards @param total rows that the run will read, if known */
  at(time: number, counts: Counts, total: number | undefined): Speed {
    const rows = counts.written + counts.filtered + counts.dirty;
    const last = this.#last;
    this.#last = { time, rows, bytes: counts.bytes };
    const passed = last === undefined ? 0 : time - last.time;
    if (last !== undefined && passed > 0) {
      const rate = ((rows - last.rows) / passed) * 1000;
      // The first seconds count in full: an average that starts at 0 would call every run slow.
      this.#weight += passed;
      const short = Math.max(1 - Math.exp(-passed / SHORT), passed / this.#weight);
      const long = Math.max(1 - Math.exp(-passed / LONG), passed / this.#weight);
      this.#short += (rate - this.#short) * short;
      this.#long += (rate - this.#long) * long;
      this.#bytes += (((counts.bytes - last.bytes) / passed) * 1000 - this.#bytes) * short;
    }
    const speed = { rowsPerSecond: Math.round(this.#short), bytesPerSecond: Math.round(this.#bytes) };
    const agree = this.#short > 0 && this.#short < 2 * this.#long && this.#long < 2 * this.#short;
    if (total === undefined || !agree) return speed;
    return { ...speed, etaSeconds: Math.max(0, Math.round((total - rows) / this.#short)) };
  }
}
