import type { RunRow, SplitRow, Versioned } from '@sluice/ports';
import { addCounts, balances, RESTING_STATES, ZERO_COUNTS } from '@sluice/model';
import type { FastifyInstance } from 'fastify';
import type { AppOptions } from '../app.ts';
import { inWorkspace, page, PAGE_QUERY, type PageQuery } from './workspace.ts';

const BASE = '/api/v1/workspaces/:w/runs';
const FOLLOW_EVERY = 250;

/** A run as the API shows it: the plan holds what workers need, not people. */
export function shownRun(run: Versioned<RunRow>): object {
  const { plan, document: _, workspace: __, ...rest } = run;
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

const LOG_QUERY = {
  type: 'object',
  properties: {
    after: { type: 'integer', minimum: 0 },
    before: { type: 'integer', minimum: 1 },
    from: { type: 'string', enum: ['tail'] },
    limit: { type: 'integer', minimum: 1, maximum: 1000, default: 200 },
    level: { type: 'string', enum: ['debug', 'info', 'warn', 'error'] },
    stage: { type: 'string' },
    q: { type: 'string', maxLength: 200 },
    follow: { type: 'boolean' },
  },
} as const;

interface LogQuery {
  readonly after?: number;
  readonly before?: number;
  readonly from?: 'tail';
  readonly limit: number;
  readonly level?: 'debug' | 'info' | 'warn' | 'error';
  readonly stage?: string;
  readonly q?: string;
  readonly follow?: boolean;
}

export function runRoutes(app: FastifyInstance, options: AppOptions): void {
  const { store, runs } = options;
  const find = (params: unknown): Promise<Versioned<RunRow>> => {
    const { w, id } = params as { w: string; id: string };
    return inWorkspace(store.runs, w, id, 'run');
  };
  const splits = async (run: RunRow): Promise<readonly SplitRow[]> =>
    (await store.splits.list({ parent: run.generation, limit: 10_000 })).items;

  app.get(BASE, { config: { access: 'user' }, schema: { querystring: PAGE_QUERY } }, async (request) => {
    const { w } = request.params as { w: string };
    return page(
      await store.runs.list({ workspace: w, descending: true, ...(request.query as PageQuery) }),
      shownRun,
    );
  });
  app.get(`${BASE}/:id`, { config: { access: 'user' } }, async (request) =>
    shownRun(await find(request.params)),
  );
  for (const verb of ['stop', 'cancel', 'resume'] as const)
    app.post(`${BASE}/:id([^:/]+)::${verb}`, { config: { access: 'user' } }, async (request, reply) =>
      reply.code(202).send(shownRun(await runs.control[verb]((await find(request.params)).id, 'api'))),
    );
  app.post(`${BASE}/:id([^:/]+)::rerun`, { config: { access: 'user' } }, async (request, reply) => {
    const run = await find(request.params);
    return reply.code(202).send(
      shownRun(
        await runs.control.start({
          workspace: run.workspace,
          task: run.parent,
          trigger: 'api',
          actor: 'api',
        }),
      ),
    );
  });
  app.post(
    `${BASE}/:id([^:/]+)::throttle`,
    {
      config: { access: 'user' },
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
      shownRun(await runs.control.throttle((await find(request.params)).id, request.body as object, 'api')),
  );
  app.get(`${BASE}/:id/splits`, { config: { access: 'user' } }, async (request) => ({
    items: (await splits(await find(request.params))).map(shownSplit),
  }));
  app.get(`${BASE}/:id/ledger`, { config: { access: 'user' } }, async (request) => {
    const counts = (await splits(await find(request.params))).reduce(
      (sum, row) => addCounts(sum, row.counts),
      ZERO_COUNTS,
    );
    return { ...counts, balanced: balances(counts) };
  });
  app.get(
    `${BASE}/:id/dirty-records`,
    { config: { access: 'user' }, schema: { querystring: PAGE_QUERY } },
    async (request) =>
      page(
        await store.dirty.list({ parent: (await find(request.params)).id, ...(request.query as PageQuery) }),
        (row) => row,
      ),
  );
  app.get(
    `${BASE}/:id/events`,
    { config: { access: 'user' }, schema: { querystring: PAGE_QUERY } },
    async (request) =>
      page(
        await store.events.list({ parent: (await find(request.params)).id, ...(request.query as PageQuery) }),
        (row) => row,
      ),
  );
  app.get(
    `${BASE}/:id/logs`,
    { config: { access: 'user' }, schema: { querystring: LOG_QUERY } },
    async (request, reply) => {
      const run = await find(request.params);
      const { follow, from, q, ...query } = request.query as LogQuery;
      const wanted = {
        ...query,
        ...(from === 'tail' ? { tail: true } : {}),
        ...(q === undefined ? {} : { text: q }),
      };
      if (follow !== true) return store.logs.read(run.id, wanted);
      reply.hijack();
      const stream = reply.raw;
      stream.writeHead(200, {
        'content-type': 'text/event-stream',
        'cache-control': 'no-store',
        'x-accel-buffering': 'no',
      });
      stream.write('retry: 2000\n\n');
      let after = query.after ?? 0;
      while (!stream.destroyed) {
        const { state } = (await store.runs.get(run.id))!;
        const found = await store.logs.read(run.id, { ...wanted, after });
        after = found.after;
        for (const line of found.lines)
          if (
            !stream.write(
              `id: ${line.n}\nevent: log\ndata: ${options.sources.redactor.redact(JSON.stringify(line))}\n\n`,
            )
          )
            await new Promise<void>((resolve) => stream.once('drain', resolve).once('close', resolve));
        if (RESTING_STATES.has(state) && found.lines.length === 0) break;
        if (found.lines.length === 0) await new Promise((resolve) => setTimeout(resolve, FOLLOW_EVERY));
      }
      stream.end();
    },
  );
}
