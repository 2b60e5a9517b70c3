import { has, testKafka, testPostgres, testRedis } from '@sluice/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Cluster } from './cluster.ts';
import { restedRun, startCopy } from './cluster-copy.ts';
import { fill, fingerprint, type Kind, place } from './pairs.ts';

const ROWS = Number(process.env['SLUICE_ROWS'] ?? 50_000);

const PAIRS: readonly (readonly [Kind, Kind])[] = [
  ['postgres', 'postgres'],
  ['mysql', 'postgres'],
  ['postgres', 'mysql'],
];

describe.skipIf(!(['postgres', 'mariadb', 'redis', 'kafka'] as const).every(has))(
  'separate processes on Kafka',
  () => {
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
    afterAll(() => cluster.stop());

    for (const [from, to] of PAIRS)
      for (const [hasKey, channels] of [
        [true, 4],
        [false, 1],
      ] as const)
        it(`${from} -> ${to} is equal row by row: ${ROWS} rows, ${channels} channels, ${hasKey ? 'with' : 'without'} a primary key`, async () => {
          const [source, target] = [await place(from), await place(to)];
          try {
            await fill(source, 'orders', ROWS, hasKey);
            const started = await startCopy(cluster, source.url, target.url, 'orders', {
              mapStage: hasKey,
              control: { channels },
            });
            const run = await restedRun(cluster, started.id);
            expect(run.error).toBeUndefined();
            expect(run.counts).toMatchObject({ read: ROWS, written: ROWS, dirty: 0 });
            expect(await fingerprint(target, 'orders')).toBe(await fingerprint(source, 'orders'));
          } finally {
            await source.close();
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
