import { SluiceError } from '@sluice/model';
import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify';
import { problemOf } from './problem.ts';

/** Who may call a route; one that does not say is refused at start (S-3). */
export type RouteAccess = 'open' | 'user' | 'worker';

export interface ServerOptions {
  /** Throws SLUICE_AUTH_MISSING or SLUICE_AUTH_FORBIDDEN. Not called for open routes. */
  authorize(request: FastifyRequest, access: Exclude<RouteAccess, 'open'>): Promise<void>;
  /** Takes secrets out of a text that leaves the process. */
  redact(text: string): string;
}

const BODY_LIMIT = 16 * 1024 * 1024;

const HEADERS = {
  'content-security-policy':
    "default-src 'self'; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
} as const;

/** A fastify instance with the product's rules: deny by default, problem+json, no secrets out. */
export function createServer(options: ServerOptions): FastifyInstance {
  const app = Fastify({
    bodyLimit: BODY_LIMIT,
    onProtoPoisoning: 'error',
    onConstructorPoisoning: 'error',
    routerOptions: { maxParamLength: 300 },
    ajv: { customOptions: { removeAdditional: false, coerceTypes: true, allErrors: true, strict: false } },
  });
  app.addHook('onRoute', (route) => {
    if ((route.config as { access?: RouteAccess } | undefined)?.access === undefined)
      throw new Error(`Route ${route.method.toString()} ${route.url} does not say who may call it.`);
  });
  app.addHook('onRequest', async (request, reply) => {
    reply.headers(HEADERS);
    const { access } = request.routeOptions.config as { access?: RouteAccess };
    if (access !== undefined && access !== 'open') await options.authorize(request, access);
  });
  app.setErrorHandler((error, _request, reply) => {
    const problem = problemOf(error);
    return reply
      .code(problem.status)
      .type('application/problem+json')
      .send(options.redact(JSON.stringify(problem)));
  });
  app.setNotFoundHandler((request, reply) => {
    const problem = problemOf(
      new SluiceError('SLUICE_CFG_NOT_FOUND', `There is no ${request.method} ${request.url.split('?')[0]}.`),
    );
    return reply.code(404).type('application/problem+json').send(JSON.stringify(problem));
  });
  return app;
}
