import { expect, it } from 'vitest';
import { newTraceId, parseTraceparent, spanIdOf, traceparentOf } from './trace.ts';

const traceId = '0af7651916cd43dd8448eb211c80319c';
const spanId = 'b7ad6b7169203331';

it('reads what it writes, and what a later version may write', () => {
  expect(parseTraceparent(traceparentOf({ traceId, spanId }))).toEqual({ traceId, spanId });
  expect(parseTraceparent(`cc-${traceId}-${spanId}-01-what-the-future-brings`)).toEqual({ traceId, spanId });
  expect(newTraceId()).toMatch(/^[0-9a-f]{32}$/);
});

it.each([
  undefined,
  '',
  `00-${traceId}-${spanId}`,
  `00-${traceId.toUpperCase()}-${spanId}-01`,
  `00-${'0'.repeat(32)}-${spanId}-01`,
  `00-${traceId}-${'0'.repeat(16)}-01`,
  `ff-${traceId}-${spanId}-01`,
])('takes nothing from %s', (header) => {
  expect(parseTraceparent(header)).toBeUndefined();
});

it('gives every batch a span of its own, the same one when it is sent again', () => {
  const names = Array.from({ length: 20_000 }, (_, seq) => `read:g:${seq % 7}:1048576:${seq}`);
  const ids = names.map(spanIdOf);
  expect(ids.every((id) => /^[0-9a-f]{16}$/.test(id) && !/^0+$/.test(id))).toBe(true);
  expect(new Set(ids).size).toBe(names.length);
  expect(names.map(spanIdOf)).toEqual(ids);
});
