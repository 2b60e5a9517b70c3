import type { SchemaStore } from '@sluice/ports';
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { AppOptions } from '../app.ts';

const BASE = '/schema-registry';
const TYPE = 'application/vnd.schemaregistry.v1+json';

/** Error codes of the Confluent schema registry. */
const NO_SUBJECT = 40401;
const NO_VERSION = 40402;
const NO_SCHEMA = 40403;

/** The reading half of a schema registry, in the shapes that stock clients know. */
export function registryRoutes(app: FastifyInstance, { store }: AppOptions): void {
  const { schemas } = store;
  // Java clients send this type with every call, also with none to read.
  app.addContentTypeParser(
    /^application\/(vnd\.schemaregistry(\.v1)?\+json|octet-stream)/,
    { parseAs: 'string' },
    (_request, body, done) => done(null, body === '' ? {} : JSON.parse(String(body))),
  );
  const get = (
    path: string,
    answer: (params: Record<string, string>, reply: FastifyReply) => Promise<unknown>,
  ): void => {
    app.get(`${BASE}${path}`, { config: { access: 'user' } }, async (request, reply) => {
      void reply.type(TYPE);
      return reply.send(JSON.stringify(await answer(request.params as Record<string, string>, reply)));
    });
  };
  const missing = (reply: FastifyReply, code: number, message: string): object => {
    void reply.code(404);
    return { error_code: code, message };
  };
  get('/', async () => ({}));
  get('/subjects', async () => schemas.subjects());
  get('/subjects/:s/versions', async ({ s }, reply) => {
    const found = await schemas.versions(s!);
    return found.length === 0
      ? missing(reply, NO_SUBJECT, `Subject '${s}' not found.`)
      : found.map(({ version }) => version);
  });
  get('/subjects/:s/versions/:v', async ({ s, v }, reply) => {
    const found = await versionOf(schemas, s!, v!);
    return typeof found === 'number'
      ? missing(reply, found, found === NO_SUBJECT ? `Subject '${s}' not found.` : 'Version not found.')
      : found;
  });
  get('/subjects/:s/versions/:v/schema', async ({ s, v }, reply) => {
    const found = await versionOf(schemas, s!, v!);
    return typeof found === 'number'
      ? missing(reply, found, 'Version not found.')
      : (JSON.parse(found.schema) as unknown);
  });
  get('/schemas/types', async () => ['AVRO']);
  get('/schemas/ids/:id', async ({ id }, reply) => {
    const schema = await schemas.byId(Number(id));
    return schema === undefined ? missing(reply, NO_SCHEMA, 'Schema not found') : { schema };
  });
  get('/schemas/ids/:id/schema', async ({ id }, reply) => {
    const schema = await schemas.byId(Number(id));
    return schema === undefined
      ? missing(reply, NO_SCHEMA, 'Schema not found')
      : (JSON.parse(schema) as unknown);
  });
  get('/schemas/ids/:id/subjects', async ({ id }) =>
    (await schemas.usages(Number(id))).map(({ subject }) => subject),
  );
  get('/schemas/ids/:id/versions', async ({ id }) => schemas.usages(Number(id)));
  get('/config', async () => ({ compatibilityLevel: 'NONE' }));
  get('/mode', async () => ({ mode: 'READONLY' }));
  get('/contexts', async () => ['.']);
}

async function versionOf(
  schemas: SchemaStore,
  subject: string,
  wanted: string,
): Promise<{ subject: string; version: number; id: number; schema: string } | number> {
  const all = await schemas.versions(subject);
  if (all.length === 0) return NO_SUBJECT;
  const found =
    wanted === 'latest' || wanted === '-1'
      ? all.at(-1)
      : all.find(({ version }) => version === Number(wanted));
  return found === undefined ? NO_VERSION : { subject, ...found };
}
