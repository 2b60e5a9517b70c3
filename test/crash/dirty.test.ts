// For its codecs: the messages of a task may be compressed with zstd.
import '@sluice/bus-kafka';
import { has, testKafka } from '@sluice/testkit';
import { type Consumer, Kafka, logLevel, type Producer } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { restedRun, type ShownRun, startCopy } from '../e2e/cluster-copy.ts';
import { fill, fingerprint, type Place, place } from '../e2e/pairs.ts';
import { Deployment, ended } from './deployment.ts';
import { rowsReach } from './rows-reach.ts';
import { seeded } from './seeded.ts';
import { stateOf, Watch } from './target-state.ts';
import { until } from './until.ts';

const ROWS = 100_000;
const BAD = 137;
const GOOD = `(select * from orders where note is distinct from 'bad') good`;

describe.skipIf(!(['postgres', 'redis', 'kafka'] as const).every(has))(
  `${BAD} bad records of ${ROWS}, with everything on the bus repeated`,
  () => {
    let deployment: Deployment;
    let source: Place;
    let bad: readonly number[];
    let repeater: Repeater;
    beforeAll(async () => {
      [deployment, source, repeater] = await Promise.all([
        Deployment.onKafka(),
        place('postgres'),
        Repeater.start(testKafka().brokers),
      ]);
      await fill(source, 'orders', ROWS, true);
      const random = seeded('dirty');
      const chosen = new Set<number>();
      while (chosen.size < BAD) chosen.add(1 + Math.floor(random() * ROWS));
      bad = [...chosen];
      await source.run(`update orders set note = 'bad' where id in (${bad.join()})`);
    });
    afterAll(async () => {
      await repeater.stop();
      await deployment.stop();
      await source.close();
    });

    async function begin(target: Place, dirtyLimit: number): Promise<ShownRun> {
      await fill(target, 'orders', 0, false);
      await target.run(`alter table orders add constraint good check (note is distinct from 'bad')`);
      const run = await startCopy(deployment.cluster, source.url, target.url, 'orders', {
        mapStage: true,
        write: { mode: 'insert' },
        control: { channels: 2, dirtyLimit, rowsPerSecond: 15_000 },
      });
      await repeater.repeat(run.task);
      return run;
    }

    /** Ids of the dirty records that the API shows. */
    async function shownDirty(run: string): Promise<number[]> {
      const ids: number[] = [];
      for (let cursor = ''; ;) {
        const path = `/runs/${run}/dirty-records?limit=100${cursor === '' ? '' : `&cursor=${cursor}`}`;
        const page = await deployment.cluster.call<{ items: { record: string }[]; nextCursor?: string }>(
          'GET',
          path,
        );
        for (const { record } of page.items) ids.push(Number((JSON.parse(record) as { id: string }).id));
        if (page.nextCursor === undefined) return ids;
        cursor = page.nextCursor;
      }
    }

    it(`with a limit of ${BAD} and each service killed: the run succeeds with exactly these dirty, here and in the API`, async () => {
      const target = await place('postgres');
      const run = await begin(target, BAD);
      const watch = new Watch(target);
      for (const [i, role] of (['writer', 'mapper', 'reader', 'coordinator'] as const).entries()) {
        await rowsReach(target, 10_000 * (i + 1));
        // The writer between a commit and its report: nobody has heard of that unit's dirty records.
        if (role === 'writer')
          expect(await (await deployment.arm(role, 'writer.afterCommit')).ended).toBe('SIGKILL');
        else expect(await ended(deployment.member(role), 'SIGKILL')).toBe('SIGKILL');
        await deployment.complete();
      }
      const rested = await restedRun(deployment.cluster, run.id);
      expect(rested.error).toBeUndefined();
      expect(rested).toMatchObject({
        state: 'succeeded',
        counts: { read: ROWS, written: ROWS - BAD, filtered: 0, dirty: BAD },
      });
      expect(repeater.repeated).toBeGreaterThan(100);
      expect(rested.healing?.['duplicate']).toBeGreaterThan(0);
      await watch.end();
      expect(await stateOf(target)).toMatchObject({ rows: ROWS - BAD, dirty: BAD, dirtyRecords: BAD });
      const kept = await target.value(
        `select string_agg(distinct record::json ->> 'id', ',') from _sluice_dirty`,
      );
      const sorted = [...bad].sort((a, b) => a - b);
      expect(
        kept
          .split(',')
          .map(Number)
          .sort((a, b) => a - b),
      ).toEqual(sorted);
      await until('the API to show all of them', async () => (await shownDirty(run.id)).length === BAD);
      expect((await shownDirty(run.id)).sort((a, b) => a - b)).toEqual(sorted);
      expect(await fingerprint(target, 'orders')).toBe(await fingerprint(source, GOOD));
      await target.close();
    });

    it(`with a limit of ${BAD - 1}: the run fails, keeps what is good, and goes on when the cause is mended`, async () => {
      const target = await place('postgres');
      const run = await begin(target, BAD - 1);
      const watch = new Watch(target);
      await deployment.cluster.call('POST', `/runs/${run.id}:throttle`, {});
      const failed = await restedRun(deployment.cluster, run.id);
      expect(failed).toMatchObject({ state: 'failed', error: { code: 'SLUICE_RUN_DIRTY_LIMIT' } });
      const state = (await stateOf(target))!;
      expect(state.dirty).toBeLessThan(BAD);
      expect(state.rows).toBeGreaterThan(0);
      const before = state.dirty;
      await target.run('alter table orders drop constraint good');
      await deployment.cluster.call('POST', `/runs/${run.id}:resume`);
      const rested = await restedRun(deployment.cluster, run.id);
      expect(rested).toMatchObject({
        state: 'succeeded',
        counts: { read: ROWS, written: ROWS - before, filtered: 0, dirty: before },
      });
      await watch.end();
      await target.close();
    });
  },
);

