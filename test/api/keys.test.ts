import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Served } from './served.ts';

let served: Served;
beforeAll(async () => {
  served = await Served.start();
});
afterAll(() => served.stop());

const KEYS = '/access-keys';

describe('an access key', () => {
  it('is shown once: neither a listing, nor a repeated call, nor any file of the home has its secret', async () => {
    const once = { body: { name: 'ci', role: 'developer' }, headers: { 'idempotency-key': 'make-ci' } };
    const made = await served.call('POST', KEYS, once);
    const text = made.body['key'] as unknown as string;
    expect([made.status, text]).toEqual([201, expect.stringMatching(/^slk_[0-9a-f]{16}\.[\w-]{49}$/)]);
    const again = await served.call('POST', KEYS, once);
    expect([again.status, again.body['id'], again.body['key']]).toEqual([201, made.body['id'], undefined]);
    const secret = text.split('.')[1]!;
    const listed = await served.call('GET', KEYS);
    expect(listed.body.items.map(({ id }) => id)).toContain(made.body['id']);
    expect(JSON.stringify(listed.body)).not.toMatch(new RegExp(`${secret}|[Hh]ash`));
    for (const name of readdirSync(served.home))
      expect([name, readFileSync(join(served.home, name)).includes(secret)]).toEqual([name, false]);
  });

  it('is refused at once when it is disabled, and its open stream of events ends', async () => {
    const key = await served.key('developer');
    const stream = await fetch(`${served.url}/api/v1/events`, {
      headers: { authorization: `Bearer ${key}` },
    });
    expect(stream.status).toBe(200);
    expect((await served.call('GET', '/tasks', { key })).status).toBe(200);
    const id = key.slice(4, 20);
    const disabled = await served.call('POST', `${KEYS}/${id}:disable`);
    expect(disabled.body['state']).toBe('disabled');
    const refused = await served.call('GET', '/tasks', { key });
    expect([refused.status, refused.body['code']]).toEqual([401, 'SLUICE_AUTH_MISSING']);
    expect(refused.headers.get('content-type')).toContain('application/problem+json');
    // Ends by itself, or this test does not.
    await stream.text();
  });

  it('is refused after its time', async () => {
    for (const [expiresAt, status] of [
      [Date.now() + 3_600_000, 200],
      [Date.now() - 1, 401],
    ]) {
      const made = await served.call('POST', KEYS, { body: { name: 'short', role: 'visitor', expiresAt } });
      const key = made.body['key'] as unknown as string;
      expect((await served.call('GET', '/tasks', { key })).status).toBe(status);
    }
  });

  it('is user and password for stock clients of the schema registry, and for nothing else', async () => {
    const [user, password] = (await served.key('visitor')).split('.');
    const status = async (path: string, secret = password): Promise<number> => {
      const authorization = `Basic ${Buffer.from(`${user}:${secret}`).toString('base64')}`;
      return (await fetch(`${served.url}${path}`, { headers: { authorization } })).status;
    };
    expect(await status('/schema-registry/subjects')).toBe(200);
    expect(await status('/schema-registry/subjects', 'guessed')).toBe(401);
    // A browser would send them by itself wherever they are taken.
    expect(await status('/api/v1/workspaces/default/tasks')).toBe(401);
  });

  it('cannot make a key that may do more than itself', async () => {
    const key = await served.key('security');
    const wanted = (role: string) => served.call('POST', KEYS, { key, body: { name: 'x', role } });
    const refused = await wanted('owner');
    expect([refused.status, refused.body['code'], refused.body['place']]).toEqual([
      403,
      'SLUICE_AUTH_FORBIDDEN',
      '/role',
    ]);
    expect((await wanted('developer')).status).toBe(403);
    expect((await wanted('security')).status).toBe(201);
  });

  it('of the last owner cannot be disabled', async () => {
    const workspace = await served.call('POST', '/api/v1/workspaces', { body: { name: 'alone' } });
    const { id, key } = workspace.body['accessKey'] as unknown as { id: string; key: string };
    const path = `/api/v1/workspaces/${workspace.body['id']}/access-keys`;
    const refused = await served.call('POST', `${path}/${id}:disable`, { key });
    expect([refused.status, refused.body['code']]).toEqual([409, 'SLUICE_CFG_CONFLICT']);
    await served.key('owner', workspace.body['id']);
    expect((await served.call('POST', `${path}/${id}:disable`, { key })).status).toBe(200);
  });
});

