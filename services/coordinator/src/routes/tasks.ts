import { readFileSync } from 'node:fs';
import { checkBeginning } from '@sluice/connector-sdk';
import { guardChange, sendVersioned, stale } from '@sluice/http-kit';
import {
  ACTIVE_STATES,
  type ParameterSchema,
  type Scalar,
  SluiceError,
  type TaskDocument,
  uuidv7,
} from '@sluice/model';
import type { Store, TaskRow, Versioned } from '@sluice/ports';
import { loadConnector } from '@sluice/connectors';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { AppOptions } from '../app.ts';
import { audited, auditedAhead } from '../audit.ts';
import { demand } from '../authorize.ts';
import { validateParameters } from '../parameters.ts';
import { dataSource } from '../runs/data-source.ts';
import { readerSources } from '../runs/reader-sources.ts';
import { fieldsOf } from './answer-schemas.ts';
import { bodyOrNone, idempotent, send } from './idempotency.ts';
import { Listing, type NamedQuery } from './listing.ts';
import { shownRun } from './run-shown.ts';
import { documentOrText } from './scripts.ts';
import { waited } from './waiting.ts';
import { objectName } from './object-name.ts';
import { inWorkspace } from './workspace.ts';

const BASE = '/api/v1/workspaces/:w/tasks';

const TASKS = Listing.named(fieldsOf('Task'));

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

/** Values for parameters that the document declares. */
const PARAMETERS = {
  type: 'object',
  description: 'Values for parameters that the task declares.',
  maxProperties: 100,
  additionalProperties: { type: ['string', 'number', 'boolean', 'null'] },
} as const;

/** What a dry run of a stored task takes; of a document in hand, that too. */
const DRY_RUN = {
  rows: { type: 'integer', minimum: 1, maximum: 20, description: 'Source rows to map; 5 without it.' },
  parameters: PARAMETERS,
} as const;

/** Source rows of a dry run that says nothing else. */
const DRY_ROWS = 5;

interface DryRunBody {
  readonly rows?: number;
  readonly parameters?: Readonly<Record<string, Scalar>>;
}

const START = {
  type: 'object',
  properties: {
    runId: {
      type: 'string',
      pattern: '^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$',
      description:
        'A UUID of version 7, by whose time runs are sorted. Given by the client: a repeated call starts nothing twice.',
    },
    fresh: { type: 'boolean', description: 'Start over, also where that repeats rows.' },
    parameters: PARAMETERS,
  },
  additionalProperties: false,
} as const;

interface StartBody {
  readonly runId?: string;
  readonly fresh?: boolean;
  readonly parameters?: Readonly<Record<string, Scalar>>;
}

interface Body {
  readonly name: string;
  readonly document: TaskDocument;
}

