import type { SchemaStore } from '@sluice/ports';
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { AppOptions } from '../app.ts';

const BASE = '/schema-registry';
const TYPE = 'application/vnd.schemaregistry.v1+json';

/** Error codes of the Confluent schema registry. */
const NO_SUBJECT = 40401;
const NO_VERSION = 40402;
const NO_SCHEMA = 40403;

type Readable = Pick<SchemaStore, 'byId' | 'versions' | 'subjects' | 'usages'>;

/** The reading half of a schema registry, in the shapes that stock clients know. */
export function registryRoutes(app: FastifyInstance, { store }: AppOptions): void {
  const all = store.schemas;
  // Java clients send this type with every call, also with none to read.
  app.addContentTypeParser(
    /^application\/(vnd\.schemaregistry(\.v1)?\+json|octet-stream)/,
    { parseAs: 'string' },
    (_request, body, done) => done(null, body === '' ? {} : JSON.parse(String(body))),
  );
  const get = (
    path: string,
    answer: (params: Record<string, string>, reply: FastifyReply, schemas: Readable) => Promise<unknown>,
  ): void => {
    app.get(`${BASE}${path}`, async (request, reply) => {
      void reply.type(TYPE);
      return reply.send(
        JSON.stringify(
          await answer(
            request.params as Record<string, string>,
            reply,
            within(all, request.principal.workspace),
          ),
        ),
      );
    });
  };
  const missing = (reply: FastifyReply, code: number, message: string): object => {
    void reply.code(404);
    return { error_code: code, message };
  };
  get('/', async () => ({}));
  get('/subjects', async (_params, _reply, schemas) => schemas.subjects());
  get('/subjects/:s/versions', async ({ s }, reply, schemas) => {
    const found = await schemas.versions(s!);
    return found.length === 0
      ? missing(reply, NO_SUBJECT, `Subject '${s}' not found.`)
      : found.map(({ version }) => version);
  });
  get('/subjects/:s/versions/:v', async ({ s, v }, reply, schemas) => {
    const found = await versionOf(schemas, s!, v!);
    return typeof found === 'number'
      ? missing(reply, found, found === NO_SUBJECT ? `Subject '${s}' not found.` : 'Version not found.')
      : found;
  });
  get('/subjects/:s/versions/:v/schema', async ({ s, v }, reply, schemas) => {
    const found = await versionOf(schemas, s!, v!);
    return typeof found === 'number'
      ? missing(reply, found, 'Version not found.')
      : (JSON.parse(found.schema) as unknown);
  });
  get('/schemas/types', async () => ['AVRO']);
  get('/schemas/ids/:id', async ({ id }, reply, schemas) => {
    const schema = await schemas.byId(Number(id));
    return schema === undefined ? missing(reply, NO_SCHEMA, 'Schema not found') : { schema };
  });
  get('/schemas/ids/:id/schema', async ({ id }, reply, schemas) => {
    const schema = await schemas.byId(Number(id));
    return schema === undefined
      ? missing(reply, NO_SCHEMA, 'Schema not found')
      : (JSON.parse(schema) as unknown);
  });
  get('/schemas/ids/:id/subjects', async ({ id }, _reply, schemas) =>
    (await schemas.usages(Number(id))).map(({ subject }) => subject),
  );
  get('/schemas/ids/:id/versions', async ({ id }, _reply, schemas) => schemas.usages(Number(id)));
  get('/config', async () => ({ compatibilityLevel: 'NONE' }));
  get('/mode', async () => ({ mode: 'READONLY' }));
  get('/contexts', async () => ['.']);
}

async function versionOf(
  schemas: Readable,
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

/** What a workspace sees of the registry: subjects of its own topics and the schemas they use (S-13). */
function within(all: Readable, workspace: string | undefined): Readable {
  if (workspace === undefined) return all;
  const isOurs = (subject: string): boolean => subject.startsWith(`sluice.${workspace}.`);
  const usages = async (id: number): ReturnType<Readable['usages']> =>
    (await all.usages(id)).filter(({ subject }) => isOurs(subject));
  return {
    subjects: async () => (await all.subjects()).filter(isOurs),
    versions: async (subject) => (isOurs(subject) ? all.versions(subject) : []),
    usages,
    byId: async (id) => ((await usages(id)).length > 0 ? all.byId(id) : undefined),
  };
}
