import type { RunRow, SplitRow, Versioned } from '@sluice/ports';
import { addCounts, balances, RUN_TRANSITIONS, type RunState, ZERO_COUNTS } from '@sluice/model';
import type { FastifyInstance } from 'fastify';
import type { AppOptions } from '../app.ts';
import { idempotent } from './idempotency.ts';
import { LOG_QUERY, sendLogs } from './run-logs.ts';
import { inWorkspace, page, PAGE_QUERY, type PageQuery } from './workspace.ts';

const BASE = '/api/v1/workspaces/:w/runs';

/** A run as the API shows it: the plan holds what workers need, not people. */
export function shownRun(run: Versioned<RunRow>): object {
  const { plan, document: _, workspace: __, event: ___, ...rest } = run;
  const planned =
    plan === undefined
      ? {}
      : {
          channels: plan.channels,
          splits: plan.read.splits.length,
          mapped: plan.mapped,
          mode: plan.write.mode,
        };
  return { ...rest, task: run.parent, plan: planned };
}

function shownSplit(row: SplitRow): object {
  const { ordinal, channel, split, state, owner, seq, counts, position } = row;
  return {
    split: ordinal,
    channel,
    label: split.label,
    state,
    reader: owner,
    committed: seq,
    position,
    counts,
  };
}

const RUNS_QUERY = {
  type: 'object',
  properties: {
    ...PAGE_QUERY.properties,
    state: { type: 'string', enum: Object.keys(RUN_TRANSITIONS) },
    task: { type: 'string', maxLength: 200, description: 'Id of a task.' },
  },
  additionalProperties: false,
};

interface RunsQuery extends PageQuery {
  readonly state?: RunState;
  readonly task?: string;
}

export function runRoutes(app: FastifyInstance, options: AppOptions): void {
  const { store, runs } = options;
  const find = (params: unknown): Promise<Versioned<RunRow>> => {
    const { w, id } = params as { w: string; id: string };
    return inWorkspace(store.runs, w, id, 'run');
  };
  const splits = async (run: RunRow): Promise<readonly SplitRow[]> =>
    (await store.splits.list({ parent: run.generation, limit: 10_000 })).items;

  app.get(BASE, { schema: { querystring: RUNS_QUERY } }, async (request) => {
    const { w } = request.params as { w: string };
    const { state, task, ...query } = request.query as RunsQuery;
    const found = await store.runs.list({
      ...query,
      ...(state === undefined ? {} : { states: [state] }),
      ...(task === undefined ? {} : { parent: task }),
      workspace: w,
      descending: true,
    });
    return page(found, shownRun);
  });
  app.get(`${BASE}/:id`, async (request) => shownRun(await find(request.params)));
  for (const verb of ['stop', 'cancel', 'resume'] as const)
    app.post(`${BASE}/:id([^:/]+)::${verb}`, async (request, reply) =>
      reply
        .code(202)
        .send(shownRun(await runs.control[verb]((await find(request.params)).id, request.principal.actor))),
    );
  app.post(`${BASE}/:id([^:/]+)::rerun`, (request, reply) =>
    idempotent(store, request, reply, async () => {
      const { workspace, parent } = await find(request.params);
      const { actor } = request.principal;
      const run = await runs.control.start({ workspace, task: parent, trigger: 'api', actor });
      reply.header('location', `/api/v1/workspaces/${workspace}/runs/${run.id}`);
      return { status: 202, body: shownRun(run) };
    }),
  );
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
    async (request) =>
      shownRun(
        await runs.control.throttle(
          (await find(request.params)).id,
          request.body as object,
          request.principal.actor,
        ),
      ),
  );
  app.get(`${BASE}/:id/splits`, async (request) => ({
    items: (await splits(await find(request.params))).map(shownSplit),
  }));
  app.get(`${BASE}/:id/ledger`, async (request) => {
    const counts = (await splits(await find(request.params))).reduce(
      (sum, row) => addCounts(sum, row.counts),
      ZERO_COUNTS,
    );
    return { ...counts, balanced: balances(counts) };
  });
  app.get(`${BASE}/:id/dirty-records`, { schema: { querystring: PAGE_QUERY } }, async (request) =>
    page(
      await store.dirty.list({ ...(request.query as PageQuery), parent: (await find(request.params)).id }),
      (row) => row,
    ),
  );
  app.get(`${BASE}/:id/events`, { schema: { querystring: PAGE_QUERY } }, async (request) =>
    page(
      await store.events.list({ ...(request.query as PageQuery), parent: (await find(request.params)).id }),
      (row) => row,
    ),
  );
  app.get(`${BASE}/:id/logs`, { schema: { querystring: LOG_QUERY } }, async (request, reply) =>
    sendLogs(options, request, reply, await find(request.params)),
  );
}
