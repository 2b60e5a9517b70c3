import { has, testRedis } from '@sluice/testkit';
import { describe, expect, it } from 'vitest';
import { RedisSignals } from './redis-signals.ts';

describe.skipIf(!has('redis'))('signals over Redis', () => {
  it('carries a message from one process to another', async () => {
    const [a, b] = [new RedisSignals(testRedis()), new RedisSignals(testRedis())];
    const prefix = testRedis();
    const [from, to] = [new RedisSignals(prefix), new RedisSignals(prefix)];
    const heard: string[] = [];
    to.subscribe('t', (message) => heard.push(message));
    while (heard.length === 0) {
      from.publish('t', 'hello');
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(heard[0]).toBe('hello');
    for (const signals of [a, b, from, to]) await signals.close();
  });

  it('shares one bucket between processes', async () => {
    const options = testRedis();
    const [a, b] = [new RedisSignals(options), new RedisSignals(options)];
    while ((await a.take('warm', 1, 1e9)) > 0);
    await new Promise((resolve) => setTimeout(resolve, 100));
    const waits = [await a.take('k', 100, 100), await b.take('k', 100, 100), await a.take('k', 100, 100)];
    expect(waits[2]! - waits[0]!).toBeGreaterThan(1800);
    for (const signals of [a, b]) await signals.close();
  });
});

it('goes on with a bucket of its own when there is no Redis, and throws nothing', async () => {
  const signals = new RedisSignals({ url: 'redis://127.0.0.1:9' });
  signals.publish('t', 'lost');
  expect(await signals.take('k', 100, 100)).toBe(0);
  expect(await signals.take('k', 100, 100)).toBeGreaterThan(900);
  await signals.close();
});
