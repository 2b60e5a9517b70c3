import { type ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { ANSWERS, ROUTES } from '@sluice/coordinator';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Served } from './served.ts';

type Json = Record<string, unknown>;

interface Operation {
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { readonly schema: Json }>> }>
  >;
  readonly parameters: readonly { readonly name: string; readonly in: string; readonly schema: Json }[];
}

/** A call of one route that should succeed. */
interface Call {
  readonly before?: () => Promise<unknown>;
  readonly path?: Readonly<Record<string, string>>;
  readonly query?: string;
  readonly body?: unknown;
}

let served: Served;
let document: {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: Json;
};
let ajv: Ajv2020;
/** Ids of real objects, by the names that paths have for them. */
let known: Readonly<Record<string, string>>;
let calls: Readonly<Record<string, Call>>;

const W = '/api/v1/workspaces/{w}';

beforeAll(async () => {
  served = await Served.start();
  document = (await served.call('GET', '/openapi.json')).body as never;
  ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false });
  ajv.addSchema(strict(document) as object, 'openapi');
  const task = await served.task(300, { channels: 2, dirtyLimit: 1 });
  const run = (await served.call('POST', `/tasks/${task}:run`)).body['id'] as unknown as string;
  await served.rested(run);
  const source = (await served.call('GET', '/data-sources?limit=2')).body.items.at(-1)![
    'id'
  ] as unknown as string;
  const spare = await served.call('POST', '/data-sources', { body: sqlite('spare') });
  const key = await served.call('POST', '/access-keys', { body: { name: 'k', role: 'visitor' } });
  const topic = `sluice.default.${task}.read`;
  known = { w: 'default', name: 'postgres', topic, s: `${topic}-value`, v: 'latest' };
  const { document: wanted } = (await served.call('GET', `/tasks/${task}`)).body as unknown as {
    document: object;
  };
  const of = (id: unknown, more: Call = {}): Call => ({ path: { id: String(id) }, ...more });
  const unused = await served.task(1);
  const slow = await served.task(20_000, { rowsPerSecond: 200 });
  const begun = async (): Promise<string> =>
    String((await served.call('POST', `/tasks/${slow}:run`)).body['id']);
  const stopped = await begun();
  await served.call('POST', `/runs/${stopped}:stop`, { headers: { prefer: 'wait=30' } });
  calls = {
    'POST /api/v1/workspaces': { body: { name: 'second' } },
    [`POST ${W}/access-keys`]: { body: { name: 'another', role: 'visitor' } },
    [`GET ${W}/access-keys/{id}`]: of(key.body['id']),
    [`POST ${W}/access-keys/{id}:disable`]: of(key.body['id']),
    [`POST ${W}/data-sources`]: { body: sqlite('third') },
    [`GET ${W}/data-sources/{id}`]: of(source),
    [`PUT ${W}/data-sources/{id}`]: of(spare.body['id'], { body: { config: sqlite('moved').config } }),
    [`DELETE ${W}/data-sources/{id}`]: of(spare.body['id']),
    [`POST ${W}/data-sources/{id}:check`]: of(source),
    [`GET ${W}/data-sources/{id}/namespaces`]: of(source),
    [`GET ${W}/data-sources/{id}/tables`]: of(source),
    [`POST ${W}/data-sources/{id}:describe`]: of(source, { body: { parameters: { table: 'orders' } } }),
    [`POST ${W}/data-sources/{id}:preview`]: of(source, { body: { parameters: { table: 'orders' } } }),
    [`POST ${W}/tasks`]: { body: { name: 'copied', document: wanted } },
    [`GET ${W}/tasks/{id}`]: of(task),
    [`PUT ${W}/tasks/{id}`]: of(task, { body: { name: 'renamed', document: wanted } }),
    [`DELETE ${W}/tasks/{id}`]: of(unused),
    [`POST ${W}/tasks:validate`]: { body: wanted },
    [`POST ${W}/tasks:target-table`]: { body: wanted },
    [`POST ${W}/tasks:import`]: { body: { text: script('datax-plain.json') } },
    [`GET ${W}/tasks/{id}/export`]: of(task, { query: 'dialect=datax' }),
    'GET /api/v1/connectors/{name}/templates': { query: 'to=sqlite' },
    [`PUT ${W}/secrets/{name}`]: { path: { name: 'key' }, body: { value: 'a secret of 24 letters!!' } },
    [`DELETE ${W}/secrets/{name}`]: { path: { name: 'key' } },
    [`POST ${W}/tasks:dry-run`]: { body: { document: wanted } },
    [`POST ${W}/tasks/{id}:dry-run`]: of(task),
    [`POST ${W}/tasks/{id}:run`]: of(task),
    [`POST ${W}/runs/{id}:resume`]: of(stopped),
    [`POST ${W}/runs/{id}:throttle`]: of(stopped, { body: { rowsPerSecond: 100 } }),
    [`POST ${W}/runs/{id}:stop`]: of(stopped),
    [`POST ${W}/runs/{id}:cancel`]: of(stopped),
    [`POST ${W}/runs/{id}:rerun`]: of(stopped, {
      // The cancel before it may still be under way.
      before: () => served.call('POST', `/runs/${stopped}:cancel`, { headers: { prefer: 'wait=30' } }),
    }),
    [`POST ${W}/runs/{id}/dirty-records:replay`]: of(run),
    [`GET ${W}/runs/{id}/logs`]: of(run, { query: 'limit=3' }),
    ...Object.fromEntries(
      [
        '',
        '/splits',
        '/ledger',
        '/dirty-records',
        '/dirty-records/counts',
        '/dirty-records/download',
        '/events',
      ].map((part) => [`GET ${W}/runs/{id}${part}`, of(run)]),
    ),
    ...Object.fromEntries(
      ['', '/schema', '/subjects', '/versions'].map((part) => [
        `GET /schema-registry/schemas/ids/{id}${part}`,
        of(1),
      ]),
    ),
  };
});
afterAll(() => served.stop());

