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
      if (show) process.stderr.write('\r\x1b[K');
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
      const eta =
        total === undefined || rate < 1
          ? ''
          : `, about ${Math.max(0, Math.round((total - rows) / rate))} s left`;
      const bytes = (sum((counts) => counts.bytes) / 1e6).toFixed(1);
      process.stderr.write(
        `\r\x1b[K${row.state}: ${rows} rows, ${bytes} MB, ${Math.round(rate)} rows/s, ${sum((counts) => counts.dirty)} dirty${eta}`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