/** A third party that publishes every message of a task's topics once more. */
class Repeater {
  readonly #kafka: Kafka;
  readonly #producer: Producer;
  #consumer: Consumer | undefined;
  repeated = 0;

  private constructor(kafka: Kafka) {
    this.#kafka = kafka;
    this.#producer = kafka.producer({ allowAutoTopicCreation: false });
  }

  static async start(brokers: string[]): Promise<Repeater> {
    const repeater = new Repeater(new Kafka({ brokers, logLevel: logLevel.NOTHING }));
    await repeater.#producer.connect();
    return repeater;
  }

  /** Waits for the topics of the task; what it repeated of an earlier one it leaves. */
  async repeat(task: string): Promise<void> {
    await this.#consumer?.disconnect();
    const topics = ['read', 'mapped'].map((stage) => `sluice.default.${task}.${stage}`);
    const admin = this.#kafka.admin();
    await admin.connect();
    await until('the topics', async () => {
      const known = await admin.listTopics();
      return topics.every((topic) => known.includes(topic));
    });
    await admin.disconnect();
    const consumer = this.#kafka.consumer({ groupId: `repeater ${task}` });
    this.#consumer = consumer;
    await consumer.connect();
    await consumer.subscribe({ topics, fromBeginning: true });
    await consumer.run({
      eachBatch: async ({ batch }) => {
        const { topic, partition } = batch;
        const messages = batch.messages.filter(({ headers }) => headers?.['again'] === undefined);
        this.repeated += messages.length;
        await this.#producer.send({
          topic,
          messages: messages.map(({ value, headers }) => ({
            partition,
            value,
            headers: { ...headers, again: 'yes' },
          })),
        });
      },
    });
  }

  async stop(): Promise<void> {
    await this.#consumer?.disconnect();
    await this.#producer.disconnect();
  }
}