export function taskRoutes(app: FastifyInstance, options: AppOptions): void {
  const { store, runs } = options;
  app.addSchema({ ...SCHEMA, $id: 'task' });
  const find = (w: string, id: string): Promise<Versioned<TaskRow>> =>
    inWorkspace(store.tasks, w, id, 'task');

  app.get(BASE, { schema: { querystring: TASKS.query } }, async (request) => {
    const { w } = request.params as { w: string };
    const query = request.query as NamedQuery;
    const name = query.name?.normalize('NFC');
    const wanted = { ...TASKS.wanted(query), workspace: w, ...(name === undefined ? {} : { name }) };
    return TASKS.page(await store.tasks.list(wanted), (row) => row, query);
  });
  app.post(BASE, { schema: { body: BODY } }, async (request, reply) => {
    const { w } = request.params as { w: string };
    const answer = await idempotent(store, request, async () => {
      const { document } = request.body as Body;
      const name = objectName((request.body as Body).name);
      demandSql(request, document);
      await checkDocument(options, w, document, '/document');
      const now = Date.now();
      const row = { id: uuidv7(), workspace: w, name, document, createdAt: now, updatedAt: now };
      return {
        status: 201,
        location: `/api/v1/workspaces/${w}/tasks/${row.id}`,
        body: await audited(store, request, w, async (within) => {
          // Nobody deletes a data source between this look and the insert.
          await endsOf(within, w, document, '/document');
          const result = await within.tasks.insert(row);
          return { result, act: { action: 'task.create', object: row.id, name, after: row } };
        }),
      };
    });
    return send(reply, answer);
  });
  app.get(`${BASE}/:id`, async (request, reply) => {
    const { w, id } = request.params as { w: string; id: string };
    const row = await find(w, id);
    return sendVersioned(request, reply, row, row);
  });
  app.put(`${BASE}/:id`, { schema: { body: BODY } }, async (request, reply) => {
    const { w, id } = request.params as { w: string; id: string };
    const { document } = request.body as Body;
    const name = objectName((request.body as Body).name);
    const row = await find(w, id);
    guardChange(request, row, 'The task');
    demandSql(request, document, row.document);
    await checkDocument(options, w, document, '/document');
    const updated = await audited(store, request, w, async (within) => {
      await endsOf(within, w, document, '/document');
      const wanted = { ...row, name, document, updatedAt: Date.now() };
      const result = await within.tasks.update(wanted, row.version);
      if (result === undefined) throw stale('The task');
      return { result, act: { action: 'task.update', object: id, name, before: row, after: wanted } };
    });
    return sendVersioned(request, reply, updated, updated);
  });
  app.delete(`${BASE}/:id`, async (request, reply) => {
    const { w, id } = request.params as { w: string; id: string };
    await audited(store, request, w, async (within) => {
      const row = await inWorkspace(within.tasks, w, id, 'task');
      guardChange(request, row, 'The task');
      const active = (await within.runs.list({ parent: id, states: [...ACTIVE_STATES], limit: 1 })).items[0];
      if (active !== undefined)
        throw new SluiceError('SLUICE_RUN_ACTIVE', {
          detail: `The run ${active.id} of the task is ${active.state}.`,
          place: active.id,
        });
      await within.tasks.remove(id);
      return { result: undefined, act: { action: 'task.delete', object: id, name: row.name, before: row } };
    });
    return reply.code(204).send();
  });
  app.post(
    `${BASE}::validate`,
    { schema: { body: DOCUMENT }, ...documentOrText(options) },
    async (request) => {
      const { w } = request.params as { w: string };
      await checkDocument(options, w, request.body as TaskDocument, '');
      return runs.control.validate(w, request.body as TaskDocument);
    },
  );
  app.post(
    `${BASE}::target-table`,
    { schema: { body: DOCUMENT }, ...documentOrText(options) },
    async (request) => {
      const { w } = request.params as { w: string };
      await checkDocument(options, w, request.body as TaskDocument, '');
      return runs.control.targetTable(w, request.body as TaskDocument);
    },
  );
  app.post(
    `${BASE}::dry-run`,
    {
      schema: {
        body: {
          type: 'object',
          properties: { document: DOCUMENT, ...DRY_RUN },
          required: ['document'],
          additionalProperties: false,
        },
      },
    },
    async (request) => {
      const { w } = request.params as { w: string };
      const { document, rows = DRY_ROWS, ...how } = request.body as DryRunBody & { document: TaskDocument };
      await checkDocument(options, w, document, '/document');
      return runs.control.dryRun({ workspace: w, document, rows, ...how });
    },
  );
  app.post(
    `${BASE}/:id([^:/]+)::dry-run`,
    {
      schema: { body: { type: 'object', properties: DRY_RUN, additionalProperties: false } },
      preValidation: bodyOrNone,
    },
    async (request) => {
      const { w, id } = request.params as { w: string; id: string };
      const { document } = await find(w, id);
      const { rows = DRY_ROWS, ...how } = request.body as DryRunBody;
      return runs.control.dryRun({ workspace: w, document, rows, ...how });
    },
  );
  app.post(
    `${BASE}/:id([^:/]+)::run`,
    { schema: { body: START }, preValidation: bodyOrNone },
    async (request, reply) => {
      const answer = await idempotent(store, request, async () => {
        const { w, id } = request.params as { w: string; id: string };
        const { runId, fresh, parameters } = request.body as StartBody;
        const { name } = await find(w, id);
        await auditedAhead(store, request, w, { action: 'run.start', object: id, name });
        const run = await runs.control.start({
          workspace: w,
          task: id,
          trigger: 'api',
          actor: request.principal.actor,
          traceId: request.traceId,
          ...(runId === undefined ? {} : { run: runId }),
          ...(fresh === undefined ? {} : { fresh }),
          ...(parameters === undefined ? {} : { parameters }),
        });
        return { status: 202, location: `/api/v1/workspaces/${w}/runs/${run.id}`, body: shownRun(run) };
      });
      return send(reply, await waited(store, request, reply, answer));
    },
  );
}

