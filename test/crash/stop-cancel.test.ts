import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { asSluiceError } from '@sluice/model';
import type { RunRow } from '@sluice/ports';
import { type Engine, startEngine } from '@sluice/standalone';
import { has } from '@sluice/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { beginCopy, fill, fingerprint, type Place, place, rested } from '../e2e/pairs.ts';
import { seeded } from './seeded.ts';
import { until } from './until.ts';

const ROWS = 2000;
const TIMES = 200;
/** Runs at one moment. */
const ABREAST = 4;

describe.skipIf(!has('postgres') || !has('mariadb'))(
  'a run that is stopped and cancelled at random moments',
  () => {
    let engine: Engine;
    let source: Place;
    let targets: readonly Place[];
    beforeAll(async () => {
      engine = await startEngine(mkdtempSync(join(tmpdir(), 'sluice-stops-')));
      [source, ...targets] = await Promise.all([place('postgres'), place('postgres'), place('mysql')]);
      await fill(source, 'orders', ROWS, true);
    });
    afterAll(async () => {
      await engine.stop();
      await Promise.all([source, ...targets].map((at) => at.close()));
    });

    /** Rows and progress rows of one task in a target, as one text. */
    async function traces(target: Place, table: string, task: string): Promise<string> {
      const columns = `concat_ws(',', generation, split, phase, writer_epoch, writer_holder, reader_epoch, seq, position, n_read, n_written)`;
      const all =
        target.kind === 'postgres'
          ? `string_agg(${columns}, ';' order by generation, split)`
          : `group_concat(${columns} order by generation, split)`;
      const progress = await target
        .value(`select coalesce(${all}, '') from _sluice_progress where task_id = '${task}'`)
        // The first of all was cancelled before it prepared anything.
        .catch(() => '');
      return `${await fingerprint(target, table)} ${progress}`;
    }

    it(`${TIMES} times: nothing changes after "cancelled", and what goes on after "stopped" ends equal`, async () => {
      const random = seeded('stops');
      const { control } = engine.runs;
      const tally = { stopped: 0, cancelled: 0, midway: 0, equal: 0 };
      const left: { target: Place; table: string; task: string; seen: string }[] = [];
      let begun = 0;

      /** Asks for something that the run may have gone past by now. */
      async function ask(what: 'stop' | 'cancel' | 'resume', run: string): Promise<void> {
        await control[what](run, 'test').catch((error: unknown) =>
          expect(asSluiceError(error).code).toBe('SLUICE_RUN_STATE'),
        );
      }

      /** Resolves when the target is prepared. */
      async function isWriting(id: string): Promise<void> {
        await until('the run to write', async () => {
          const run = (await engine.store.runs.get(id))!;
          expect(run.error).toBeUndefined();
          return run.prepared;
        });
      }

      function count(run: RunRow): void {
        const written = run.counts?.written ?? 0;
        if (written > 0 && written < ROWS) tally.midway++;
      }

      async function once(i: number): Promise<void> {
        // All at once, so that the seed decides them however the runs overlap.
        const chance = Array.from({ length: 8 }, () => random());
        const [isCancelled, isMapped, hasTwo, isLate, first, isAwaited, goesOn, second] = chance as [
          number,
          number,
          number,
          number,
          number,
          number,
          number,
          number,
        ];
        const [target, table] = [targets[i % targets.length]!, `orders${i}`];
        await fill(target, table, 0, false);
        const run = await beginCopy(engine, source, target, 'orders', {
          target: table,
          write: { mode: 'insert' },
          mapStage: isMapped < 0.5,
          control: { channels: hasTwo < 0.5 ? 2 : 1, dirtyLimit: 0, batchRecords: 20, rowsPerSecond: 4000 },
        });
        // While it is planned, or while it writes.
        if (isLate < 0.8) await isWriting(run.id);
        await sleep(first * 400);
        await ask('stop', run.id);
        // In the middle of stopping, or afterwards, or while it goes on again.
        if (isAwaited < 0.5) await rested(engine, run.id);
        if (goesOn < 0.5) {
          count(await rested(engine, run.id));
          await ask('resume', run.id);
          await sleep(second * 200);
        }
        if (isCancelled < 0.6) await ask('cancel', run.id);
        let now = await rested(engine, run.id);
        count(now);
        if (now.state === 'cancelled') {
          tally.cancelled++;
          left.push({ target, table, task: run.parent, seen: await traces(target, table, run.parent) });
          return;
        }
        while (now.state === 'stopped') {
          tally.stopped++;
          await control.resume(run.id, 'test');
          now = await rested(engine, run.id);
        }
        expect(now.error).toBeUndefined();
        expect(now).toMatchObject({ state: 'succeeded', counts: { read: ROWS, written: ROWS, dirty: 0 } });
        expect(await fingerprint(target, table)).toBe(await fingerprint(source, 'orders'));
        tally.equal++;
      }

      await Promise.all(
        Array.from({ length: ABREAST }, async () => {
          while (begun < TIMES) await once(begun++);
        }),
      );
      for (const { target, table, task, seen } of left) expect(await traces(target, table, task)).toBe(seen);
      process.stdout.write(`${JSON.stringify(tally)}\n`);
      expect(tally.cancelled + tally.equal).toBe(TIMES);
      expect(tally.cancelled).toBeGreaterThan(TIMES / 4);
      expect(tally.stopped).toBeGreaterThan(0);
      // Those that rested with some of it written and not all.
      expect(tally.midway).toBeGreaterThan(TIMES / 10);
    }, 300_000);
  },
);
