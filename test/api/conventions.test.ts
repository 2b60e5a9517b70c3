import { createServer } from '@sluice/http-kit';
import { uuidv7 } from '@sluice/model';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, Served } from './served.ts';

let served: Served;
beforeAll(async () => {
  served = await Served.start();
});
afterAll(() => served.stop());

const W = '/api/v1/workspaces/default';

/** A body as it is, whatever it is. */
async function raw(
  path: string,
  body: string | Buffer,
  type?: string,
): Promise<{ status: number; type: string; body: Record<string, unknown> }> {
  const answer = await fetch(`${served.openUrl}${path}`, {
    method: 'POST',
    body,
    headers: type === undefined ? {} : { 'content-type': type },
  });
  return {
    status: answer.status,
    type: answer.headers.get('content-type') ?? '',
    body: (await answer.json()) as Record<string, unknown>,
  };
}

describe('an error', () => {
  it('is a problem with code, cause, remedy, path and trace id, whatever is wrong with the call', async () => {
    const tries: [Promise<Awaited<ReturnType<typeof raw>>>, number, string][] = [
      [raw('/nowhere', '{}', 'application/json'), 404, 'SLUICE_CFG_NOT_FOUND'],
      [raw(`${W}/tasks`, 'a=b', 'application/x-www-form-urlencoded'), 415, 'SLUICE_CFG_MEDIA_TYPE'],
      [raw(`${W}/tasks`, '{}', 'text/plain'), 415, 'SLUICE_CFG_MEDIA_TYPE'],
      [
        raw(`${W}/tasks`, `{"name":"${'x'.repeat(2_100_000)}"}`, 'application/json'),
        413,
        'SLUICE_CFG_TOO_LARGE',
      ],
      [raw(`${W}/tasks`, '', 'application/json'), 400, 'SLUICE_CFG_INVALID'],
      [raw(`${W}/tasks`, '[1]', 'application/json'), 400, 'SLUICE_CFG_INVALID'],
      [raw(`${W}/tasks`, '{"__proto__":{"x":1}}', 'application/json'), 400, 'SLUICE_CFG_INVALID'],
    ];
    for (const [answer, status, code] of tries) {
      const found = await answer;
      expect([found.status, found.body['code'], found.type]).toEqual([
        status,
        code,
        expect.stringMatching(/^application\/problem\+json/),
      ]);
      expect(found.body).toMatchObject({
        status,
        detail: expect.stringMatching(/\S/),
        hint: expect.stringMatching(/\S/),
        type: `urn:sluice:error:${code}`,
        instance: expect.stringMatching(/^\//),
        traceId: expect.stringMatching(/^[0-9a-f]{32}$/),
      });
      expect(JSON.stringify(found.body)).not.toMatch(/node_modules|\.ts:|FST_ERR/);
    }
  });

  it('of a body that is not JSON says the line and the column', async () => {
    for (const [text, place] of [
      ['{\n  "name": "a",\n  "document" {}\n}', '3:14'],
      ['{ "name": ', '1:11'],
      ['{"name": tru}', '1:13'],
    ] as const) {
      const { status, body } = await raw(`${W}/tasks`, text, 'application/json');
      expect([status, body['place']]).toEqual([400, place]);
    }
  });

  it('names every field at fault by its JSON pointer', async () => {
    const { body } = await served.call('POST', '/tasks', { body: { nam: 'a', document: { mode: 'ful' } } });
    const pointers = (body['errors'] as unknown as { pointer: string }[]).map(({ pointer }) => pointer);
    expect(pointers).toEqual(
      expect.arrayContaining(['/nam', '/name', '/document/mode', '/document/reader', '/document/writer']),
    );
  });

  it('carries the trace id of the caller', async () => {
    const traceId = '0af7651916cd43dd8448eb211c80319c';
    const { body } = await served.call('GET', '/tasks/none', {
      headers: { traceparent: `00-${traceId}-b7ad6b7169203331-01` },
    });
    expect(body['traceId']).toBe(traceId);
    const broken = await served.call('GET', '/tasks/none', {
      headers: { traceparent: `00-${'0'.repeat(32)}-1-01` },
    });
    expect(broken.body['traceId']).toMatch(/[1-9a-f]/);
  });

  it('that nobody foresaw shows no text of its own', async () => {
    const app = createServer({
      accessOf: () => 'open',
      authorize: async () => ({ actor: 'nobody', role: 'none' }),
      redact: (text) => text,
    });
    app.get('/bug', () => {
      throw new Error('password=canary at /var/lib/secret');
    });
    const answer = await app.inject('/bug');
    expect([answer.statusCode, answer.json<{ code: string }>().code]).toEqual([500, 'SLUICE_SYS_BUG']);
    expect(answer.body).not.toMatch(/canary|secret/);
  });
});

describe('health', () => {
  it('is open to everybody and tells nothing but ok', async () => {
    for (const path of ['/livez', '/readyz', '/startupz']) {
      const answer = await fetch(`${served.url}${path}`);
      const body = (await answer.json()) as { status: string; dependencies?: object };
      expect([path, answer.status, body.status]).toEqual([path, 200, 'ok']);
      if (path === '/readyz') expect(body.dependencies).toEqual({ store: 'ok', bus: 'ok' });
    }
  });
});

describe('a list', () => {
  const names = ['cherry', 'apple', 'banana', 'date', 'elder'];
  let workspace: string;
  const list = async (query: string): Promise<Answer> =>
    served.call('GET', `/api/v1/workspaces/${workspace}/data-sources?${query}`);
  const namesOf = ({ body }: Answer): string[] => body.items.map(({ name }) => name as unknown as string);

  beforeAll(async () => {
    workspace = (await served.call('POST', '/api/v1/workspaces', { body: { name: 'lists' } })).body[
      'id'
    ] as never;
    await served.call(
      'DELETE',
      `/api/v1/workspaces/${workspace}/data-sources/${(await list('')).body.items[0]!['id']}`,
    );
    for (const name of names)
      await served.call('POST', `/api/v1/workspaces/${workspace}/data-sources`, {
        body: { name, connector: 'sqlite', config: { path: 'x.db' } },
      });
  });

  it('comes in the order that is asked for, page by page, each item once', async () => {
    const sorted = names.toSorted();
    for (const [sort, wanted] of [
      ['', names],
      ['sort=createdAt&', names],
      ['sort=-createdAt&', names.toReversed()],
      ['sort=name&', sorted],
      ['sort=-name&', sorted.toReversed()],
    ] as const) {
      const seen: string[] = [];
      let cursor = '';
      do {
        const page = await list(`${sort}limit=2${cursor}`);
        seen.push(...namesOf(page));
        const next = page.body['nextCursor'] as unknown as string | undefined;
        cursor = next === undefined ? '' : `&cursor=${encodeURIComponent(next)}`;
      } while (cursor !== '');
      expect([sort, seen]).toEqual([sort, wanted]);
    }
  });

  it('shows only the fields that are asked for, and names one that there is not', async () => {
    const { body } = await list('fields=name,connector&limit=1');
    expect(body.items).toEqual([{ name: 'cherry', connector: 'sqlite' }]);
    const wrong = await list('fields=name,conector');
    expect([wrong.status, wrong.body['place'], wrong.body['detail']]).toEqual([
      400,
      'fields',
      expect.stringContaining('connector'),
    ]);
  });

  it('refuses an order, a cursor and a size that it does not know, with their place', async () => {
    const { body } = await list('limit=1');
    for (const query of [
      'sort=size',
      'limit=0',
      'limit=201',
      'cursor=nonsense',
      `sort=name&cursor=${String(body['nextCursor'])}`,
    ]) {
      const answer = await list(query);
      expect([query, answer.status, answer.body['code']]).toEqual([query, 400, 'SLUICE_CFG_INVALID']);
    }
  });

  it('of runs is sorted by time, whatever id a client has given them', async () => {
    const task = await served.task(2);
    const ids: string[] = [];
    for (const time of [Date.now(), Date.now() + 5]) {
      const runId = uuidv7(time);
      await served.call('POST', `/tasks/${task}:run`, { body: { runId }, headers: { prefer: 'wait=30' } });
      ids.push(runId);
    }
    const listed = await served.call('GET', `/runs?task=${task}&fields=id`);
    expect(listed.body.items.map(({ id }) => id)).toEqual(ids.toReversed());
    const other = await served.call('POST', `/tasks/${task}:run`, {
      body: { runId: '6ba7b810-9dad-41d1-80b4-00c04fd430c8' },
    });
    expect([other.status, other.body['errors']]).toEqual([
      400,
      [expect.objectContaining({ pointer: '/runId' })],
    ]);
  });
});

describe.each(['tasks', 'data-sources'])('a change of one of the %s', (kind) => {
  let path: string;
  let change: object;
  beforeAll(async () => {
    const task = await served.task(1);
    const { document } = (await served.call('GET', `/tasks/${task}`)).body;
    const source = await served.call('POST', '/data-sources', {
      body: { name: `guarded-${kind}`, connector: 'sqlite', config: { path: 'a.db' } },
    });
    path = kind === 'tasks' ? `/tasks/${task}` : `/data-sources/${source.body['id']}`;
    change = kind === 'tasks' ? { name: 'guarded', document } : { config: { path: 'b.db' } };
  });

  it('with the ETag that was read is made; with an older one it is 412 and nothing is changed', async () => {
    const read = await served.call('GET', path);
    const etag = read.headers.get('etag')!;
    const put = (headers: Record<string, string>): Promise<Answer> =>
      served.call('PUT', path, { body: change, headers });
    const made = await put({ 'if-match': etag });
    expect([made.status, made.headers.get('etag')]).toEqual([200, expect.not.stringMatching(etag)]);
    const stale = await put({ 'if-match': etag });
    expect([stale.status, stale.body['code'], stale.body['place']]).toEqual([
      412,
      'SLUICE_CFG_STALE',
      'If-Match',
    ]);
    expect((await served.call('GET', path)).headers.get('etag')).toBe(made.headers.get('etag'));
    expect((await put({ 'if-match': '*' })).status).toBe(200);
    const now = (await served.call('GET', path)).headers.get('etag')!;
    expect((await put({ 'if-match': `"77", W/${now}` })).status).toBe(200);
  });

  it('without If-Match is made, unless the caller demands to be held to it: 428', async () => {
    expect((await served.call('PUT', path, { body: change })).status).toBe(200);
    const demanded = await served.call('PUT', path, { body: change, headers: { prefer: 'require-match' } });
    expect([demanded.status, demanded.body['code']]).toEqual([428, 'SLUICE_CFG_UNGUARDED']);
  });

  it('shows in the ETag: who has the object as it is gets 304', async () => {
    const etag = (await served.call('GET', path)).headers.get('etag')!;
    const same = await served.call('GET', path, { headers: { 'if-none-match': etag } });
    expect([same.status, same.headers.get('etag'), same.body['text']]).toEqual([304, etag, '']);
    expect((await served.call('GET', path, { headers: { 'if-none-match': '"0"' } })).status).toBe(200);
  });
});

describe('Prefer: wait', () => {
  it('answers a start when the run rests: 200 with its end', async () => {
    const run = await served.call('POST', `/tasks/${await served.task(50)}:run`, {
      headers: { prefer: 'wait=30' },
    });
    expect([run.status, run.body['state'], run.headers.get('preference-applied')]).toEqual([
      200,
      'succeeded',
      'wait=30',
    ]);
    expect(run.headers.get('location')).toBe(`${W}/runs/${run.body['id']}`);
  });

  it('answers after the time that was given: 202 while the run goes on; a repeated call waits for the same run', async () => {
    const task = await served.task(5000, { rowsPerSecond: 1000 });
    const call = (wait: number): Promise<Answer> =>
      served.call('POST', `/tasks/${task}:run`, {
        headers: { prefer: `respond-async, wait=${wait}`, 'idempotency-key': 'waiting' },
      });
    const early = await call(0.1);
    expect([early.status, ['created', 'queued', 'running']]).toEqual([
      202,
      expect.arrayContaining([early.body['state']]),
    ]);
    const late = await call(30);
    expect([late.status, late.body['id'], late.body['state']]).toEqual([200, early.body['id'], 'succeeded']);
    expect(late.headers.get('location')).toBe(early.headers.get('location'));
  });

  it('without it a start is answered at once', async () => {
    const run = await served.call('POST', `/tasks/${await served.task(5)}:run`, {
      headers: { prefer: 'wait=x' },
    });
    expect([run.status, run.headers.get('preference-applied')]).toEqual([202, null]);
    await served.rested(run.body['id'] as unknown as string);
  });
});
