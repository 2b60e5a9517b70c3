import { expect } from 'vitest';
import { makeCopy, restedRun, type ShownRun, startCopy, statesOf } from '../e2e/cluster-copy.ts';
import { fill, fingerprint, type Place, place } from '../e2e/pairs.ts';
import type { Deployment } from './deployment.ts';
import { ASKED, AT_THE_END, POINTS, type RunPoint } from './points.ts';
import { rowsReach } from './rows-reach.ts';
import { sessionsOf, stateOf, type TargetState, Watch } from './target-state.ts';
import { until } from './until.ts';

export const ROWS = 20_000;
const BATCH = 100;
/** Rows a second: slow enough that the kill falls into the middle, also on a busy machine. */
const SLOW = 1500;
/** Slower than reports: the API can catch up with the target. */
const SLOWER = 300;

/** What can be looked at or done on the way. */
export interface Probes {
  /** Right before the process is armed. */
  armed?(run: ShownRun): Promise<void>;
  /** It is dead, its sessions are gone, nobody has taken its place. */
  dead?(run: ShownRun, state: TargetState | undefined): Promise<void>;
  /** Somebody has taken its place. */
  replaced?(run: ShownRun, state: TargetState | undefined, target: Place): Promise<void>;
}

/**
 * A copy of 20,000 rows into a table without a key, through a map stage, during which the process that passes `point` dies there and is
 * started again, with no flag and no clean-up. Answers the run, which has succeeded, or throws: the signal struck, commits lie before and
 * after as far as the point allows, at no moment part of a batch was visible, the sides are equal, the ledger balances, and every change of
 * state happened once.
 */
export async function killedAt(
  point: RunPoint,
  deployment: Deployment,
  source: Place,
  probes: Probes = {},
): Promise<ShownRun> {
  const { cluster } = deployment;
  const { role, commits } = POINTS[point];
  const target = await place('postgres');
  await fill(target, 'orders', 0, false);
  const watch = new Watch(target);
  try {
    const copy = [
      cluster,
      source.url,
      target.url,
      'orders',
      {
        mapStage: true,
        write: { mode: 'insert' },
        control: {
          channels: AT_THE_END.has(point) ? 1 : 2,
          dirtyLimit: 0,
          batchRecords: BATCH,
          rowsPerSecond: point === 'writer.afterOffset' ? SLOWER : SLOW,
        },
      },
    ] as const;
    let victim = deployment.member(role);
    let run: ShownRun;
    if (commits === 'after') {
      const task = await makeCopy(...copy);
      await deployment.arm(role, point);
      const started = cluster.call<ShownRun>('POST', `/tasks/${task}:run`);
      // The caller of the first may not hear of the run; it finds it.
      run = await started.catch(() => ({ id: '', task, state: 'created', traceId: '' }));
    } else {
      run = await startCopy(...copy);
      await rowsReach(target, 3 * BATCH);
      await probes.armed?.(run);
      await deployment.arm(role, point);
      if (ASKED.has(point)) await expect(cluster.call('POST', `/runs/${run.id}:stop`)).rejects.toThrow();
      if (AT_THE_END.has(point)) await cluster.call('POST', `/runs/${run.id}:throttle`, {});
    }
    expect(await victim.ended).toBe('SIGKILL');
    // What the dead one had sent is done or rolled back when its sessions are gone.
    if (deployment.is(role, 'writer'))
      await until('its sessions to end', async () => (await sessionsOf(target)) === 0);
    const state = await stateOf(target);
    if (commits === 'after') expect(state?.written ?? 0).toBe(0);
    else expect(state!.written).toBeGreaterThan(0);
    if (commits === 'both') expect(state!.written).toBeLessThan(ROWS);
    if (commits === 'before') expect(state!.written).toBe(ROWS);
    await probes.dead?.(run, state);
    await deployment.complete();
    if (run.id === '') {
      const { items } = await cluster.call<{ items: ShownRun[] }>('GET', `/runs?task=${run.task}`);
      expect(items).toHaveLength(1);
      run = items[0]!;
    }
    await probes.replaced?.(run, state, target);
    await cluster.call('POST', `/runs/${run.id}:throttle`, {});
    if (point === 'coord.beforeCas') {
      // Nobody was told that the stop is accepted: it did not happen, and is asked for again.
      expect(await statesOf(cluster, run.id)).toEqual(['queued', 'running']);
      await cluster.call('POST', `/runs/${run.id}:stop`);
    }
    if (ASKED.has(point)) {
      expect((await restedRun(cluster, run.id)).state).toBe('stopped');
      await cluster.call('POST', `/runs/${run.id}:resume`);
    }
    run = await restedRun(cluster, run.id);
    expect(run.error).toBeUndefined();
    expect(run).toMatchObject({
      state: 'succeeded',
      counts: { read: ROWS, written: ROWS, filtered: 0, dirty: 0 },
    });
    const stop = ASKED.has(point) ? ['stopping', 'stopped', 'queued', 'running'] : [];
    expect(await statesOf(cluster, run.id)).toEqual(['queued', 'running', ...stop, 'succeeded']);
    expect(await fingerprint(target, 'orders')).toBe(await fingerprint(source, 'orders'));
    await watch.end();
    expect(await stateOf(target)).toMatchObject({ rows: ROWS, written: ROWS, dirty: 0 });
    if (commits !== 'before') expect(watch.seen.size).toBeGreaterThan(1);
    return run;
  } finally {
    await watch.end().catch(() => undefined);
    await target.close();
    await deployment.complete();
  }
}

/**
 * The counts that the API shows are never ahead of the target and catch up with it within seconds, although the writer died between a
 * commit and its report of it.
 */
export async function shownCatchesUp(deployment: Deployment, run: ShownRun, target: Place): Promise<void> {
  await until(
    'the API to show what the target has',
    async () => {
      const before = (await stateOf(target))!.written;
      const ledger = await deployment.cluster.call<{ written: number; balanced: boolean }>(
        'GET',
        `/runs/${run.id}/ledger`,
      );
      const after = (await stateOf(target))!.written;
      expect(ledger.written).toBeLessThanOrEqual(after);
      expect(ledger.balanced).toBe(true);
      return before === after && ledger.written === before;
    },
    { patience: 5000 },
  );
}
