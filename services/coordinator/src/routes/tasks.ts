import { readFileSync } from 'node:fs';
import { SluiceError, type TaskDocument, uuidv7 } from '@sluice/model';
import type { TaskRow, Versioned } from '@sluice/ports';
import { loadConnector } from '@sluice/connectors';
import type { FastifyInstance } from 'fastify';
import type { AppOptions } from '../app.ts';
import { validateParameters } from '../parameters.ts';
import { dataSource } from '../runs/planning.ts';
import { bodyOrNone, idempotent } from './idempotency.ts';
import { shownRun } from './runs.ts';
import { inWorkspace, NAMED_QUERY, type NamedQuery, page } from './workspace.ts';

const BASE = '/api/v1/workspaces/:w/tasks';

/** The published schema of task documents; its meta properties are not for the validator. */
const {
  $schema: _,
  $id: __,
  ...SCHEMA
} = JSON.parse(
  readFileSync(new URL('../../../../schemas/task.schema.json', import.meta.url), 'utf8'),
) as Record<string, unknown>;

/** Registered under an id of its own, so that references within it are found. */
const DOCUMENT = { $ref: 'task#' };

const BODY = {
  type: 'object',
  properties: { name: { type: 'string', minLength: 1, maxLength: 200 }, document: DOCUMENT },
  required: ['name', 'document'],
  additionalProperties: false,
};

const START = {
  type: 'object',
  properties: {
    runId: {
      type: 'string',
      format: 'uuid',
      description: 'Given by the client: a repeated call starts nothing twice.',
    },
    fresh: { type: 'boolean', description: 'Start over, also where that repeats rows.' },
  },
  additionalProperties: false,
} as const;

interface Body {
  readonly name: string;
  readonly document: TaskDocument;
}

export function taskRoutes(app: FastifyInstance, options: AppOptions): void {
  const { store, runs } = options;
  app.addSchema({ ...SCHEMA, $id: 'task' });
  const find = (w: string, id: string): Promise<Versioned<TaskRow>> =>
    inWorkspace(store.tasks, w, id, 'task');

  app.get(BASE, { schema: { querystring: NAMED_QUERY } }, async (request) => {
    const { w } = request.params as { w: string };
    return page(await store.tasks.list({ ...(request.query as NamedQuery), workspace: w }), (row) => row);
  });
  app.post(BASE, { schema: { body: BODY } }, (request, reply) =>
    idempotent(store, request, reply, async () => {
      const { w } = request.params as { w: string };
      const { name, document } = request.body as Body;
      await checkDocument(options, w, document, '/document');
      const now = Date.now();
      return {
        status: 201,
        body: await store.tasks.insert({
          id: uuidv7(),
          workspace: w,
          name,
          document,
          createdAt: now,
          updatedAt: now,
        }),
      };
    }),
  );
  app.get(`${BASE}/:id`, async (request, reply) => {
    const { w, id } = request.params as { w: string; id: string };
    const row = await find(w, id);
    return reply.header('etag', `"${row.version}"`).send(row);
  });
  app.put(`${BASE}/:id`, { schema: { body: BODY } }, async (request, reply) => {
    const { w, id } = request.params as { w: string; id: string };
    const { name, document } = request.body as Body;
    const row = await find(w, id);
    const wanted = request.headers['if-match'];
    if (wanted !== undefined && wanted !== `"${row.version}"`)
      throw new SluiceError('SLUICE_CFG_CONFLICT', `The task is at version ${row.version}.`);
    await checkDocument(options, w, document, '/document');
    const updated = await store.tasks.update({ ...row, name, document, updatedAt: Date.now() }, row.version);
    if (updated === undefined)
      throw new SluiceError('SLUICE_CFG_CONFLICT', 'The task was changed meanwhile.');
    return reply.header('etag', `"${updated.version}"`).send(updated);
  });
  app.post(`${BASE}::validate`, { schema: { body: DOCUMENT } }, async (request) => {
    const { w } = request.params as { w: string };
    await checkDocument(options, w, request.body as TaskDocument, '');
    return runs.control.validate(w, request.body as TaskDocument);
  });
  app.post(
    `${BASE}/:id([^:/]+)::run`,
    { schema: { body: START }, preValidation: bodyOrNone },
    (request, reply) =>
      idempotent(store, request, reply, async () => {
        const { w, id } = request.params as { w: string; id: string };
        const { runId, fresh } = request.body as { runId?: string; fresh?: boolean };
        const run = await runs.control.start({
          workspace: w,
          task: (await find(w, id)).id,
          trigger: 'api',
          actor: request.principal.actor,
          ...(runId === undefined ? {} : { run: runId }),
          ...(fresh === undefined ? {} : { fresh }),
        });
        reply.header('location', `/api/v1/workspaces/${w}/runs/${run.id}`);
        return { status: 202, body: shownRun(run) };
      }),
  );
}

/** Reader and writer exist and their parameters fit the connectors' specs; `at` is where the document lies in the body. */
async function checkDocument(
  { store }: AppOptions,
  workspace: string,
  document: TaskDocument,
  at: string,
): Promise<void> {
  for (const end of ['reader', 'writer'] as const) {
    const { connector } = await dataSource(store, workspace, document[end].dataSource).catch(
      (error: unknown) => {
        throw placed(error, `${at}/${end}/dataSource`);
      },
    );
    const { spec } = await loadConnector(connector);
    const schema = spec[end];
    if (schema === undefined)
      throw new SluiceError('SLUICE_CFG_CONNECTOR', {
        detail: `${spec.title} has no ${end}.`,
        place: `${at}/${end}`,
      });
    validateParameters(schema, document[end].parameters, `${at}/${end}/parameters`);
  }
}

/** The same error with the place in the document that it is about. */
function placed(thrown: unknown, pointer: string): unknown {
  if (!(thrown instanceof SluiceError) || thrown.code !== 'SLUICE_CFG_NOT_FOUND') return thrown;
  const { code, detail } = thrown;
  return new SluiceError(code, {
    detail,
    place: pointer,
    hint: 'Correct the name, or create the data source first.',
    fields: [{ pointer, detail }],
  });
}
