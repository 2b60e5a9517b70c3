import { cpus } from 'node:os';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { CONTROLS } from './controls.ts';
import { type Outcome, playSchedule } from './schedule.ts';

/** Schedules of one ordinary test run, and where their seeds begin (SLUICE_SEED replays others). */
const SCHEDULES = Number(process.env['SLUICE_SCHEDULES'] ?? 20_000);
const FIRST = Number(process.env['SLUICE_SEED'] ?? 1);
const TEN_MINUTES = 600_000;

/** Plays a range of seeds in a thread. */
function playInThread(first: number, many: number): Promise<Outcome[]> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./range.ts', import.meta.url), { workerData: { first, many } });
    worker.once('message', resolve);
    worker.once('error', reject);
  });
}

describe('the delivery protocol', () => {
  it(
    `keeps every record exactly once through ${SCHEDULES} schedules of crashes, losses, repeats, swaps, pauses and takeovers`,
    async () => {
      const threads = Math.min(2, cpus().length);
      const each = Math.ceil(SCHEDULES / threads);
      const failed = (
        await Promise.all(Array.from({ length: threads }, (_, i) => playInThread(FIRST + i * each, each)))
      ).flat();
      const shown = failed
        .slice(0, 5)
        .map(({ seed, problem, faults }) => `seed ${seed}: ${problem} after ${faults.join(', ')}`);
      expect(shown).toEqual([]);
    },
    TEN_MINUTES,
  );

  it('replays a seed step by step', async () => {
    const [first, second] = [await playSchedule(4711), await playSchedule(4711)];
    expect(second).toEqual(first);
  });
});

describe('the simulation notices when a rule is taken out:', () => {
  for (const [rule, sabotage] of Object.entries(CONTROLS))
    it(rule, { timeout: TEN_MINUTES }, async () => {
      let found: Outcome | undefined;
      for (let seed = 1; found === undefined && seed <= 1500; seed++) {
        const outcome = await playSchedule(seed, sabotage, 60_000);
        if (outcome.problem !== undefined) found = outcome;
      }
      expect(found, `no schedule fails without the rule: ${rule}`).toBeDefined();
    });
});
