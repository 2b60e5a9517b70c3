import { newTraceId, parseTraceparent } from '@sluice/model';
import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify';
import { boundedFaults } from './bounded-faults.ts';
import { endStreamsOnClose } from './event-stream.ts';
import { readJsonBodies } from './json-body.ts';
import { LimitKeeper, type Limits } from './limits.ts';
import { problemOf } from './problem.ts';
import { answerUnread, Methods, unroutedProblem } from './refusals.ts';

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
  /** Absent: nothing is limited. */
  readonly limits?: Limits;
  /** Addresses and networks of proxies whose `X-Forwarded-For` is believed (S-63); absent: nobody's is. */
  readonly trustProxy?: readonly string[];
  /** A request that has not been sent whole after this (milliseconds) is refused. Default 30 s. */
  readonly requestTimeoutMs?: number;
}

/** Bytes of all headers of a request. */
const HEADER_LIMIT = 16 * 1024;
const REQUEST_TIMEOUT = 30_000;

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
  const requestTimeout = options.requestTimeoutMs ?? REQUEST_TIMEOUT;
  const app = Fastify({
    bodyLimit: BODY_LIMIT,
    requestTimeout,
    http: {
      maxHeaderSize: HEADER_LIMIT,
      requestTimeout,
      // Node takes the shorter of the two for the headers and the longer for the whole.
      headersTimeout: requestTimeout,
      connectionsCheckingInterval: requestTimeout / 6,
    },
    clientErrorHandler: answerUnread,
    ...(options.trustProxy === undefined ? {} : { trustProxy: [...options.trustProxy] }),
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
      plugins: [boundedFaults as never],
    },
  });
  app.decorateRequest('principal');
  app.decorateRequest('traceId');
  readJsonBodies(app);
  endStreamsOnClose(app);
  const limits = new LimitKeeper(options.limits ?? {});
  const methods = new Methods();
  app.addHook('onRoute', (route) => {
    methods.add(pathOf(route.url), [route.method].flat());
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
    if (access === 'open') return;
    const check = (): Promise<Principal> => options.authorize(request, access!);
    request.principal = await limits.signIn(request, reply, check);
    if (access !== 'worker') limits.call(request.principal.actor, reply);
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
    const allowed = methods.of(call.instance);
    const problem = unroutedProblem(request.method, call, allowed);
    if (allowed.length > 0) void reply.header('allow', allowed.join(', '));
    return reply
      .code(problem.status)
      .type('application/problem+json')
      .send(options.redact(JSON.stringify(problem)));
  });
  return app;
}
