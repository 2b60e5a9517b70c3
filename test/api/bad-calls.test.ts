import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import { createServer } from '@sluice/http-kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Served } from './served.ts';

let served: Served;
let task: string;
let run: string;
beforeAll(async () => {
  served = await Served.start();
  task = await served.task(3);
  run = String((await served.call('POST', `/tasks/${task}:run`)).body['id']);
  await served.rested(run);
});
afterAll(() => served.stop());

const W = '/api/v1/workspaces/default';
const SQLITE = { connector: 'sqlite', config: { path: 'x.db' } };

/** What a server answers to these bytes, until it closes the connection. */
function said(port: number, ...parts: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => parts.forEach((part) => socket.write(part)));
    let text = '';
    socket.on('data', (data) => (text += data.toString()));
    socket.on('error', reject);
    socket.on('close', () => resolve(text));
  });
}

const portOf = (url: string): number => Number(new URL(url).port);

/** Status line and problem of a raw answer. */
function problemIn(text: string): { status: number; code: string; hint: string } {
  const body = JSON.parse(text.slice(text.indexOf('\r\n\r\n') + 4)) as { code: string; hint: string };
  return { status: Number(/^HTTP\/1\.1 (\d+)/.exec(text)![1]), code: body.code, hint: body.hint };
}

describe('a body', () => {
  it('that is not called JSON is 415, whatever else the content-type says (B-44)', async () => {
    for (const type of [
      'text/plain',
      'text/plain; charset=utf-8',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      'application/jsonp',
      'application/json garbage',
      'application/json, text/plain',
      'text/plain;application/json',
      'application/xml',
      '*/*',
      'json',
      '\tapplication /json',
    ]) {
      const answer = await fetch(`${served.openUrl}${W}/tasks`, {
        method: 'POST',
        body: '{"name":"a"}',
        headers: { 'content-type': type },
      });
      const { code } = (await answer.json()) as { code: string };
      expect([type, answer.status, code]).toEqual([type, 415, 'SLUICE_CFG_MEDIA_TYPE']);
    }
    for (const type of ['application/json; charset=utf-8', 'APPLICATION/JSON']) {
      const answer = await fetch(`${served.openUrl}${W}/tasks`, {
        method: 'POST',
        body: '{}',
        headers: { 'content-type': type },
      });
      expect([type, answer.status]).toEqual([type, 400]);
    }
  });

  it('that is too long is 413, also when it says so only as it comes (B-45)', async () => {
    const long = JSON.stringify({ name: 'x'.repeat(2_200_000) });
    const stream = new Blob([long]).stream();
    for (const body of [long, stream]) {
      const answer = await fetch(`${served.openUrl}${W}/tasks`, {
        method: 'POST',
        body,
        headers: { 'content-type': 'application/json' },
        ...(body === stream ? { duplex: 'half' } : {}),
      } as RequestInit);
      expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([
        413,
        'SLUICE_CFG_TOO_LARGE',
      ]);
    }
  });

  it('that is deep, twice the same key, or led by a mark is refused at once, without harm (B-30)', async () => {
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    for (const body of [
      deep,
      `{"name":${deep}}`,
      `\ufeff{"name":"a"`,
      '{"name":"a",}',
      '{"a":1}{"b":2}',
      'NaN',
    ]) {
      const answer = await fetch(`${served.openUrl}${W}/tasks`, {
        method: 'POST',
        body,
        headers: { 'content-type': 'application/json' },
      });
      expect([body.slice(0, 20), answer.status]).toEqual([body.slice(0, 20), 400]);
      await answer.body?.cancel();
    }
  });

  it('that is never sent whole is 408 (B-45)', async () => {
    const app = createServer({
      accessOf: () => 'open',
      authorize: async () => ({ actor: 'nobody', role: 'none' }),
      redact: (text) => text,
      requestTimeoutMs: 300,
    });
    app.post('/', () => 'never');
    await app.listen({ host: '127.0.0.1', port: 0 });
    const head = 'POST / HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{';
    const text = await said((app.server.address() as AddressInfo).port, head);
    expect(problemIn(text)).toMatchObject({ status: 408, code: 'SLUICE_CFG_SLOW' });
    await app.close();
  });
});

