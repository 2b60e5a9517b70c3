import type { Engine } from '@sluice/standalone';
import { RESTING_STATES } from '@sluice/model';
import type { RunRow } from '@sluice/ports';

const EVERY = 250;

/** Follows a run to its end; shows one line on stderr when that is a terminal. */
export async function follow(engine: Engine, run: string): Promise<RunRow> {
  const show = process.stderr.isTTY === true;
  let lastRows = 0;
  let lastAt = performance.now();
  let rate = 0;
  for (;;) {
    const row = (await engine.store.runs.get(run))!;
    if (RESTING_STATES.has(row.state)) {
      if (show) clearProgress();
      return row;
    }
    const now = performance.now();
    if (show && now - lastAt >= EVERY) {
      const splits = (await engine.store.splits.list({ parent: row.generation, limit: 1000 })).items;
      const sum = (pick: (counts: (typeof splits)[number]['counts']) => number): number =>
        splits.reduce((all, split) => all + pick(split.counts), 0);
      const rows = sum((counts) => counts.written);
      // A moving average, so that the figure can be read.
      rate = rate * 0.6 + ((rows - lastRows) / (now - lastAt)) * 1000 * 0.4;
      [lastRows, lastAt] = [rows, now];
      const total = row.plan?.read.rows?.count;
      const etaSeconds = total === undefined || rate < 1 ? undefined : Math.max(0, (total - rows) / rate);
      const bytes = sum((counts) => counts.bytes);
      showProgress({ state: row.state, rows, bytes, rate, dirty: sum((counts) => counts.dirty), etaSeconds });
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

export interface Progress {
  readonly state: string;
  readonly rows: number;
  readonly bytes: number;
  /** Rows per second. */
  readonly rate: number;
  readonly dirty: number;
  readonly etaSeconds?: number | undefined;
}

/** Replaces the progress line on stderr, where that is a terminal. */
export function showProgress({ state, rows, bytes, rate, dirty, etaSeconds }: Progress): void {
  if (process.stderr.isTTY !== true) return;
  const eta = etaSeconds === undefined ? '' : `, about ${Math.round(etaSeconds)} s left`;
  process.stderr.write(
    `\r\x1b[K${state}: ${rows} rows, ${(bytes / 1e6).toFixed(1)} MB, ${Math.round(rate)} rows/s, ${dirty} dirty${eta}`,
  );
}

export function clearProgress(): void {
  if (process.stderr.isTTY === true) process.stderr.write('\r\x1b[K');
}
