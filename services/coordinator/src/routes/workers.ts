import type { WorkerRow } from '@sluice/ports';
import type { FastifyInstance } from 'fastify';
import type { AppOptions } from '../app.ts';
import { LEASE } from '../runs/workers.ts';
import { page, PAGE_QUERY, type PageQuery } from './workspace.ts';

interface Query extends PageQuery {
  readonly state?: 'alive' | 'gone';
}

/** `alive` as of now: nobody may have looked since the lease of a dead worker ended. */
function shown(row: WorkerRow): object {
  const { id, name, group, stages, renewedAt, startedAt } = row;
  const state = row.state === 'alive' && Date.now() - renewedAt <= LEASE ? 'alive' : 'gone';
  return { id, name, state, group, stages, renewedAt, startedAt };
}

/** Workers serve every workspace; the one that was started last comes first. */
export function workerRoutes(app: FastifyInstance, { store }: AppOptions): void {
  app.get(
    '/api/v1/workers',
    {
      schema: {
        querystring: {
          type: 'object',
          properties: { ...PAGE_QUERY.properties, state: { type: 'string', enum: ['alive', 'gone'] } },
          additionalProperties: false,
        },
      },
    },
    async (request) => {
      const { state, ...query } = request.query as Query;
      const states = state === undefined ? {} : { states: [state] };
      return page(await store.workers.list({ ...query, ...states, descending: true }), shown);
    },
  );
}
