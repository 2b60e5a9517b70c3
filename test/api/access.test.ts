import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { GRANTS, type Permission, ROLES } from '@sluice/auth';
import { ROUTES } from '@sluice/coordinator';
import { createServer } from '@sluice/http-kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apiDocs } from '../../scripts/generate-api-docs.ts';
import { Served } from './served.ts';

let served: Served;
beforeAll(async () => {
  served = await Served.start();
});
afterAll(() => served.stop());

/** A route of the table with names that fit nothing, in the workspace `default`. */
function concrete(route: string): [method: string, path: string] {
  const [method, path] = route.split(' ') as [string, string];
  const filled = path.replace('{w}', 'default').replace('{topic}', 'sluice.default.none.read');
  return [method, filled.replace(/\{\w+\}/g, 'none')];
}

/** Status of a call whose answer may never end. */
async function statusOf(method: string, path: string, key?: string): Promise<number> {
  const gone = new AbortController();
  const answer = await fetch(`${served.url}${path}`, {
    method,
    signal: gone.signal,
    headers: key === undefined ? {} : { authorization: `Bearer ${key}` },
  });
  gone.abort();
  return answer.status;
}

describe('the table of routes', () => {
  it('is what the server has and what the OpenAPI document describes, no more and no less', async () => {
    const { body } = await served.call('GET', '/openapi.json');
    const paths = body['paths'] as unknown as Record<string, Record<string, { 'x-permission': string }>>;
    const described = Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, of]) => [`${method.toUpperCase()} ${path}`, of['x-permission']]),
    );
    const wanted = Object.entries(ROUTES)
      .filter(([route]) => !route.includes('/internal/'))
      .map(([route, [access]]) => [route, access]);
    expect(described.sort()).toEqual(wanted.sort());
  });

  it('refuses a server with a route that says nothing about who may call it', () => {
    const app = createServer({
      accessOf: (route) => (route === 'GET /told' ? 'open' : undefined),
      authorize: async () => ({ actor: 'nobody', role: 'none' }),
      redact: (text) => text,
    });
    app.get('/told', () => 'fine');
    expect(() => app.post('/told', () => 'never')).toThrow(/does not say who may call it/);
  });

  it('lets each role do exactly what it grants, route by route', async () => {
    const wrong: string[] = [];
    for (const role of ROLES) {
      const key = await served.key(role);
      for (const [route, [access]] of Object.entries(ROUTES)) {
        if (access === 'open' || access === 'worker') continue;
        const status = await statusOf(...concrete(route), key);
        const isAllowed = access === 'any-key' || GRANTS[role].has(access as Permission);
        // What does not exist is the caller's mistake, never ours.
        if (status === 401 || status >= 500 || (status === 403) === isAllowed)
          wrong.push(`${role} ${route}: ${status}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it('lets nobody in without a key, nor with a key where a worker token is needed', async () => {
    const key = await served.key('owner');
    for (const [route, [access]] of Object.entries(ROUTES)) {
      const asked = [await statusOf(...concrete(route)), await statusOf(...concrete(route), 'slk_1.2')];
      if (access === 'open') expect([route, ...asked]).toEqual([route, 200, 200]);
      else expect([route, ...asked]).toEqual([route, 401, 401]);
      if (access === 'worker') expect(await statusOf(...concrete(route), key)).toBe(401);
    }
  });

  it('lets nobody give a task statements of its own without task.sql, and lets what is there stay', async () => {
    const id = await served.task(1);
    const [may, mayNot] = [await served.key('developer'), await served.key('deployer')];
    const { body } = await served.call('GET', `/tasks/${id}`);
    const { name, document } = body as unknown as { name: string; document: object };
    const put = (key: string, write: object) =>
      served.call('PUT', `/tasks/${id}`, {
        key,
        headers: { 'if-match': '*' },
        body: { name, document: { ...document, write } },
      });
    for (const statements of [{ preSql: ['delete from @table'] }, { postSql: ['analyze'] }]) {
      const refused = await put(mayNot, statements);
      expect([refused.status, refused.body['code']]).toEqual([403, 'SLUICE_AUTH_FORBIDDEN']);
    }
    expect((await put(may, { preSql: ['delete from @table'] })).status).toBe(200);
    expect((await put(mayNot, { preSql: ['delete from @table'], truncateFirst: true })).status).toBe(200);
    expect((await put(mayNot, { preSql: [] })).status).toBe(403);
    const wrong = await put(may, { postSql: ['analyze', 'drop table users'] });
    expect([wrong.status, wrong.body['code']]).toEqual([400, 'SLUICE_CFG_INVALID']);
    expect(JSON.stringify(wrong.body)).toContain('/document/write/postSql/1');
  });

  it('is the table in docs/api.md', () => {
    expect(readFileSync(join(import.meta.dirname, '../../docs/api.md'), 'utf8')).toBe(apiDocs());
  });
});

describe('the server without login', () => {
  it('does nothing for pages of other sites, whose browsers ask in their name', async () => {
    const task = await served.task(1);
    const path = `/tasks/${task}:run`;
    for (const headers of [
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
      { origin: 'https://evil.example' },
      { origin: 'null' },
    ] as Record<string, string>[]) {
      const answer = await served.call('POST', path, { headers });
      expect([headers, answer.status, answer.body['code']]).toEqual([headers, 403, 'SLUICE_AUTH_FORBIDDEN']);
    }
    expect((await served.call('GET', `/runs?task=${task}`)).body.items).toEqual([]);
    const own = { 'sec-fetch-site': 'same-origin', origin: served.openUrl };
    const run = await served.call('POST', path, { headers: { ...own, prefer: 'wait=30' } });
    expect([run.status, run.body['state']]).toEqual([200, 'succeeded']);
  });
});

describe('the OpenAPI document', () => {
  it('is complete in itself: every reference leads somewhere, every path name is declared, every operation has a name of its own', async () => {
    const { body } = await served.call('GET', '/openapi.json');
    expect(body['openapi']).toBe('3.1.0');
    const text = JSON.stringify(body);
    const references = [...text.matchAll(/"\$ref":"([^"]+)"/g)].map(([, to]) => to!);
    expect(references).toContain('#/components/schemas/TaskDocument');
    for (const to of references) {
      const found = to
        .replace(/^#\//, '')
        .split('/')
        .reduce<Record<string, never> | undefined>((at, name) => at?.[name], body);
      expect([to, typeof found]).toEqual([to, 'object']);
    }
    const names: string[] = [];
    for (const [path, methods] of Object.entries(body['paths'] as unknown as Record<string, object>))
      for (const of of Object.values(methods) as {
        operationId: string;
        responses: object;
        parameters: { name: string; in: string }[];
      }[]) {
        names.push(of.operationId);
        expect(Object.keys(of.responses)).toContain('default');
        const declared = of.parameters.filter((one) => one.in === 'path').map(({ name }) => name);
        expect([path, declared]).toEqual([path, [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)]);
      }
    expect(new Set(names).size).toBe(names.length);
  });
});
