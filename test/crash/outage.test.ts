import { has } from '@sluice/testkit';
import { afterEach, beforeAll, afterAll, describe, expect, it } from 'vitest';
import { restedRun, type ShownRun, startCopy, statesOf } from '../e2e/cluster-copy.ts';
import { fill, fingerprint, type Place, place } from '../e2e/pairs.ts';
import { Deployment } from './deployment.ts';
import { rowsReach } from './rows-reach.ts';
import { seeded } from './seeded.ts';
import { stateOf, Watch } from './target-state.ts';

const ROWS = 30_000;

describe.skipIf(!has('postgres'))('SIGKILL to everything at once', () => {
  let deployment: Deployment;
  let source: Place;
  let target: Place;
  let watch: Watch;
  beforeAll(async () => {
    source = await place('postgres');
    await fill(source, 'orders', ROWS, true);
  });
  afterEach(async () => {
    await watch.end().catch(() => undefined);
    await deployment.stop();
    await target.close();
  });
  afterAll(() => source.close());

  async function begin(): Promise<ShownRun> {
    target = await place('postgres');
    await fill(target, 'orders', 0, false);
    watch = new Watch(target);
    return startCopy(deployment.cluster, source.url, target.url, 'orders', {
      mapStage: true,
      write: { mode: 'insert' },
      control: { channels: 2, dirtyLimit: 0, batchRecords: 100, rowsPerSecond: 1000 },
    });
  }

  /** Full speed to the end: equal, balanced, begun and ended once. */
  async function finish({ id }: ShownRun): Promise<void> {
    await deployment.cluster.call('POST', `/runs/${id}:throttle`, {});
    const run = await restedRun(deployment.cluster, id);
    expect(run.error).toBeUndefined();
    expect(run).toMatchObject({
      state: 'succeeded',
      counts: { read: ROWS, written: ROWS, filtered: 0, dirty: 0 },
    });
    expect(await statesOf(deployment.cluster, id)).toEqual(['queued', 'running', 'succeeded']);
    expect(await fingerprint(target, 'orders')).toBe(await fingerprint(source, 'orders'));
    await watch.end();
  }

  it.skipIf(!has('kafka') || !has('redis'))(
    'all services on Kafka, 10 times: the run goes on where it was, with no flag and nothing to clean up',
    async () => {
      deployment = await Deployment.onKafka();
      const run = await begin();
      for (let i = 0; i < 10; i++) {
        // Each life of the services has commits.
        await rowsReach(target, ((await stateOf(target))?.rows ?? 0) + 200);
        await deployment.killAll();
        expect((await stateOf(target))!.rows).toBeLessThan(ROWS);
        await deployment.complete();
      }
      await finish(run);
    },
    240_000,
  );

  it('the one process, at 20 random moments of its start and its work: the same', async () => {
    const random = seeded('outage');
    deployment = await Deployment.embedded();
    const run = await begin();
    await rowsReach(target, 200);
    let during = 0;
    for (let i = 0; i < 20; i++) {
      const starting = deployment.complete();
      starting.catch(() => undefined);
      // From its first moment, or from when it works.
      if (i % 2 === 0) await starting;
      await new Promise((resolve) => setTimeout(resolve, random() * 1000));
      await deployment.killAll();
      if (
        await starting.then(
          () => true,
          () => false,
        )
      )
        during++;
      expect((await stateOf(target))!.rows).toBeLessThan(ROWS);
    }
    expect(during).toBeGreaterThanOrEqual(10);
    await deployment.complete();
    await finish(run);
  }, 240_000);
});
