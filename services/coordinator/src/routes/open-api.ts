import type { FastifyInstance, RouteOptions } from 'fastify';

/** The OpenAPI 3.1 document, made from the routes that are registered after this call. */
export function openApiRoutes(app: FastifyInstance): void {
  const paths: Record<string, Record<string, object>> = {};
  app.addHook('onRoute', (route) => describe(paths, route));
  app.get('/openapi.json', { config: { access: 'open' } }, () => ({
    openapi: '3.1.0',
    info: {
      title: 'Sluice',
      version: '1',
      description: 'Errors are application/problem+json with a `code`; see docs/errors.md.',
    },
    components: { securitySchemes: { accessKey: { type: 'http', scheme: 'bearer' } } },
    security: [{ accessKey: [] }],
    paths,
  }));
}

function describe(paths: Record<string, Record<string, object>>, route: RouteOptions): void {
  if (!route.url.startsWith('/api/')) return;
  const schema = route.schema as
    { body?: object; querystring?: { properties?: Record<string, object> } } | undefined;
  // `::` is fastify's way to write a colon that begins no parameter.
  const url = route.url
    .replace('([^:/]+)', '')
    .replaceAll('::', '\0')
    .replace(/:(\w+)/g, '{$1}')
    .replaceAll('\0', ':');
  const parameters = [
    ...[...url.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
      name,
      in: 'path',
      required: true,
      schema: { type: 'string' },
    })),
    ...Object.entries(schema?.querystring?.properties ?? {}).map(([name, of]) => ({
      name,
      in: 'query',
      schema: of,
    })),
  ];
  const body =
    schema?.body === undefined
      ? {}
      : { requestBody: { required: true, content: { 'application/json': { schema: schema.body } } } };
  for (const method of [route.method].flat()) {
    if (method === 'HEAD') continue;
    const responses = {
      '2XX': { description: 'Done' },
      default: { description: 'Problem', content: { 'application/problem+json': {} } },
    };
    (paths[url] ??= {})[method.toLowerCase()] = { parameters, ...body, responses };
  }
}
