import { addCounts, type Counts, RESTING_STATES, ZERO_COUNTS } from '@sluice/model';
import type { RunRow } from '@sluice/ports';
import type { Engine } from '@sluice/standalone';

/** The line is drawn this often (milliseconds). */
const EVERY = 250;
/** How much of the last figure stays in the next one, so that it can be read. */
const INERTIA = 0.7;

/** The line of progress on stderr, where that is a terminal: rows and bytes a second, what is left, what is dirty. */
export class ProgressMeter {
  #last: { readonly at: number; readonly rows: number; readonly bytes: number } | undefined;
  #rows = 0;
  #bytes = 0;

  /** Replaces the line. @param total rows that the run will read, when that is known or estimated */
  show(state: string, counts: Counts, total: number | undefined): void {
    const now = performance.now();
    const rows = counts.written + counts.filtered + counts.dirty;
    const seconds = this.#last === undefined ? 0 : (now - this.#last.at) / 1000;
    if (seconds > 0) {
      this.#rows = this.#rows * INERTIA + ((rows - this.#last!.rows) / seconds) * (1 - INERTIA);
      this.#bytes = this.#bytes * INERTIA + ((counts.bytes - this.#last!.bytes) / seconds) * (1 - INERTIA);
    }
    this.#last = { at: now, rows, bytes: counts.bytes };
    if (process.stderr.isTTY !== true) return;
    const left = total === undefined || this.#rows < 1 ? undefined : Math.max(0, total - rows) / this.#rows;
    const eta = left === undefined ? '' : `, ETA ${Math.round(left)} s`;
    process.stderr.write(
      `\r\x1b[K${state}: ${rows} rows, ${Math.round(this.#rows)} rows/s, ${(this.#bytes / 1e6).toFixed(1)} MB/s, ${counts.dirty} dirty${eta}`,
    );
  }
}

export function clearProgress(): void {
  if (process.stderr.isTTY === true) process.stderr.write('\r\x1b[K');
}

/** Follows a run of an engine in this process to its end. */
export async function follow(engine: Engine, run: string): Promise<RunRow> {
  const isShown = process.stderr.isTTY === true;
  const meter = new ProgressMeter();
  let shownAt = performance.now();
  for (;;) {
    const row = (await engine.store.runs.get(run))!;
    if (RESTING_STATES.has(row.state)) {
      clearProgress();
      return row;
    }
    if (isShown && performance.now() - shownAt >= EVERY) {
      shownAt = performance.now();
      const splits = (await engine.store.splits.list({ parent: row.generation, limit: 1000 })).items;
      const counts = splits.reduce((sum, split) => addCounts(sum, split.counts), ZERO_COUNTS);
      meter.show(row.state, counts, row.plan?.read.rows?.count);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
