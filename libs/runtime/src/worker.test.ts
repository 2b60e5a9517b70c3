import type { Bus, Coordination, StageOrder, WorkerOrders, WorkerReport } from '@sluice/ports';
import { systemClock } from '@sluice/ports';
import { expect, it } from 'vitest';
import { Worker } from './worker.ts';

const order = {
  run: 'run',
  stage: 'map',
  input: 'topic',
  consumers: 'group',
  mapping: { fields: [] },
  plan: { read: { schema: { name: 'row', columns: [] } } },
} as unknown as StageOrder;

it('starts a stage that is ordered again while its former life is still ending, once, without asking in between', async () => {
  const served: string[] = [];
  const bus = {
    async serve({ signal }: { signal: AbortSignal }) {
      const life = served.push('begun');
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      await systemClock.sleep(50);
      served.push(`ended ${life}`);
    },
  } as unknown as Bus;
  const script: WorkerOrders[] = [[order], [], [order]].map((serve, i) => ({
    version: `${i + 1}`,
    serve,
    directives: [],
  }));
  const stop = new AbortController();
  let calls = 0;
  const coordination: Coordination = {
    async renew(_report, wait) {
      if (wait === undefined) return script[2]!;
      if (calls++ > 100) stop.abort();
      const next = script.find(({ version }) => version > wait.version || wait.version === '');
      // Only the first orders wait for the stage to have begun: the worker must not depend on time passing between calls.
      if (next === script[1]) await systemClock.sleep(20);
      if (next !== undefined) return next;
      await systemClock.sleep(wait.milliseconds, wait.signal);
      return { ...script[2]!, serve: [] };
    },
    claimChannel: async () => ({ epoch: 1 }),
    release: async () => undefined,
  };
  const worker = new Worker({
    id: 'id',
    name: 'worker',
    group: 'default',
    stages: ['map'],
    coordination,
    bus,
    signals: {} as never,
    clock: systemClock,
    connectors: () => Promise.reject(new Error('none')),
  });
  const running = worker.run(stop.signal);
  while (served.length < 3 && !stop.signal.aborted) await systemClock.sleep(5);
  expect(served).toEqual(['begun', 'ended 1', 'begun']);
  expect(calls).toBeLessThan(10);
  stop.abort();
  await running;
  expect(served.at(-1)).toBe('ended 3');
});

it('fails a run whose mapping cannot be compiled, by a report, and goes on working', async () => {
  const mapping = {
    fields: [{ to: 'x', expression: "hmacSha256('a', secret('gone'))", pointer: '/mapping/0' }],
  };
  const reports: WorkerReport[] = [];
  const stop = new AbortController();
  const coordination: Coordination = {
    async renew(report, wait) {
      if (wait === undefined) reports.push(report);
      else if (wait.version !== '') await systemClock.sleep(wait.milliseconds, wait.signal);
      return { version: '1', serve: [{ ...order, mapping } as StageOrder], directives: [] };
    },
    claimChannel: async () => ({ epoch: 1 }),
    release: async () => undefined,
  };
  const worker = new Worker({
    id: 'id',
    name: 'worker',
    group: 'default',
    stages: ['map'],
    coordination,
    bus: {} as Bus,
    signals: {} as never,
    clock: systemClock,
    connectors: () => Promise.reject(new Error('none')),
  });
  const running = worker.run(stop.signal);
  while (reports.length === 0) await systemClock.sleep(5);
  stop.abort();
  await running;
  expect(reports[0]!.runs).toMatchObject([
    { run: 'run', stage: 'map', failure: { code: 'SLUICE_MAP_EXPRESSION', place: '/mapping/0' } },
  ]);
});
