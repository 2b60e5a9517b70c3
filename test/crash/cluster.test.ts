import { has, testKafka, testPostgres, testRedis } from '@sluice/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { restedRun, startCopy } from '../e2e/cluster-copy.ts';
import { Cluster, type Member, type Role } from '../e2e/cluster.ts';
import { fill, fingerprint, place } from '../e2e/pairs.ts';

const ROWS = 40_000;

const POINTS: readonly (readonly [Role, string])[] = [
  ['reader', 'reader.afterFetch:25'],
  ['reader', 'reader.afterProduce:25'],
  ['mapper', 'mapper.afterConsume:25'],
  ['mapper', 'mapper.afterProduce:25'],
  ['writer', 'writer.midPrepare:1'],
  ['writer', 'writer.afterFenceUpdate:3'],
  ['writer', 'writer.midRows:25'],
  ['writer', 'writer.beforeCommit:3'],
  ['writer', 'writer.commitSent:3'],
  ['writer', 'writer.afterCommit:3'],
  ['writer', 'writer.afterOffset:3'],
  ['coordinator', 'coord.afterPlan:1'],
];

describe.skipIf(!(['postgres', 'redis', 'kafka'] as const).every(has))(
  'a service on Kafka, killed with SIGKILL',
  () => {
    let cluster: Cluster;
    beforeAll(async () => {
      cluster = await Cluster.start({
        store: await testPostgres(),
        kafka: testKafka().brokers.join(','),
        redis: testRedis().url,
      });
    });
    afterAll(() => cluster.stop());

    for (const [role, point] of POINTS)
      it(`at ${point}: the run ends by itself, the sides are equal without a key, the ledger balances`, async () => {
        const [source, target] = [await place('postgres'), await place('postgres')];
        const helpers: Member[] = [];
        try {
          await fill(source, 'orders', ROWS, true);
          await fill(target, 'orders', 0, false);
          for (const other of ['reader', 'mapper', 'writer'] as const)
            if (other !== role) helpers.push(await cluster.add(other));
          if (role === 'coordinator')
            await stop(cluster.members.findLast((member) => member.role === 'coordinator')!);
          const victim = await cluster.add(role, {
            SLUICE_CRASH_AT: point,
            SLUICE_WORKER_NAME: `victim-${point}`,
          });
          const document = {
            mapStage: true,
            write: { mode: 'insert' as const },
            control: { channels: 2, dirtyLimit: 0, rowsPerSecond: 15_000 },
          };
          const { id } = await startCopy(cluster, source.url, target.url, 'orders', document);
          expect(await victim.ended).toBe('SIGKILL');
          expect(Number(await target.value('select count(*) from orders'))).toBeLessThan(ROWS);
          const heir = await cluster.add(role, { SLUICE_WORKER_NAME: `victim-${point}` });
          if (role !== 'coordinator') helpers.push(heir);
          const run = await restedRun(cluster, id);
          expect(run).toMatchObject({
            state: 'succeeded',
            counts: { read: ROWS, written: ROWS, filtered: 0, dirty: 0 },
          });
          expect(await fingerprint(target, 'orders')).toBe(await fingerprint(source, 'orders'));
        } finally {
          await Promise.all(helpers.map(stop));
          await source.close();
          await target.close();
        }
      });
  },
);

async function stop(member: Member): Promise<void> {
  if (member.process.exitCode === null && member.process.signalCode === null) member.process.kill('SIGTERM');
  await member.ended;
}
