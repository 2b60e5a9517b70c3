import { newTraceId, parseTraceparent, SluiceError } from '@sluice/model';
import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify';
import { endStreamsOnClose } from './event-stream.ts';
import { readJsonBodies } from './json-body.ts';
import { problemOf } from './problem.ts';

/** Who sent a request. */
export interface Principal {
  /** For events and logs: `slk_<id>` of the access key, or `local` without login. */
  readonly actor: string;
  /** The only workspace that the key reaches; absent without login: every one. */
  readonly workspace?: string;
  readonly role: string;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Set before any handler of a route runs; `nobody` on open routes. */
    principal: Principal;
    /** W3C trace id: of the caller's `traceparent`, else a new one. */
    traceId: string;
  }
}

const NOBODY: Principal = { actor: 'nobody', workspace: '', role: 'none' };

export interface ServerOptions {
  /**
   * What a route needs: `open` for nothing, else a word that `authorize` understands. `route` is `METHOD /path/{name}`. Undefined
   * refuses the route at start: who may call it has to be said (S-3).
   */
  readonly accessOf: (route: string) => string | undefined;
  /** Answers who it is. Throws SLUICE_AUTH_MISSING or SLUICE_AUTH_FORBIDDEN. Not called for open routes. */
  authorize(request: FastifyRequest, access: string): Promise<Principal>;
  /** Takes secrets out of a text that leaves the process. */
  redact(text: string): string;
}

/** Bytes of a body; a route that takes more says so. */
const BODY_LIMIT = 2 * 1024 * 1024;

const HEADERS = {
  'content-security-policy':
    "default-src 'self'; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
} as const;

/** A fastify path as OpenAPI writes it: `/runs/:id([^:/]+)::stop` is `/runs/{id}:stop`. */
export function pathOf(url: string): string {
  return url
    .replace('([^:/]+)', '')
    .replaceAll('::', '\0')
    .replace(/:(\w+)/g, '{$1}')
    .replaceAll('\0', ':');
}

/** `METHOD /path/{name}`; fastify answers HEAD wherever it answers GET. */
function routeName(method: string, url: string): string {
  return `${method === 'HEAD' ? 'GET' : method} ${pathOf(url)}`;
}

/** A fastify instance with the product's rules: deny by default, problem+json, no secrets out. */
export function createServer(options: ServerOptions): FastifyInstance {
  const app = Fastify({
    bodyLimit: BODY_LIMIT,
    onProtoPoisoning: 'error',
    onConstructorPoisoning: 'error',
    routerOptions: { maxParamLength: 300 },
    // A document is kept as it was given: nothing is filled in and nothing dropped.
    ajv: {
      customOptions: {
        removeAdditional: false,
        useDefaults: false,
        coerceTypes: true,
        allErrors: true,
        strict: false,
      },
    },
  });
  app.decorateRequest('principal');
  app.decorateRequest('traceId');
  readJsonBodies(app);
  endStreamsOnClose(app);
  app.addHook('onRoute', (route) => {
    for (const method of [route.method].flat())
      if (options.accessOf(routeName(method, route.url)) === undefined)
        throw new Error(`Route ${method} ${route.url} does not say who may call it.`);
  });
  app.addHook('onRequest', async (request, reply) => {
    reply.headers(HEADERS);
    request.principal = NOBODY;
    request.traceId = parseTraceparent(request.headers['traceparent'])?.traceId ?? newTraceId();
    const { url } = request.routeOptions;
    // Undefined: no route fits, and the handler for that answers 404.
    if (url === undefined) return;
    const access = options.accessOf(routeName(request.method, url));
    if (access !== 'open') request.principal = await options.authorize(request, access!);
  });
  const callOf = (request: FastifyRequest): { instance: string; traceId: string } => ({
    instance: request.url.split('?')[0]!,
    traceId: request.traceId ?? newTraceId(),
  });
  app.setErrorHandler((error, request, reply) => {
    const problem = problemOf(error, callOf(request));
    return reply
      .code(problem.status)
      .type('application/problem+json')
      .send(options.redact(JSON.stringify(problem)));
  });
  app.setNotFoundHandler((request, reply) => {
    const call = callOf(request);
    const error = new SluiceError('SLUICE_CFG_NOT_FOUND', {
      detail: `There is no ${request.method} ${call.instance}.`,
      hint: 'See what there is: GET /openapi.json.',
    });
    return reply
      .code(404)
      .type('application/problem+json')
      .send(options.redact(JSON.stringify(problemOf(error, call))));
  });
  return app;
}
