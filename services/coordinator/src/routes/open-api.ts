import { pathOf } from '@sluice/http-kit';
import type { FastifyInstance, RouteOptions } from 'fastify';
import { ROUTES } from './permissions.ts';

type Json = Readonly<Record<string, unknown>>;

interface Described {
  readonly body?: Json;
  readonly querystring?: { readonly properties?: Readonly<Record<string, Json>> };
}

/** Server-sent events, by path: the answer is a stream of text. */
const STREAMS = new Set(['/api/v1/events', '/api/v1/workspaces/{w}/runs/{id}/logs']);

/** Creating calls: repeated with the same key they answer what the first one answered. */
const CREATES = /^\/api\/v1\/.*(workspaces|access-keys|data-sources|tasks|:run|:rerun)$/;

const IDEMPOTENCY_KEY = {
  name: 'Idempotency-Key',
  in: 'header',
  schema: { type: 'string', maxLength: 200 },
  description:
    'A repeated call with the same key and body answers what the first one answered, for 24 hours.',
};

const PROBLEM = {
  type: 'object',
  description: 'RFC 9457 with the code of docs/errors.md.',
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string', description: 'The cause.' },
    code: { type: 'string' },
    hint: { type: 'string', description: 'The remedy.' },
    place: { type: 'string' },
    retryable: { type: 'boolean' },
    errors: {
      type: 'array',
      items: {
        type: 'object',
        properties: { pointer: { type: 'string' }, detail: { type: 'string' } },
        required: ['pointer', 'detail'],
      },
    },
  },
  required: ['type', 'title', 'status', 'detail', 'code', 'hint', 'retryable'],
};

/** The OpenAPI 3.1 document, made from the routes that are registered after this call. */
export function openApiRoutes(app: FastifyInstance): void {
  const paths: Record<string, Record<string, object>> = {};
  app.addHook('onRoute', (route) => describe(paths, route));
  app.get('/openapi.json', () => ({
    openapi: '3.1.0',
    info: {
      title: 'Sluice',
      version: '1',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      description: 'Errors are application/problem+json with a `code`; see docs/errors.md.',
    },
    servers: [{ url: '/' }],
    security: [{ accessKey: [] }],
    paths,
    components: {
      securitySchemes: {
        accessKey: { type: 'http', scheme: 'bearer', description: 'slk_<id>.<secret>' },
      },
      schemas: { Problem: PROBLEM, TaskDocument: inComponents(app.getSchema('task') as Json) },
    },
  }));
}

/** What workers call among themselves is no part of the public interface. */
const isPublic = (path: string): boolean => !path.startsWith('/internal/');

function describe(paths: Record<string, Record<string, object>>, route: RouteOptions): void {
  const path = pathOf(route.url);
  if (!isPublic(path)) return;
  const schema = route.schema as Described | undefined;
  for (const method of [route.method].flat()) {
    const entry = ROUTES[`${method} ${path}`];
    if (method === 'HEAD' || entry === undefined) continue;
    const [access, summary] = entry;
    const parameters: object[] = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
      name,
      in: 'path',
      required: true,
      schema: { type: 'string' },
    }));
    for (const [name, { description, ...of }] of Object.entries(schema?.querystring?.properties ?? {}))
      parameters.push({
        name,
        in: 'query',
        schema: of,
        ...(description === undefined ? {} : { description }),
      });
    if (method === 'POST' && CREATES.test(path)) parameters.push(IDEMPOTENCY_KEY);
    (paths[path] ??= {})[method.toLowerCase()] = {
      operationId: operationId(method, path),
      summary,
      'x-permission': access,
      ...(access === 'open' ? { security: [] } : {}),
      parameters,
      ...(schema?.body === undefined ? {} : { requestBody: requestBody(path, schema.body) }),
      responses: {
        '2XX': { description: 'Done', ...(STREAMS.has(path) ? { content: streamed(path) } : {}) },
        default: {
          description: 'Problem',
          content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
        },
      },
    };
  }
}

function requestBody(path: string, body: Json): object {
  const isOptional = path.endsWith(':run');
  return { required: !isOptional, content: { 'application/json': { schema: inComponents(body) } } };
}

function streamed(path: string): object {
  const events = { 'text/event-stream': { schema: { type: 'string' } } };
  return path.endsWith('/logs') ? { 'application/json': {}, ...events } : events;
}

/** `post /api/v1/workspaces/{w}/runs/{id}:stop` is `postWorkspacesWRunsIdStop`. */
function operationId(method: string, path: string): string {
  const words = path.replace('/api/v1', '').match(/[A-Za-z0-9]+/g) ?? ['root'];
  return method.toLowerCase() + words.map((word) => word[0]!.toUpperCase() + word.slice(1)).join('');
}

/** The task document is registered once under its own id; here its references lead into the components. */
function inComponents(schema: Json): Json {
  const { $id: _, ...rest } = schema;
  return JSON.parse(
    JSON.stringify(rest)
      .replaceAll('"$ref":"task#"', '"$ref":"#/components/schemas/TaskDocument"')
      .replaceAll('"$ref":"#/$defs/', '"$ref":"#/components/schemas/TaskDocument/$defs/'),
  ) as Json;
}