describe('a workspace', () => {
  it('shows nothing of another: every object of it is 404 there, whatever the query says', async () => {
    const made = await served.call('POST', '/api/v1/workspaces', { body: { name: 'theirs' } });
    const { key } = made.body['accessKey'] as unknown as { key: string };
    const theirs = `/api/v1/workspaces/${made.body['id']}`;
    const task = await served.task(3);
    const run = (await served.call('POST', `/tasks/${task}:run`)).body['id'] as unknown as string;
    await served.rested(run);
    const source = (await served.call('GET', '/data-sources')).body.items[0]!['id'];
    const ours = (await served.call('GET', '/access-keys')).body.items[0]?.['id'] ?? 'none';
    const objects = [
      ['GET', `/data-sources/${source}`],
      ['DELETE', `/data-sources/${source}`],
      ['POST', `/data-sources/${source}:check`],
      ['GET', `/data-sources/${source}/tables`],
      ['GET', `/tasks/${task}`],
      ['POST', `/tasks/${task}:run`],
      ['GET', `/runs/${run}`],
      ...['stop', 'cancel', 'resume', 'rerun'].map((verb) => ['POST', `/runs/${run}:${verb}`]),
      ...['splits', 'ledger', 'dirty-records', 'events', 'logs'].map((part) => [
        'GET',
        `/runs/${run}/${part}`,
      ]),
      ['GET', `/topics/sluice.default.${task}.read/partitions`],
      ['GET', `/topics/sluice.default.${task}.read/messages`],
      ['GET', `/access-keys/${ours}`],
      ['POST', `/access-keys/${ours}:disable`],
    ] as [string, string][];
    for (const [method, path] of objects) {
      // By its own workspace's path, and by a path of the other one.
      for (const full of [`${theirs}${path}`, `/api/v1/workspaces/default${path}`]) {
        const answer = await served.call(method, full, { key });
        expect([method, full, answer.status]).toEqual([method, full, 404]);
      }
    }
    for (const list of ['data-sources', 'tasks', 'runs', 'access-keys'])
      for (const more of ['workspace=default', `parent=${task}`]) {
        const answer = await served.call('GET', `${theirs}/${list}?${more}`, { key });
        expect([list, answer.status]).toEqual([list, 400]);
      }
    expect((await served.call('GET', `${theirs}/runs?task=${task}`, { key })).body.items).toEqual([]);
    expect((await served.call('GET', '/api/v1/events?workspace=default', { key })).status).toBe(404);
    const listed = await served.call('GET', '/api/v1/workspaces', { key });
    expect(listed.body.items.map(({ id }) => id)).toEqual([made.body['id']]);
    expect((await served.call('GET', '/', { key })).body['text']).not.toContain(run);
    const subjects = async (as?: string): Promise<unknown> =>
      (await served.call('GET', '/schema-registry/subjects', as === undefined ? {} : { key: as })).body;
    expect(await subjects(key)).toEqual([]);
    expect(await subjects()).toContain(`sluice.default.${task}.read-value`);
    expect((await served.call('GET', '/schema-registry/schemas/ids/1', { key })).status).toBe(404);
    // A run id of theirs given for a task of ours shows nothing of it either.
    const own = await served.call('POST', `${theirs}/data-sources`, {
      key,
      body: { name: 'a', connector: 'sqlite', config: { path: join(served.home, 'a.db') } },
    });
    const document = {
      mode: 'full',
      reader: { dataSource: own.body['id'], parameters: { table: 't' } },
      writer: { dataSource: 'warehouse', parameters: { table: 't' } },
    };
    const mine = await served.call('POST', `${theirs}/tasks`, { key, body: { name: 't', document } });
    expect(mine.status).toBe(201);
    const started = await served.call('POST', `${theirs}/tasks/${mine.body['id']}:run`, {
      key,
      body: { runId: run },
    });
    expect([started.status, started.body['task']]).toEqual([409, undefined]);
    const foreign = { ...document, reader: { dataSource: source, parameters: { table: 'orders' } } };
    const refused = await served.call('POST', `${theirs}/tasks`, {
      key,
      body: { name: 'u', document: foreign },
    });
    expect([refused.status, refused.body['place']]).toEqual([404, '/document/reader/dataSource']);
  });

  it('has to exist before anything can be put into it, also without login', async () => {
    const body = { name: 'x', connector: 'sqlite', config: { path: 'x.db' } };
    const answer = await served.call('POST', '/api/v1/workspaces/nowhere/data-sources', { body });
    expect([answer.status, answer.body['code']]).toEqual([404, 'SLUICE_CFG_NOT_FOUND']);
  });

  it('has a warehouse that works at once', async () => {
    const { body } = await served.call('POST', '/api/v1/workspaces', { body: { name: 'fresh' } });
    const check = await served.call(
      'POST',
      `/api/v1/workspaces/${body['id']}/data-sources/${body['defaultDataSource']}:check`,
    );
    expect(check.status).toBe(200);
    expect((check.body['stages'] as unknown as { ok: boolean }[]).every(({ ok }) => ok)).toBe(true);
    expect((await served.call('POST', '/api/v1/workspaces', { body: { name: 'fresh' } })).status).toBe(409);
  });
});

