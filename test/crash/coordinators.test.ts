import { has, testKafka, testPostgres, testRedis } from '@sluice/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeCopy, restedRun, type ShownRun, startCopy, statesOf } from '../e2e/cluster-copy.ts';
import { Cluster } from '../e2e/cluster.ts';
import { fill, fingerprint, type Place, place } from '../e2e/pairs.ts';
import { ended } from './deployment.ts';
import { rowsReach } from './rows-reach.ts';

const ROWS = 10_000;
const RUNS = 3;

describe.skipIf(!(['postgres', 'redis', 'kafka'] as const).every(has))('coordinators', () => {
  let cluster: Cluster;
  let source: Place;
  beforeAll(async () => {
    const [store, kafka, redis] = [await testPostgres(), testKafka().brokers.join(), testRedis().url];
    cluster = await Cluster.start({ store, kafka, redis, lease: 4, two: true });
    source = await place('postgres');
    await fill(source, 'orders', ROWS, true);
    const [first, second] = cluster.ports.map((port) => `http://127.0.0.1:${port}`);
    await cluster.add('coordinator', { SLUICE_PORT: String(cluster.ports[1]) });
    // Some workers talk to the one, some to the other.
    await Promise.all([
      cluster.add('reader', { SLUICE_URL: `${first},${second}` }),
      cluster.add('mapper', { SLUICE_URL: `${second},${first}` }),
      cluster.add('writer', { SLUICE_URL: `${second},${first}` }),
    ]);
  });
  afterAll(async () => {
    await cluster.stop();
    await source.close();
  });

  const document = (rowsPerSecond: number): Parameters<typeof makeCopy>[4] => ({
    mapStage: true,
    write: { mode: 'insert' },
    control: { channels: 2, dirtyLimit: 0, batchRecords: 100, rowsPerSecond },
  });

  async function equal(target: Place, run: ShownRun): Promise<void> {
    expect(run.error).toBeUndefined();
    expect(run).toMatchObject({ state: 'succeeded', counts: { read: ROWS, written: ROWS, dirty: 0 } });
    expect(await fingerprint(target, 'orders')).toBe(await fingerprint(source, 'orders'));
    await target.close();
  }

  /** The same call to both at one moment: one of them does it, the other does or refuses it. */
  async function both(path: string): Promise<ShownRun[]> {
    const calls = cluster.ports.map((port) => cluster.call<ShownRun>('POST', path, undefined, port));
    const answers = await Promise.allSettled(calls);
    const done = answers.filter((answer) => answer.status === 'fulfilled').map(({ value }) => value);
    for (const answer of answers)
      if (answer.status === 'rejected') expect(String(answer.reason)).toMatch(/SLUICE_RUN_(ACTIVE|STATE)/);
    expect(done.length).toBeGreaterThan(0);
    return done;
  }

  it(`two that are asked the same at one moment: ${RUNS} runs start, stop, go on and end, each once`, async () => {
    const targets = await Promise.all(Array.from({ length: RUNS }, () => place('postgres')));
    await Promise.all(
      targets.map(async (target) => {
        await fill(target, 'orders', 0, false);
        const task = await makeCopy(cluster, source.url, target.url, 'orders', document(1500));
        const started = await both(`/tasks/${task}:run`);
        expect(started).toHaveLength(1);
        const { id } = started[0]!;
        await rowsReach(target, 500);
        await both(`/runs/${id}:stop`);
        expect((await restedRun(cluster, id)).state).toBe('stopped');
        await cluster.call('POST', `/runs/${id}:throttle`, {});
        await both(`/runs/${id}:resume`);
        await equal(target, await restedRun(cluster, id));
        const again = ['stopping', 'stopped', 'queued', 'running'];
        expect(await statesOf(cluster, id)).toEqual(['queued', 'running', ...again, 'succeeded']);
        const { items } = await cluster.call<{ items: ShownRun[] }>('GET', `/runs?task=${task}`);
        expect(items.map((run) => run.id)).toEqual([id]);
      }),
    );
  });

  it('that are all dead: what is assigned goes on being committed; the run ends when one is back', async () => {
    const target = await place('postgres');
    await fill(target, 'orders', 0, false);
    const { id } = await startCopy(cluster, source.url, target.url, 'orders', document(1500));
    let rows = await rowsReach(target, 500);
    const all = cluster.members.filter(({ role }) => role === 'coordinator');
    expect(all).toHaveLength(2);
    await Promise.all(all.map((member) => ended(member, 'SIGKILL')));
    for (let i = 0; i < 3; i++) rows = await rowsReach(target, rows + 500);
    expect(rows).toBeLessThan(ROWS);
    await cluster.add('coordinator');
    await cluster.call('POST', `/runs/${id}:throttle`, {});
    await equal(target, await restedRun(cluster, id));
    expect(await statesOf(cluster, id)).toEqual(['queued', 'running', 'succeeded']);
  });
});
