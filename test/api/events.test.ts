import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Served } from './served.ts';

let served: Served;
beforeAll(async () => {
  served = await Served.start();
});
afterAll(() => served.stop());

interface Event {
  readonly event: string;
  readonly id?: string;
  readonly data: Record<string, unknown>;
}

/** Events of a path until one fits; the connection is closed then, or was closed by the server. */
async function until(
  path: string,
  isLast: (event: Event) => boolean,
  headers: Record<string, string> = {},
): Promise<Event[]> {
  const gone = new AbortController();
  const answer = await fetch(`${served.openUrl}${path}`, { headers, signal: gone.signal });
  if (!answer.ok) throw new Error(await answer.text());
  const found: Event[] = [];
  let rest = '';
  for await (const chunk of answer.body!.pipeThrough(new TextDecoderStream())) {
    rest += chunk;
    const blocks = rest.split('\n\n');
    rest = blocks.pop()!;
    for (const block of blocks) {
      const field = (name: string): string | undefined => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1];
      if (field('event') === undefined) continue;
      const id = field('id');
      const data = JSON.parse(field('data')!) as Event['data'];
      const event = { event: field('event')!, data, ...(id === undefined ? {} : { id }) };
      found.push(event);
      if (!isLast(event)) continue;
      gone.abort();
      return found;
    }
  }
  return found;
}

async function started(task: string): Promise<string> {
  const { body } = await served.call('POST', `/tasks/${task}:run`);
  return body['id'] as unknown as string;
}

const isState =
  (run: string, state: string) =>
  ({ event, data }: Event): boolean =>
    event === 'run.state' && data['run'] === run && data['state'] === state;

describe('the stream of events', () => {
  it('tells every change of state of a run with its cause, and its progress up to the last row', async () => {
    const task = await served.task(4000, { rowsPerSecond: 5000 });
    const listening = until(
      `/api/v1/events?topics=task:${task}`,
      ({ event, data }) => event === 'run.progress' && data['state'] === 'succeeded',
    );
    const run = await started(task);
    const events = await listening;
    const states = events.filter(({ event }) => event === 'run.state');
    expect(states.map(({ data }) => data['state'])).toEqual(['queued', 'running', 'succeeded']);
    expect(states[0]!.data).toMatchObject({ run, task, cause: 'accepted', actor: 'local' });
    const progress = events.filter(({ event }) => event === 'run.progress').map(({ data }) => data);
    const written = progress.map(({ counts }) => (counts as { written: number }).written);
    expect(written).toEqual([...written].sort((a, b) => a - b));
    expect(progress.at(-1)).toMatchObject({
      run,
      task,
      state: 'succeeded',
      counts: { read: 4000, written: 4000 },
    });
  });

  it('goes on after Last-Event-ID: nothing that happened meanwhile is left out', async () => {
    const first = await started(await served.task(3));
    await served.rested(first);
    const second = await served.task(3);
    const seen = await (async () => {
      const listening = until(`/api/v1/events`, ({ event }) => event === 'run.state');
      const run = await started(second);
      const [event] = (await listening).filter(({ event: what }) => what === 'run.state');
      return { run, id: event!.id! };
    })();
    await served.rested(seen.run);
    const third = await started(await served.task(3));
    await served.rested(third);
    const missed = await until('/api/v1/events', isState(third, 'succeeded'), { 'last-event-id': seen.id });
    const of = (run: string): unknown[] =>
      missed
        .filter(({ event, data }) => event === 'run.state' && data['run'] === run)
        .map(({ data }) => data['state']);
    expect(of(seen.run).slice(-2)).toEqual(['running', 'succeeded']);
    expect(of(third)).toEqual(['queued', 'running', 'succeeded']);
    expect(missed.map(({ id }) => id)).not.toContain(seen.id);
  });

  it('sends only what was chosen', async () => {
    const [one, two] = [await served.task(3), await served.task(3)];
    const listening = until(
      `/api/v1/events?topics=task:${two}`,
      ({ event, data }) => event === 'run.state' && data['state'] === 'succeeded',
    );
    await served.rested(await started(one));
    const run = await started(two);
    for (const { data } of await listening) expect(data['run']).toBe(run);
  });

  it('refuses a topic and an id that it does not know, with their place', async () => {
    const topic = await served.call('GET', '/api/v1/events?topics=lag');
    expect([topic.status, topic.body['code'], topic.body['place']]).toEqual([
      400,
      'SLUICE_CFG_INVALID',
      'topics',
    ]);
    const id = await served.call('GET', '/api/v1/events', { headers: { 'last-event-id': '12' } });
    expect([id.status, id.body['place']]).toEqual([400, 'Last-Event-ID']);
  });
});

describe('the log of a run as a stream', () => {
  const never = (): boolean => false;

  it('is the whole log, then ends with the state of the run', async () => {
    const run = await started(await served.task(20));
    const events = await until(`/api/v1/workspaces/default/runs/${run}/logs?follow=true`, never);
    expect(events.at(-1)).toMatchObject({ event: 'end', data: { state: 'succeeded' } });
    const { body } = await served.call('GET', `/runs/${run}/logs?limit=1000`);
    const lines = body['lines'] as unknown as { n: number }[];
    expect(events.slice(0, -1).map(({ data }) => data)).toEqual(lines);
    expect(lines.length).toBeGreaterThan(3);
  });

  it('goes on after the last line that was seen', async () => {
    const run = await started(await served.task(3));
    await served.rested(run);
    const path = `/api/v1/workspaces/default/runs/${run}/logs?follow=true`;
    const all = await until(path, never);
    const rest = await until(path, never, { 'last-event-id': all[1]!.id! });
    expect(rest.map(({ id }) => id)).toEqual(all.slice(2).map(({ id }) => id));
  });

  it('begins at the tail once, not again and again', async () => {
    const run = await started(await served.task(3));
    await served.rested(run);
    const events = await until(
      `/api/v1/workspaces/default/runs/${run}/logs?follow=true&from=tail&limit=2`,
      never,
    );
    expect(events.map(({ event }) => event)).toEqual(['log', 'log', 'end']);
  });
});
