import { KafkaBus } from '@sluice/bus-kafka';
import { has, testKafka } from '@sluice/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ShownRun } from '../e2e/cluster-copy.ts';
import { fill, type Place, place } from '../e2e/pairs.ts';
import { Deployment } from './deployment.ts';
import { killedAt, ROWS, shownCatchesUp } from './killed.ts';
import { OF_STEPS, POINTS, type RunPoint } from './points.ts';
import { stateOf, type TargetState } from './target-state.ts';
import { until } from './until.ts';

describe.skipIf(!(['postgres', 'redis', 'kafka'] as const).every(has))(
  'a service on Kafka, killed with SIGKILL',
  () => {
    let deployment: Deployment;
    let source: Place;
    let bus: KafkaBus;
    beforeAll(async () => {
      deployment = await Deployment.onKafka();
      source = await place('postgres');
      await fill(source, 'orders', ROWS, true);
      bus = new KafkaBus({ brokers: testKafka().brokers });
    });
    afterAll(async () => {
      await deployment.stop();
      await source.close();
      await bus.close();
    });

    const OWN: readonly RunPoint[] = [
      'reader.afterProduce',
      'mapper.afterProduce',
      'writer.afterCommit',
      'writer.afterOffset',
    ];
    for (const point of Object.keys(POINTS) as RunPoint[])
      if (!OWN.includes(point) && !OF_STEPS.has(point))
        it(`at ${point}: the run goes on by itself, the sides are equal without a key, the ledger balances`, async () => {
          await killedAt(point, deployment, source);
        });

    it('at reader.afterProduce: what it had published and nobody had written is superseded by its successor', async () => {
      const mapper = deployment.member('mapper').process;
      const run = await killedAt('reader.afterProduce', deployment, source, {
        // What is published from now on stays on the bus until the stream is sealed.
        armed: async () => void mapper.kill('SIGSTOP'),
        replaced: async (_run, dead, target) => {
          const epochs = dead!.streams.map((row) => row.readerEpoch);
          await until('a seal', async () =>
            (await stateOf(target))!.streams.some((row, i) => row.readerEpoch > epochs[i]!),
          );
          mapper.kill('SIGCONT');
        },
      }).finally(() => mapper.kill('SIGCONT'));
      expect(run.healing?.['superseded']).toBeGreaterThanOrEqual(1);
    });

    it('at mapper.afterProduce: the second copy of what it had mapped is dropped', async () => {
      const run = await killedAt('mapper.afterProduce', deployment, source);
      expect(run.healing?.['duplicate']).toBeGreaterThanOrEqual(1);
    });

    /** Messages that come again because their offset is not committed, although the target has them. */
    async function again(run: ShownRun, state: TargetState): Promise<number> {
      const topic = `sluice.default.${run.task}.mapped`;
      let count = 0;
      for (const { channel, committed } of await bus.lag(topic, `${topic}.write`)) {
        const rest = await bus.peek(topic, channel, committed ?? 0, 500);
        for (const { headers } of rest) {
          const row = state.streams.find(({ split }) => split === Number(headers['sluice-split']))!;
          if (Number(headers['sluice-seq']) <= row.seq) count++;
        }
      }
      return count;
    }

    it('at writer.afterCommit: exactly what was committed and comes again is dropped', async () => {
      let expected = 0;
      const run = await killedAt('writer.afterCommit', deployment, source, {
        dead: async (started, state) => void (expected = await again(started, state!)),
      });
      expect(expected).toBeGreaterThanOrEqual(1);
      expect(run.healing?.['duplicate']).toBe(expected);
    });

    it('at writer.afterOffset: the API catches up with the target', async () => {
      await killedAt('writer.afterOffset', deployment, source, {
        replaced: (run, _state, target) => shownCatchesUp(deployment, run, target),
      });
    });
  },
);