/** Statements that somebody with the right has written may stay (B-37). Throws SLUICE_AUTH_FORBIDDEN for others. */
function demandSql(request: FastifyRequest, { write }: TaskDocument, before?: TaskDocument): void {
  const statements = (of: TaskDocument['write']): string =>
    JSON.stringify([of?.preSql ?? [], of?.postSql ?? []]);
  if (statements(write) !== statements(before?.write)) demand(request.principal, 'task.sql');
}

/** More would make a bus busy with nothing but their partitions. */
const MOST_CHANNELS = 1000;

/** Reader and writer exist, their parameters fit the connectors' specs, and statements begin as allowed ones do; `at` is where the document lies in the body. */
async function checkDocument(
  { store }: AppOptions,
  workspace: string,
  document: TaskDocument,
  at: string,
): Promise<void> {
  const { channels = 1 } = document.control ?? {};
  if (channels > MOST_CHANNELS) {
    const detail = `A task has at most ${MOST_CHANNELS} channels: each is a partition of its topics.`;
    const pointer = `${at}/control/channels`;
    throw new SluiceError('SLUICE_CFG_INVALID', { detail, fields: [{ pointer, detail }] });
  }
  const ends = await endsOf(store, workspace, document, at);
  for (const end of ['reader', 'writer'] as const) {
    const { spec, checkReader } = await loadConnector(ends[end].connector);
    const schema = spec[end];
    if (schema === undefined)
      throw new SluiceError('SLUICE_CFG_CONNECTOR', {
        detail: `${spec.title} has no ${end}.`,
        place: `${at}/${end}`,
      });
    if (end === 'writer') {
      validateParameters(schema, document.writer.parameters, `${at}/writer/parameters`);
      continue;
    }
    for (const { parameters, tables } of await readings(store, workspace, document, schema, at)) {
      validateParameters(schema, parameters, `${at}/reader/parameters`);
      within(
        (place) => at + place.replace('/reader/parameters/tables', tables),
        () => checkReader?.(parameters),
      );
    }
  }
  for (const list of ['preSql', 'postSql'] as const)
    document.write?.[list]?.forEach((text, index) => checkBeginning(text, `${at}/write/${list}/${index}`));
}

/** The parameters that each data source of the reader is read by, and where their tables stand. */
async function readings(
  store: AppOptions['store'],
  workspace: string,
  { reader }: TaskDocument,
  { oneOf = [] }: ParameterSchema,
  at: string,
): Promise<{ readonly parameters: Readonly<Record<string, unknown>>; readonly tables: string }[]> {
  const { parameters, sources } = reader;
  if (sources === undefined) return [{ parameters, tables: '/reader/parameters/tables' }];
  await readerSources(store, workspace, reader, `${at}/reader`);
  const both = oneOf.flatMap(({ required }) => required).find((name) => parameters[name] !== undefined);
  if (both === undefined)
    return sources.map(({ tables }, index) => ({
      parameters: { ...parameters, tables },
      tables: `/reader/sources/${index}/tables`,
    }));
  const detail = `Both sources and ${both} are given: keep one of them.`;
  const pointer = `${at}/reader/parameters/${both}`;
  throw new SluiceError('SLUICE_CFG_INVALID', { detail, fields: [{ pointer, detail }] });
}

/** Errors of `body` name other places. */
function within(placed: (place: string) => string, body: () => void): void {
  try {
    body();
  } catch (thrown) {
    if (!(thrown instanceof SluiceError)) throw thrown;
    const { code, detail, hint, place, fields } = thrown;
    throw new SluiceError(code, {
      detail,
      hint,
      ...(place === undefined ? {} : { place: placed(place) }),
      ...(fields === undefined
        ? {}
        : { fields: fields.map((field) => ({ ...field, pointer: placed(field.pointer) })) }),
    });
  }
}

type Ends = Readonly<Record<'reader' | 'writer', Awaited<ReturnType<typeof dataSource>>>>;

/** The data sources of a document. Throws SLUICE_CFG_NOT_FOUND at the one that does not exist. */
async function endsOf(
  store: Pick<Store, 'dataSources'>,
  workspace: string,
  document: TaskDocument,
  at: string,
): Promise<Ends> {
  const found = (end: 'reader' | 'writer'): ReturnType<typeof dataSource> =>
    dataSource(store, workspace, document[end].dataSource).catch((error: unknown) => {
      throw placed(error, `${at}/${end}/dataSource`);
    });
  return { reader: await found('reader'), writer: await found('writer') };
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