describe('a request', () => {
  it('with headers beyond 16 KiB is 431, and what is no HTTP is 400, both as problems (B-45)', async () => {
    const port = portOf(served.openUrl);
    const long = await said(
      port,
      `GET / HTTP/1.1\r\nhost: 127.0.0.1\r\nx-long: ${'y'.repeat(17_000)}\r\n\r\n`,
    );
    expect(problemIn(long)).toMatchObject({ status: 431, code: 'SLUICE_CFG_HEADERS' });
    const none = await said(port, '\u0016\u0003\u0001 hello\r\n\r\n');
    expect(problemIn(none)).toMatchObject({ status: 400, code: 'SLUICE_CFG_INVALID' });
    const smuggled = await said(
      port,
      'POST / HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
    );
    expect(problemIn(smuggled)).toMatchObject({ status: 400 });
  });

  it('by a method that the path does not have is 405 with those that it has; a path that is not there 404 (B-56)', async () => {
    for (const [method, path, allowed] of [
      ['PATCH', `${W}/tasks`, 'GET, HEAD, POST'],
      ['DELETE', `${W}/runs/${run}`, 'GET, HEAD'],
      ['OPTIONS', `${W}/tasks/${task}`, undefined],
      ['PUT', '/livez', 'GET, HEAD'],
    ] as const) {
      const { status, headers, body } = await served.call(method, path);
      expect([method, path, status, body['code']]).toEqual([method, path, 405, 'SLUICE_CFG_METHOD']);
      if (allowed !== undefined) expect(headers.get('allow')).toBe(allowed);
      expect(headers.get('access-control-allow-origin')).toBeNull();
    }
    const trace = await said(
      portOf(served.openUrl),
      'TRACE /livez HTTP/1.1\r\nhost: 127.0.0.1\r\ncookie: a=canary\r\nconnection: close\r\n\r\n',
    );
    expect(problemIn(trace)).toMatchObject({ status: 405 });
    expect(trace).not.toContain('canary');
    expect((await served.call('PATCH', '/nowhere')).status).toBe(404);
    const head = await fetch(`${served.openUrl}${W}/tasks`, { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
  });

  it('from a page of another site gets no leave to read the answer (S-61)', async () => {
    const answer = await fetch(`${served.openUrl}${W}/tasks`, {
      headers: { origin: 'https://evil.example' },
    });
    const cors = [...answer.headers.keys()].filter((name) => name.startsWith('access-control-'));
    expect(cors).toEqual([]);
    await answer.body?.cancel();
  });
});

describe('an id', () => {
  it('that is unknown, malformed or SQL is 404 or 400 in every path, never an error of ours (B-47)', async () => {
    const ids = [
      'none',
      '%00',
      "';drop table task;--",
      '0 or 1=1',
      '../../etc/passwd',
      '\u{1f600}',
      'a'.repeat(300),
      '__proto__',
    ];
    const paths = [
      '/tasks/{}',
      '/tasks/{}/export',
      '/runs/{}',
      '/runs/{}/logs',
      '/data-sources/{}',
      '/access-keys/{}',
      '/topics/{}/partitions',
    ];
    for (const path of paths)
      for (const id of ids) {
        const full = path.replace('{}', id === '%00' ? id : encodeURIComponent(id));
        const { status } = await served.call('GET', full);
        expect([full, [400, 404, 414].includes(status)]).toEqual([full, true]);
      }
    expect((await served.call('GET', `/tasks/${task}`)).status).toBe(200);
  });
});

describe('a page', () => {
  it('of nonsense is 400, beyond the end empty (B-48, B-55)', async () => {
    for (const query of [
      'limit=0',
      'limit=-1',
      'limit=1000000',
      'limit=abc',
      'limit=1.5',
      'cursor=forged',
      'cursor=W10',
      'limit=1&limit=2',
      'limit[]=1',
      'sort=version',
      'nonsense=1',
    ]) {
      const { status, body } = await served.call('GET', `/tasks?${query}`);
      expect([query, status, body['code']]).toEqual([query, 400, 'SLUICE_CFG_INVALID']);
    }
    const beyond = await served.call('GET', `/runs/${run}/logs?after=999999999`);
    expect([beyond.status, beyond.body['lines']]).toEqual([200, []]);
    const ranged = await served.call('GET', `/runs/${run}/logs`, {
      headers: { range: 'bytes=9999999999-1' },
    });
    expect(ranged.status).toBe(200);
    for (const query of [
      'limit=1001',
      'after=-1',
      'after=99999999999999999999',
      'from=middle',
      'level=loud',
    ]) {
      const { status } = await served.call('GET', `/runs/${run}/logs?${query}`);
      expect([query, status < 500]).toEqual([query, true]);
    }
  });
});

describe('a field that nobody may set', () => {
  it('is refused by its name, and nothing is stored (B-52)', async () => {
    const { document } = (await served.call('GET', `/tasks/${task}`)).body as unknown as { document: object };
    const bodies: [string, object][] = [
      ['/tasks', { name: 'assigned', document }],
      ['/data-sources', { name: 'assigned', ...SQLITE }],
      ['/access-keys', { name: 'assigned', role: 'visitor' }],
    ];
    for (const [path, body] of bodies)
      for (const field of [
        'id',
        'workspace',
        'workspaceId',
        'state',
        'createdBy',
        'createdAt',
        'version',
        'secretHash',
      ]) {
        const { status, body: problem } = await served.call('POST', path, {
          body: { ...body, [field]: 'x' },
        });
        const errors = problem['errors'] as unknown as { pointer: string }[];
        expect([path, field, status, errors.map(({ pointer }) => pointer)]).toEqual([
          path,
          field,
          400,
          [`/${field}`],
        ]);
      }
    const run_ = await served.call('POST', `/tasks/${task}:run`, {
      body: { actor: 'owner', state: 'succeeded' },
    });
    expect([
      run_.status,
      (run_.body['errors'] as unknown as { pointer: string }[]).map(({ pointer }) => pointer),
    ]).toEqual([400, ['/actor', '/state']]);
    for (const [path] of bodies)
      expect((await served.call('GET', `${path}?name=assigned`)).body.items).toEqual([]);
  });
});

describe('a name', () => {
  const make = (name: string) => served.call('POST', '/data-sources', { body: { name, ...SQLITE } });

  it('of any script, with emoji, is kept as it is; two that look the same are one (B-54)', async () => {
    for (const name of [
      'наме',
      'שלום',
      '订单',
      '👩‍👩‍👧‍👦 family',
      '"quoted"',
      '__proto__',
      'constructor',
      'a/b:c?d#e',
      '${x}',
      'x'.repeat(200),
    ]) {
      const made = await make(name);
      expect([made.status, made.body['name']]).toEqual([201, name]);
      const found = await served.call('GET', `/data-sources?name=${encodeURIComponent(name)}`);
      expect(found.body.items.map(({ id }) => id)).toEqual([made.body['id']]);
    }
    expect((await make('Z\u00fcrich')).status).toBe(201);
    expect((await make('Zu\u0308rich')).status).toBe(409);
    // Letter case counts, as it does in the names of tables.
    expect((await make('z\u00fcrich')).status).toBe(201);
    const found = await served.call('GET', `/data-sources?name=${encodeURIComponent('Zu\u0308rich')}`);
    expect(found.body.items.map(({ name }) => name)).toEqual(['Z\u00fcrich']);
  });

  it('that cannot be seen, or turns the text around it, is 400 and says so (B-54)', async () => {
    for (const name of [
      '',
      ' ',
      ' a',
      'a ',
      'a\nb',
      'a\0b',
      '\u001b[31mred',
      'a\u202eb',
      '\u2066a\u2069',
      '\ud800',
      'a\u2028b',
      'x'.repeat(201),
      'x'.repeat(10_000),
    ]) {
      const { status, body } = await make(name);
      const errors = body['errors'] as unknown as { pointer: string }[];
      expect([JSON.stringify(name).slice(0, 20), status, errors[0]!.pointer]).toEqual([
        JSON.stringify(name).slice(0, 20),
        400,
        '/name',
      ]);
    }
  });
});

describe('what is not in a state for it', () => {
  it('is 409 and says the state: a start on a running task, a stop of a finished run (B-51)', async () => {
    const slow = await served.task(20_000, { rowsPerSecond: 200 });
    const { body } = await served.call('POST', `/tasks/${slow}:run`);
    const again = await served.call('POST', `/tasks/${slow}:run`);
    expect([again.status, again.body['code']]).toEqual([409, 'SLUICE_RUN_ACTIVE']);
    await served.call('POST', `/runs/${body['id']}:cancel`, { headers: { prefer: 'wait=30' } });
    for (const [id, verb, state] of [
      [run, 'stop', 'succeeded'],
      [run, 'resume', 'succeeded'],
      [body['id'], 'resume', 'cancelled'],
    ] as const) {
      const refused = await served.call('POST', `/runs/${id}:${verb}`);
      expect([verb, refused.status, refused.body['detail']]).toEqual([
        verb,
        409,
        expect.stringContaining(state),
      ]);
    }
  });
});