const sqlite = (name: string): { name: string; connector: string; config: Json } => ({
  name,
  connector: 'sqlite',
  config: { path: join(served.home, `${name}.db`) },
});

const script = (name: string): string =>
  readFileSync(join(import.meta.dirname, '../../libs/script/test/samples', name), 'utf8');

/** The same document, in which an answer may have no field that it does not name. */
function strict(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(strict);
  if (typeof schema !== 'object' || schema === null) return schema;
  const { properties, additionalProperties } = schema as Json;
  return {
    ...Object.fromEntries(Object.entries(schema).map(([name, value]) => [name, strict(value)])),
    ...(properties !== undefined && additionalProperties === undefined
      ? { additionalProperties: false }
      : {}),
  };
}

const escaped = (part: string): string => part.replaceAll('~', '~0').replaceAll('/', '~1');

function schemaOf(path: string, method: string, status: string, type: string): ValidateFunction | undefined {
  const { content } = document.paths[path]![method]!.responses[status]!;
  if (content?.[type] === undefined) return undefined;
  const pointer = ['paths', path, method, 'responses', status, 'content', type, 'schema']
    .map(escaped)
    .join('/');
  return ajv.compile({ $ref: `openapi#/${pointer}` });
}

function concrete(path: string, call: Call): string {
  const names = { ...known, ...call.path };
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(names[name] ?? 'none'));
  return call.query === undefined ? filled : `${filled}?${call.query}`;
}

/** Calls in an order in which each finds what it needs. */
const ORDER = [
  /^GET/,
  /^PUT/,
  /:disable|:resume/,
  /:throttle/,
  /:stop/,
  /:cancel/,
  /:rerun/,
  /^POST/,
  /^DELETE/,
];
const rank = (route: string): number => ORDER.findIndex((pattern) => pattern.test(route));

const ROUTED = Object.keys(ROUTES)
  .filter((route) => !route.includes('/internal/'))
  .toSorted((a, b) => rank(a) - rank(b));

