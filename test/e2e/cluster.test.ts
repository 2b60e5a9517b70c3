import { has, testKafka, testPostgres, testRedis } from '@sluice/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Cluster } from './cluster.ts';
import { restedRun, startCopy } from './cluster-copy.ts';
import { corners, PAIRS, PATIENCE, ROWS, Sources, titleOf } from './matrix.ts';
import { fingerprint, place } from './pairs.ts';

describe.skipIf(!(['postgres', 'mariadb', 'redis', 'kafka'] as const).every(has))(
  'separate processes on Kafka',
  () => {
    const sources = new Sources();
    let cluster: Cluster;
    beforeAll(async () => {
      cluster = await Cluster.start({
        store: await testPostgres(),
        kafka: testKafka().brokers.join(','),
        redis: testRedis().url,
      });
      for (const role of ['reader', 'mapper', 'writer'] as const)
        for (let i = 0; i < 2; i++) await cluster.add(role);
    });
    afterAll(async () => {
      await cluster.stop();
      await sources.close();
    });

    for (const [index, [from, to]] of PAIRS.entries())
      for (const corner of corners('kafka', index))
        it(`${from} -> ${to} is equal row by row: ${titleOf(corner)}`, { timeout: PATIENCE }, async () => {
          const { at, wanted } = await sources.of(from, corner.hasKey);
          const target = await place(to);
          try {
            const started = await startCopy(cluster, at.url, target.url, 'orders', {
              mapStage: corner.hasKey,
              control: { channels: corner.channels },
            });
            const run = await restedRun(cluster, started.id, PATIENCE);
            expect(run.error).toBeUndefined();
            expect(run.counts).toMatchObject({ read: ROWS, written: ROWS, dirty: 0 });
            expect(await fingerprint(target, 'orders')).toBe(wanted);
          } finally {
            await target.close();
          }
        });

    it('asks for an access key, and shows no secret of a data source', async () => {
      const text = JSON.stringify(await cluster.call('GET', '/data-sources'));
      expect(text).not.toContain('"password":"');
      expect(text).toContain('"password":{"set":true');
      const answer = await fetch(`${cluster.registryUrl}/subjects`);
      expect(answer.status).toBe(401);
    });
  },
);
