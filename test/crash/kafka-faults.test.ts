import { randomBytes } from 'node:crypto';
import { freePort, type Server } from '../../infra/servers/server-process.ts';
import { missingKafka, startKafka } from '../../infra/servers/kafka.ts';
import { KafkaBus } from '@sluice/bus-kafka';
import { FaultProxy, has, testPostgres, testRedis } from '@sluice/testkit';
import { type Admin, Kafka, logLevel, type Producer } from 'kafkajs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { restedRun, type ShownRun, startCopy } from '../e2e/cluster-copy.ts';
import { Cluster } from '../e2e/cluster.ts';
import { fill, fingerprint, type Place, place } from '../e2e/pairs.ts';
import { rowsReach } from './rows-reach.ts';

const ROWS = 20_000;

/** Whether a client's bytes begin a produce request (key 0) of Kafka's protocol. */
const isProduce = (sent: Buffer): boolean =>
  sent.length > 100 && sent.readInt16BE(4) === 0 && sent.readInt16BE(6) >= 3 && sent.readInt16BE(6) <= 11;

describe.skipIf(!has('postgres') || !has('redis') || missingKafka() !== undefined)(
  'separate processes, when Kafka',
  () => {
    let kafka: Server;
    let proxy: FaultProxy;
    let cluster: Cluster;
    let source: Place;
    let admin: Admin;
    let producer: Producer;
    beforeAll(async () => {
      const port = await freePort();
      proxy = await FaultProxy.start({ host: '127.0.0.1', port });
      kafka = await startKafka({ port, advertised: proxy.port });
      cluster = await Cluster.start({
        store: await testPostgres(),
        kafka: kafka.url,
        redis: testRedis().url,
      });
      for (const role of ['reader', 'mapper', 'writer'] as const) await cluster.add(role);
      source = await place('postgres');
      await fill(source, 'orders', ROWS, true);
      const client = new Kafka({ brokers: [kafka.url], logLevel: logLevel.NOTHING });
      [admin, producer] = [client.admin(), client.producer({ allowAutoTopicCreation: false })];
      await Promise.all([admin.connect(), producer.connect()]);
    });
    afterEach(() => proxy.heal());
    afterAll(async () => {
      await cluster.stop();
      await Promise.all([admin.disconnect(), producer.disconnect()]).catch(() => undefined);
      await source.close();
      await proxy.close();
      await kafka.stop();
    });

    /** A copy during which `fault` happens, after the first commits and before the last ones; it ends equal by itself. */
    async function survive(fault: (task: string) => Promise<void>): Promise<ShownRun> {
      const target = await place('postgres');
      try {
        await fill(target, 'orders', 0, false);
        const { id, task } = await startCopy(cluster, source.url, target.url, 'orders', {
          mapStage: true,
          write: { mode: 'insert' },
          control: { channels: 2, dirtyLimit: 0, batchRecords: 100, rowsPerSecond: 5000 },
        });
        await rowsReach(target, 1000);
        await fault(task);
        expect(Number(await target.value('select count(*) from orders'))).toBeLessThan(ROWS);
        const run = await restedRun(cluster, id);
        expect(run.error).toBeUndefined();
        expect(run).toMatchObject({
          state: 'succeeded',
          counts: { read: ROWS, written: ROWS, filtered: 0, dirty: 0 },
        });
        expect(await fingerprint(target, 'orders')).toBe(await fingerprint(source, 'orders'));
        return run;
      } finally {
        await target.close();
      }
    }

    const topicsOf = async (task: string): Promise<string[]> =>
      (await admin.listTopics()).filter((name) => name.includes(task));

    it('is killed with SIGKILL and started again: the run goes on by itself', async () => {
      await survive(async () => {
        await kafka.kill();
        await new Promise((resolve) => setTimeout(resolve, 1000));
        await kafka.revive();
      });
    });

    it('takes what it is sent and every tenth answer is lost: what is sent again counts once', async () => {
      let sent = 0;
      const run = await survive(async () => {
        proxy.judge = (bytes) => (isProduce(bytes) && ++sent % 10 === 0 ? 'cut-after-answer' : 'forward');
      });
      expect(proxy.cuts).toBeGreaterThan(3);
      expect(run.healing?.['duplicate']).toBeGreaterThan(0);
    });

    it('answers later than anybody waits: what was taken and is sent again counts once', async () => {
      let late = 0;
      const run = await survive(async () => {
        proxy.judge = (bytes) => (isProduce(bytes) && ++late <= 4 ? 'hold-answers' : 'forward');
        // Longer than a request waits for its answer.
        await new Promise((resolve) => setTimeout(resolve, 11_000));
        proxy.release();
      });
      expect(late).toBeGreaterThan(4);
      // How often is reported with the last news of the writer, which may come after the run's end.
      expect(run.counts).toMatchObject({ read: ROWS, written: ROWS });
    });

    for (const idempotent of [false, true])
      it(`answers later than its client waits, with idempotent ${idempotent}, of two messages sent at once: ${idempotent ? 'one that it acknowledged is not there, which is why Sluice does not use it' : 'both are there'}`, async () => {
        const client = new Kafka({
          brokers: [kafka.url],
          logLevel: logLevel.NOTHING,
          requestTimeout: 1000,
          retry: { initialRetryTime: 500 },
        });
        const topic = `late-${idempotent}`;
        await admin.createTopics({ topics: [{ topic, numPartitions: 1 }], waitForLeaders: true });
        const sender = client.producer({ idempotent, maxInFlightRequests: 1, allowAutoTopicCreation: false });
        await sender.connect();
        let sent = 0;
        proxy.judge = (bytes) => {
          if (!isProduce(bytes)) return 'forward';
          if (++sent === 1) return 'hold-answers';
          proxy.release();
          return 'forward';
        };
        const send = (value: string): Promise<unknown> =>
          sender.send({ topic, acks: -1, messages: [{ partition: 0, value }] });
        await Promise.all([send('first'), send('second')]);
        await sender.disconnect();
        const bus = new KafkaBus({ brokers: [kafka.url] });
        const found = (await bus.peek(topic, 0, 0, 10)).map(({ value }) => value.toString());
        await bus.close();
        // Which of the two went out first is the client's affair; that one is there twice.
        expect(found).toHaveLength(idempotent ? 2 : 3);
        expect(new Set(found).size).toBe(idempotent ? 1 : 2);
      });

    it('loses all topics of the task: what was not committed is read again', async () => {
      await survive(async (task) => {
        const topics = await topicsOf(task);
        expect(topics).toHaveLength(2);
        await admin.deleteTopics({ topics });
      });
    });

    it('removes messages that nobody has read: what was not committed is read again', async () => {
      await survive(async (task) => {
        for (const topic of await topicsOf(task)) {
          const ends = await admin.fetchTopicOffsets(topic);
          const partitions = ends.map(({ partition, high }) => ({ partition, offset: high }));
          await admin.deleteTopicRecords({ topic, partitions });
        }
      });
    });

    it('answers nobody for three seconds, resets all connections, and then leaves them half open', async () => {
      await survive(async () => {
        proxy.stall();
        await new Promise((resolve) => setTimeout(resolve, 3000));
        proxy.heal();
        proxy.cut();
        await new Promise((resolve) => setTimeout(resolve, 1000));
        proxy.halfOpen();
      });
    });

    it('is given messages by somebody else: they are put aside, and the run succeeds', async () => {
      const run = await survive(async (task) => {
        for (const topic of await topicsOf(task))
          for (const partition of [0, 1])
            await producer.send({
              topic,
              messages: [
                { partition, value: randomBytes(500) },
                { partition, value: null },
                { partition, value: 'hello', headers: { 'sluice-kind': 'data', 'sluice-seq': '7' } },
              ],
            });
      });
      expect(run.healing?.['undecodable']).toBeGreaterThanOrEqual(6);
    });
  },
);
