import { afterAll, beforeAll, expect, it } from 'vitest';
import { Served } from './served.ts';

let served: Served;
beforeAll(async () => {
  served = await Served.start();
});
afterAll(() => served.stop());

interface Line {
  readonly stage?: string;
  readonly split?: number;
  readonly worker?: string;
  readonly message: string;
  readonly traceId?: string;
  readonly spanId?: string;
}

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';

async function run(task: string, headers: Record<string, string> = {}): Promise<Record<string, string>> {
  const { body } = await served.call('POST', `/tasks/${task}:run`, {
    headers: { prefer: 'wait=30', ...headers },
  });
  expect(body['state']).toBe('succeeded');
  return body as unknown as Record<string, string>;
}

const linesOf = async (id: string, query = ''): Promise<Line[]> =>
  (await served.call('GET', `/runs/${id}/logs?limit=1000${query}`)).body['lines'] as unknown as Line[];

it('a run belongs to the trace of the call that started it: its log lines and the batches from reader to writer', async () => {
  const task = await served.task(2500, { channels: 2 });
  const { body } = await served.call('GET', `/tasks/${task}`);
  const document = { ...(body['document'] as unknown as object), mapStage: true };
  await served.call('PUT', `/tasks/${task}`, { body: { name: 'traced', document } });
  const { id, traceId: shown } = await run(task, { traceparent: `00-${traceId}-b7ad6b7169203331-01` });
  expect(shown).toBe(traceId);

  const spans = new Set<string>();
  for (const topic of ['read', 'mapped'] as const)
    for (const channel of [0, 1])
      for (const { headers } of await served.engine.bus.peek(
        `sluice.default.${task}.${topic}`,
        channel,
        0,
        100,
      )) {
        const [, trace, span] = headers['traceparent']!.split('-');
        expect(trace).toBe(traceId);
        expect(spans.has(span!)).toBe(false);
        spans.add(span!);
      }
  expect(spans.size).toBeGreaterThan(5);

  const lines = await linesOf(id!);
  expect(lines.filter((line) => line.traceId !== traceId)).toEqual([]);
  const written = lines.filter(
    ({ stage, message }) => stage === 'write' && message.startsWith('Written to its end'),
  );
  const { body: splits } = await served.call('GET', `/runs/${id}/splits`);
  expect(written.map(({ split }) => split).toSorted()).toEqual(splits.items.map(({ split }) => split));
  // Each names the span of the last batch of its split, as the mapper sent it.
  for (const { spanId, worker } of written) {
    expect([worker, spans.has(spanId!)]).toEqual(['standalone', true]);
  }
  for (const { split, message } of await linesOf(id!, '&split=0&stage=write'))
    expect([split, message]).toEqual([0, expect.stringMatching(/^Written to its end: \d+ records\.$/)]);
  expect((await linesOf(id!, '&stage=read')).map(({ message }) => message)).toEqual(
    expect.arrayContaining([expect.stringMatching(/^Read to its end: \d+ records in \d+ batches\.$/)]),
  );
  const { body: shownMessages } = await served.call('GET', `/topics/sluice.default.${task}.mapped/messages`);
  for (const item of shownMessages.items) expect(item['traceId']).toBe(traceId);
});

it('a run that nobody traces has a trace of its own', async () => {
  const task = await served.task(3);
  const [first, second] = [await run(task), await run(task)];
  for (const { traceId: own } of [first!, second!]) expect(own).toMatch(/^[0-9a-f]{32}$/);
  expect(first!['traceId']).not.toBe(second!['traceId']);
  for (const line of await linesOf(second!['id']!)) expect(line.traceId).toBe(second!['traceId']);
});
