import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { afterAll, describe, expect, it } from 'vitest';
import { CONTROLS, NOT_MISSED } from './controls.ts';
import type { Range } from './range.ts';
import { type Outcome, playSchedule } from './schedule.ts';

/** Schedules of one ordinary test run, and where their seeds begin (SLUICE_SEED replays others). */
const SCHEDULES = Number(process.env['SLUICE_SCHEDULES'] ?? 20_000);
const FIRST = Number(process.env['SLUICE_SEED'] ?? 1);
/** Schedules of one call of a thread. */
const SOME = 500;
const TEN_MINUTES = 600_000;

/** Plays in threads, as many at once as there are processors, in the order of the calls. */
class Threads {
  readonly #free = Array.from({ length: Math.min(2, availableParallelism()) }, () => threadOf());
  readonly #waiting: ((thread: Worker) => void)[] = [];

  async play(range: Range): Promise<Outcome[]> {
    const thread = this.#free.pop() ?? (await new Promise<Worker>((resolve) => this.#waiting.push(resolve)));
    try {
      thread.postMessage(range);
      const [failed] = (await once(thread, 'message')) as [Outcome[]];
      return failed;
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free.push(thread);
      else next(thread);
    }
  }

  async end(): Promise<void> {
    await Promise.all(this.#free.map((thread) => thread.terminate()));
  }
}

const threadOf = (): Worker => new Worker(new URL('./range.ts', import.meta.url));
const threads = new Threads();
afterAll(() => threads.end());

describe('the delivery protocol', () => {
  it(
    `keeps every record exactly once through ${SCHEDULES} schedules of crashes, losses, repeats, swaps, pauses, takeovers, and of what people do`,
    { timeout: TEN_MINUTES },
    async () => {
      const ranges: Range[] = [];
      for (let done = 0; done < SCHEDULES; done += SOME)
        ranges.push({ first: FIRST + done, many: Math.min(SOME, SCHEDULES - done) });
      const failed = (await Promise.all(ranges.map((range) => threads.play(range)))).flat();
      const shown = failed
        .slice(0, 5)
        .map(({ seed, problem, happened }) => `seed ${seed}: ${problem} after ${happened.join(', ')}`);
      expect(shown).toEqual([]);
    },
  );

  it('replays a seed step by step', async () => {
    const [first, second] = [await playSchedule(4711), await playSchedule(4711)];
    expect(second).toEqual(first);
  });
});

describe('the simulation notices when a rule is taken out:', () => {
  // At once, so that no thread is idle while there is a rule to take out.
  for (const rule of Object.keys(CONTROLS))
    it.concurrent(rule, { timeout: TEN_MINUTES }, async ({ expect }) => {
      const noticed = await threads.play({ control: rule });
      expect(noticed, `no schedule fails without the rule: ${rule}`).toHaveLength(1);
    });

  it('every rule of docs/delivery.md', () => {
    const table = readFileSync(new URL('../../docs/delivery.md', import.meta.url), 'utf8');
    const rules = [...table.matchAll(/^\| (D-\d+a?) \|/gm)].map(([, rule]) => rule!);
    expect(rules).toContain('D-24');
    const named = (list: object): string[] =>
      Object.keys(list)
        .join()
        .match(/D-\d+a?/g) ?? [];
    expect(rules.filter((rule) => !named(CONTROLS).includes(rule))).toEqual([]);
    expect([...named(CONTROLS), ...named(NOT_MISSED)].filter((rule) => !rules.includes(rule))).toEqual([]);
  });
});
