import { expect, it } from 'vitest';
import { RateLimit } from './rate-limit.ts';

it('lets a burst through, then as many as the rate says, and tells how long to wait', () => {
  let now = 0;
  const limit = new RateLimit({ perSecond: 2, burst: 3 }, () => now);
  expect([1, 2, 3, 4].map(() => limit.take('a'))).toEqual([0, 0, 0, 500]);
  now = 400;
  expect(limit.take('a')).toBe(100);
  now = 500;
  expect([limit.take('a'), limit.take('a')]).toEqual([0, 500]);
  now = 1_000_000;
  expect([1, 2, 3, 4].map(() => limit.take('a'))).toEqual([0, 0, 0, 500]);
});

it('counts each caller alone, and can take a call back', () => {
  const limit = new RateLimit({ perSecond: 1, burst: 1 }, () => 0);
  expect([limit.take('a'), limit.take('b'), limit.take('a')]).toEqual([0, 0, 1000]);
  limit.giveBack('a');
  limit.giveBack('a');
  expect([limit.take('a'), limit.take('a')]).toEqual([0, 1000]);
});

it('remembers a bounded number of callers, those that called last', () => {
  const limit = new RateLimit({ perSecond: 1, burst: 1 }, () => 0);
  for (let caller = 0; caller < 20_000; caller++) limit.take(String(caller));
  expect([limit.take('19999'), limit.take('0')]).toEqual([1000, 0]);
});
