import { has } from '@sluice/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fill, type Place, place } from '../e2e/pairs.ts';
import { Deployment } from './deployment.ts';
import { killedAt, ROWS, shownCatchesUp } from './killed.ts';
import { OF_STEPS, POINTS, type RunPoint } from './points.ts';

describe.skipIf(!has('postgres'))('everything in one process, killed with SIGKILL', () => {
  let deployment: Deployment;
  let source: Place;
  beforeAll(async () => {
    deployment = await Deployment.embedded();
    source = await place('postgres');
    await fill(source, 'orders', ROWS, true);
  });
  afterAll(async () => {
    await deployment.stop();
    await source.close();
  });

  for (const point of (Object.keys(POINTS) as RunPoint[]).filter((one) => !OF_STEPS.has(one)))
    it(`at ${point}: the run goes on by itself at the next start, the sides are equal without a key, the ledger balances`, async () => {
      const run = await killedAt(point, deployment, source, {
        replaced: async (started, _state, target) => {
          if (point === 'writer.afterOffset') await shownCatchesUp(deployment, started, target);
        },
      });
      // The bus died with the process: nothing on it can come twice.
      expect(run.healing?.['duplicate']).toBeUndefined();
    });
});