describe('the OpenAPI document against the server', () => {
  it('says of every route what it answers, and of no other', () => {
    expect(Object.keys(ANSWERS).toSorted()).toEqual(ROUTED.toSorted());
  });

  for (const route of ROUTED)
    it(`${route} answers with the status, the type and the schema that the document gives`, async () => {
      const [method, path] = route.split(' ') as [string, string];
      const operation = document.paths[path]![method.toLowerCase()]!;
      const call = calls[route] ?? {};
      await call.before?.();
      const gone = new AbortController();
      const answer = await fetch(`${served.openUrl}${concrete(path, call)}`, {
        method,
        signal: gone.signal,
        ...(call.body === undefined
          ? {}
          : { body: JSON.stringify(call.body), headers: { 'content-type': 'application/json' } }),
      });
      const type = answer.headers.get('content-type')?.split(';')[0];
      const isStream = type === 'text/event-stream';
      const text = isStream ? '' : await answer.text();
      gone.abort();
      const { status } = answer;
      expect([status, text.slice(0, answer.ok ? 0 : 500)]).toEqual([ANSWERS[route]!.status, '']);
      const described = operation.responses[status]!.content;
      expect([route, type]).toEqual([route, described === undefined ? undefined : Object.keys(described)[0]]);
      const validate =
        type === undefined ? undefined : schemaOf(path, method.toLowerCase(), String(status), type);
      if (validate !== undefined && !isStream) {
        const body: unknown = /[/+]json$/.test(type!) ? JSON.parse(text) : text;
        expect([route, validate(body), validate.errors]).toEqual([route, true, null]);
      }
      if (ANSWERS[route]!.etag === true) expect(answer.headers.get('etag')).toMatch(/^"\d+"$/);
      if (status === 201) expect(answer.headers.get('location')).toMatch(/^\/api\/v1\/workspaces\//);
    });

  it('answers every route for what does not exist, and every wrong query, with a problem of that schema', async () => {
    const isProblem = ajv.getSchema('openapi#/components/schemas/Problem')!;
    const wrong: unknown[] = [];
    for (const route of ROUTED) {
      const [method, path] = route.split(' ') as [string, string];
      if (path.startsWith('/schema-registry') || !path.startsWith('/api')) continue;
      const names = path.replace('{w}', 'default').replace(/\{\w+\}/g, 'none');
      const tries = method === 'GET' ? [names, `${names}?limit=0&nonsense=1`] : [names];
      for (const url of tries) {
        const answer = await fetch(`${served.openUrl}${url}`, {
          method,
          headers: method === 'GET' ? {} : { 'content-type': 'application/json' },
          ...(method === 'GET' ? {} : { body: '{"nonsense":1}' }),
        });
        if (answer.ok) {
          await answer.body?.cancel();
          continue;
        }
        const body = (await answer.json()) as Json;
        const type = answer.headers.get('content-type');
        if (
          !isProblem(body) ||
          !type!.startsWith('application/problem+json') ||
          body['status'] !== answer.status
        )
          wrong.push([route, type, body, isProblem.errors]);
      }
    }
    expect(wrong).toEqual([]);
  });

  it('describes the query parameters and headers that calls take', async () => {
    const names = (route: string): string[] => {
      const [method, path] = route.split(' ') as [string, string];
      return document.paths[path]![method.toLowerCase()]!.parameters.map(({ name }) => name);
    };
    expect(names(`GET ${W}/runs`)).toEqual([
      'w',
      'limit',
      'cursor',
      'sort',
      'fields',
      'state',
      'task',
      'since',
      'until',
    ]);
    expect(names(`POST ${W}/tasks/{id}:run`)).toEqual(['w', 'id', 'Idempotency-Key', 'Prefer']);
    expect(names(`PUT ${W}/data-sources/{id}`)).toEqual(['w', 'id', 'If-Match', 'Prefer']);
    expect(names(`GET ${W}/tasks/{id}`)).toEqual(['w', 'id', 'If-None-Match']);
    expect(names('GET /api/v1/events')).toContain('Last-Event-ID');
  });
});
