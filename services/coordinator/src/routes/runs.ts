import type { RunRow, SplitRow, Versioned } from '@sluice/ports';
import { addCounts, balances, RUN_TRANSITIONS, type RunState, ZERO_COUNTS } from '@sluice/model';
import type { FastifyInstance } from 'fastify';
import type { AppOptions } from '../app.ts';
import { auditedAhead } from '../audit.ts';
import { fieldsOf } from './answer-schemas.ts';
import { idempotent, send } from './idempotency.ts';
import { BETWEEN, Listing, type PageQuery } from './listing.ts';
import { LOG_QUERY, sendLogs } from './run-logs.ts';
import { shownEvent, shownRun, shownSplit } from './run-shown.ts';
import { waited } from './waiting.ts';
import { inWorkspace } from './workspace.ts';

const BASE = '/api/v1/workspaces/:w/runs';

const RUNS = new Listing(
  fieldsOf('Run'),
  {
    state: { type: 'string', enum: Object.keys(RUN_TRANSITIONS) },
    task: { type: 'string', maxLength: 200, description: 'Id of a task.' },
    ...BETWEEN,
  },
  { createdAt: 'id' },
  '-createdAt',
);
const EVENTS = new Listing(fieldsOf('RunEvent'), {}, { time: 'id' }, 'time');

interface RunsQuery extends PageQuery {
  readonly state?: RunState;
  readonly task?: string;
  readonly since?: number;
  readonly until?: number;
}

export function runRoutes(app: FastifyInstance, options: AppOptions): void {
  const { store, runs } = options;
  const find = (params: unknown): Promise<Versioned<RunRow>> => {
    const { w, id } = params as { w: string; id: string };
    return inWorkspace(store.runs, w, id, 'run');
  };
  const splits = async (run: RunRow): Promise<readonly SplitRow[]> =>
    (await store.splits.list({ parent: run.generation, limit: 10_000 })).items;

  app.get(BASE, { schema: { querystring: RUNS.query } }, async (request) => {
    const { w } = request.params as { w: string };
    const query = request.query as RunsQuery;
    const { state, task, since, until } = query;
    const found = await store.runs.list({
      ...RUNS.wanted(query),
      ...(state === undefined ? {} : { states: [state] }),
      ...(task === undefined ? {} : { parent: task }),
      ...(since === undefined ? {} : { since }),
      ...(until === undefined ? {} : { until }),
      workspace: w,
    });
    return RUNS.page(found, shownRun, query);
  });
  app.get(`${BASE}/:id`, async (request) => shownRun(await find(request.params)));
  for (const verb of ['stop', 'cancel', 'resume'] as const)
    app.post(`${BASE}/:id([^:/]+)::${verb}`, async (request, reply) => {
      const { id, workspace } = await find(request.params);
      await auditedAhead(store, request, workspace, { action: `run.${verb}`, object: id });
      const body = shownRun(await runs.control[verb](id, request.principal.actor));
      return send(reply, await waited(store, request, reply, { status: 202, body }));
    });
  app.post(`${BASE}/:id([^:/]+)::rerun`, async (request, reply) => {
    const answer = await idempotent(store, request, async () => {
      const { id, workspace, parent, parameters } = await find(request.params);
      await auditedAhead(store, request, workspace, { action: 'run.rerun', object: id });
      const { traceId } = request;
      const { actor } = request.principal;
      const run = await runs.control.start({
        workspace,
        task: parent,
        trigger: 'api',
        actor,
        traceId,
        ...(parameters === undefined ? {} : { parameters }),
      });
      return { status: 202, location: `/api/v1/workspaces/${workspace}/runs/${run.id}`, body: shownRun(run) };
    });
    return send(reply, await waited(store, request, reply, answer));
  });
  app.post(
    `${BASE}/:id([^:/]+)::throttle`,
    {
      schema: {
        body: {
          type: 'object',
          properties: {
            rowsPerSecond: { type: 'integer', minimum: 1 },
            bytesPerSecond: { type: 'integer', minimum: 1 },
          },
          additionalProperties: false,
        },
      },
    },
    async (request) => {
      const { id, workspace } = await find(request.params);
      await auditedAhead(store, request, workspace, { action: 'run.throttle', object: id });
      return shownRun(await runs.control.throttle(id, request.body as object, request.principal.actor));
    },
  );
  app.get(`${BASE}/:id/splits`, async (request) => ({
    items: (await splits(await find(request.params))).map(shownSplit),
  }));
  app.get(`${BASE}/:id/ledger`, async (request) => {
    const run = await find(request.params);
    const counts = (await splits(run)).reduce((sum, row) => addCounts(sum, row.counts), ZERO_COUNTS);
    const { replays = [] } = run;
    const gone = replays.reduce((sum, { read, dirty }) => sum + read - dirty, 0);
    return { ...counts, balanced: balances(counts), stillDirty: counts.dirty - gone, replays };
  });
  app.get(`${BASE}/:id/events`, { schema: { querystring: EVENTS.query } }, async (request) => {
    const query = request.query as PageQuery;
    const { id: parent } = await find(request.params);
    return EVENTS.page(await store.events.list({ ...EVENTS.wanted(query), parent }), shownEvent, query);
  });
  app.get(`${BASE}/:id/logs`, { schema: { querystring: LOG_QUERY } }, async (request, reply) =>
    sendLogs(options, request, reply, await find(request.params)),
  );
}
