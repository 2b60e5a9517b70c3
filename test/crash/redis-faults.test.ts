import { missingRedis, startRedis } from '../../infra/servers/redis.ts';
import type { Server } from '../../infra/servers/server-process.ts';
import { FaultProxy, has, testKafka, testPostgres } from '@sluice/testkit';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { restedRun, startCopy } from '../e2e/cluster-copy.ts';
import { Cluster } from '../e2e/cluster.ts';
import { fill, fingerprint, type Place, place } from '../e2e/pairs.ts';
import { rowsReach } from './rows-reach.ts';
import { Watch } from './target-state.ts';

const ROWS = 12_000;

describe.skipIf(!has('postgres') || !has('kafka') || missingRedis() !== undefined)(
  'separate processes, when Redis',
  () => {
    let redis: Server;
    let proxy: FaultProxy;
    let cluster: Cluster;
    let source: Place;
    beforeAll(async () => {
      redis = await startRedis();
      proxy = await FaultProxy.before(redis.url);
      const [store, kafka] = [await testPostgres(), testKafka().brokers.join()];
      cluster = await Cluster.start({ store, kafka, redis: proxy.url(redis.url), lease: 4 });
      await Promise.all((['reader', 'mapper', 'writer'] as const).map((role) => cluster.add(role)));
      source = await place('postgres');
      await fill(source, 'orders', ROWS, true);
    });
    afterEach(() => proxy.heal());
    afterAll(async () => {
      await cluster.stop();
      await source.close();
      await proxy.close();
      await redis.stop();
    });

    /** A copy during which `fault` happens, after the first commits and before the last ones. */
    async function survive(fault: () => Promise<void>): Promise<void> {
      const target = await place('postgres');
      await fill(target, 'orders', 0, false);
      const watch = new Watch(target);
      const { id } = await startCopy(cluster, source.url, target.url, 'orders', {
        mapStage: true,
        write: { mode: 'insert' },
        control: { channels: 2, dirtyLimit: 0, batchRecords: 200, rowsPerSecond: 3000 },
      });
      let rows = await rowsReach(target, 500);
      await fault();
      // It goes on while that is so; a throttle that was forgotten lets a second's worth through at once.
      for (let i = 0; i < 3; i++) rows = await rowsReach(target, Math.min(ROWS, rows + 300));
      const run = await restedRun(cluster, id);
      expect(run.error).toBeUndefined();
      expect(run).toMatchObject({
        state: 'succeeded',
        counts: { read: ROWS, written: ROWS, filtered: 0, dirty: 0 },
      });
      expect(await fingerprint(target, 'orders')).toBe(await fingerprint(source, 'orders'));
      await watch.end();
      await target.close();
    }

    it('forgets everything again and again: the result is the same', async () => {
      const client = new Redis(redis.url);
      await survive(async () => {
        for (let i = 0; i < 10; i++) {
          await client.flushall();
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
      });
      client.disconnect();
    });

    it('answers everything two seconds late: the result is the same', async () => {
      await survive(async () => proxy.delay(2000));
    });

    it('is killed and started again in the middle: the result is the same', async () => {
      await survive(async () => {
        await redis.kill();
        await new Promise((resolve) => setTimeout(resolve, 500));
        await redis.revive();
      });
    });

    it('is killed and does not come back before the end, and is not there for the next run either: the result is the same', async () => {
      await survive(() => redis.kill());
      await survive(async () => undefined);
      await redis.revive();
    });
  },
);
