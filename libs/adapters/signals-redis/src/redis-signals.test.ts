import { has, signalsContract, testRedis } from '@sluice/testkit';
import { describe, expect, it } from 'vitest';
import { RedisSignals } from './redis-signals.ts';

describe.skipIf(!has('redis'))('with a real Redis', () => {
  signalsContract('over Redis', async () => {
    // A busy machine must not make the test fall back to a bucket of its own.
    const options = { ...testRedis(), patience: 10_000 };
    const ends = [new RedisSignals(options), new RedisSignals(options)] as const;
    // Until a connection stands, buckets are local.
    for (const end of ends) await end.connected();
    return ends;
  });
});

it('goes on with a bucket of its own when there is no Redis, and throws nothing', async () => {
  const signals = new RedisSignals({ url: 'redis://127.0.0.1:9' });
  signals.publish('t', 'lost');
  expect(await signals.take('k', 100, 100)).toBeGreaterThan(900);
  expect(await signals.take('k', 100, 100)).toBeGreaterThan(1800);
  await signals.close();
});