describe('an Idempotency-Key', () => {
  it('starts a run once, and is another key for another task', async () => {
    const [one, two] = [await served.task(2), await served.task(2)];
    const headers = { 'idempotency-key': 'go' };
    const first = await served.call('POST', `/tasks/${one}:run`, { headers });
    const again = await served.call('POST', `/tasks/${one}:run`, { headers });
    const other = await served.call('POST', `/tasks/${two}:run`, { headers });
    expect([first.status, again.body['id'], other.body['task']]).toEqual([202, first.body['id'], two]);
    for (const { body } of [first, other]) await served.rested(body['id'] as unknown as string);
    const rerun = `/runs/${first.body['id']}:rerun`;
    const twice = [
      await served.call('POST', rerun, { headers }),
      await served.call('POST', rerun, { headers }),
    ].map(({ body }) => body['id'] as unknown as string);
    expect(twice[0]).toBe(twice[1]);
    expect(twice[0]).not.toBe(first.body['id']);
    await served.rested(twice[0]!);
  });

  it('with another body is refused', async () => {
    const headers = { 'idempotency-key': 'same' };
    const call = (name: string) => served.call('POST', KEYS, { headers, body: { name, role: 'visitor' } });
    expect((await call('a')).status).toBe(201);
    const refused = await call('b');
    expect([refused.status, refused.body['place']]).toEqual([422, 'Idempotency-Key']);
  });
});

describe('workers', () => {
  it('are listed with state, stages, group and last renewal', async () => {
    const before = Date.now() - 60_000;
    let items: readonly Record<string, unknown>[] = [];
    while (items.length === 0) ({ items } = (await served.call('GET', '/api/v1/workers?state=alive')).body);
    expect(items).toEqual([
      expect.objectContaining({
        name: 'standalone',
        state: 'alive',
        group: 'default',
        stages: ['read', 'map', 'write'],
      }),
    ]);
    expect(items[0]!['renewedAt']).toBeGreaterThan(before);
    expect((await served.call('GET', '/api/v1/workers?state=gone')).body.items).toEqual([]);
  });
});
