import { pathOf } from '@sluice/http-kit';
import type { FastifyInstance, RouteOptions } from 'fastify';
import { COMPONENTS, type Json, ref } from './answer-schemas.ts';
import { ANSWERS } from './answers.ts';
import { ROUTES } from './permissions.ts';

interface Described {
  readonly body?: Json;
  readonly querystring?: { readonly properties?: Readonly<Record<string, Json>> };
}

/** Paths that take a text. */
const SCRIPTS = new Set(['/api/v1/workspaces/{w}/tasks:import']);

/** Creating calls: repeated with the same key they answer what the first one answered. */
const CREATES = /^\/api\/v1\/.*(workspaces|access-keys|data-sources|tasks|:run|:rerun)$/;

/** Calls that start a run or change its course: they can be waited for. */
const WAITS = /:(run|rerun|resume|stop|cancel)$/;

/** Calls that change an object with a version. */
const GUARDED = /^(PUT|DELETE) .*\/(data-sources|tasks)\/\{id\}$/;

function header(name: string, description: string): object {
  return { name, in: 'header', schema: { type: 'string', maxLength: 200 }, description };
}

/** Request headers that mean something to a call. */
function headersOf(method: string, path: string): object[] {
  const { events, etag } = ANSWERS[`${method} ${path}`]!;
  const found: object[] = [];
  if (method === 'POST' && CREATES.test(path))
    found.push(
      header(
        'Idempotency-Key',
        'A repeated call with the same key and body answers what the first one answered, for 24 hours.',
      ),
    );
  if (method === 'POST' && WAITS.test(path))
    found.push(header('Prefer', '`wait=N`: answer when the run rests, after N seconds (30 at most) anyway.'));
  if (GUARDED.test(`${method} ${path}`))
    found.push(
      header('If-Match', 'ETag of the object as it was read: 412 when it was changed since.'),
      header('Prefer', '`require-match`: 428 without If-Match.'),
    );
  if (method === 'GET' && etag === true)
    found.push(header('If-None-Match', 'ETag of the object as it is known: 304 when it is still that.'));
  if (events !== undefined) found.push(header('Last-Event-ID', 'Id of the last event that was seen.'));
  return found;
}

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
      schemas: { ...COMPONENTS, TaskDocument: inComponents(app.getSchema('task') as Json) },
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
    parameters.push(...headersOf(method, path));
    (paths[path] ??= {})[method.toLowerCase()] = {
      operationId: operationId(method, path),
      summary,
      'x-permission': access,
      ...(access === 'open' ? { security: [] } : {}),
      parameters,
      ...(schema?.body === undefined ? {} : { requestBody: requestBody(path, schema.body) }),
      ...(SCRIPTS.has(path) ? { requestBody: SCRIPT_BODY } : {}),
      responses: {
        ...answersOf(`${method} ${path}`),
        default: { description: 'Problem', content: problemsOf(path) },
      },
    };
  }
}

const SCRIPT_BODY = {
  required: true,
  description: 'The script as it stands, in JSON with comments or YAML; or {"text": "..."}.',
  content: { 'application/json': { schema: {} }, 'application/yaml': { schema: { type: 'string' } } },
};

function requestBody(path: string, body: Json): object {
  const isOptional = path.endsWith(':run');
  return { required: !isOptional, content: { 'application/json': { schema: inComponents(body) } } };
}

/** What is answered when nothing is wrong, by status. */
function answersOf(route: string): Record<string, object> {
  const { status, or, schema, type = 'application/json', orType, etag, events } = ANSWERS[route]!;
  const content = {
    ...(schema === undefined ? {} : { [type]: { schema } }),
    ...(orType === undefined ? {} : { [orType]: { schema: { type: 'string' } } }),
    // What each event holds is in docs/api.md: a schema could only speak of all of them at once.
    ...(events === undefined ? {} : { 'text/event-stream': { schema: {} } }),
  };
  const headers = etag === true ? { headers: { ETag: { schema: { type: 'string' } } } } : {};
  const body = { ...headers, ...(Object.keys(content).length === 0 ? {} : { content }) };
  const answers: Record<string, object> = { [status]: { description: 'Done', ...body } };
  if (or === 304) answers['304'] = { description: 'As it is known', ...headers };
  else if (or !== undefined) answers[or] = { description: 'Done, and the run rests', ...body };
  return answers;
}

/** What is answered when something is wrong; the schema registry says what it does not have in the shape of its stock clients. */
function problemsOf(path: string): object {
  const problem = { 'application/problem+json': { schema: ref('Problem') } };
  if (!path.startsWith('/schema-registry')) return problem;
  return { ...problem, 'application/vnd.schemaregistry.v1+json': { schema: ref('RegistryError') } };
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
