import type { WorkerRow } from '@sluice/ports';
import type { FastifyInstance } from 'fastify';
import type { AppOptions } from '../app.ts';
import { fieldsOf } from './answer-schemas.ts';
import { Listing, type PageQuery } from './listing.ts';

const WORKERS = new Listing(
  fieldsOf('Worker'),
  { state: { type: 'string', enum: ['alive', 'gone'] } },
  { startedAt: 'id' },
  '-startedAt',
);

interface Query extends PageQuery {
  readonly state?: 'alive' | 'gone';
}

/** `alive` as of now: nobody may have looked since the lease of a dead worker ended. */
function shown(row: WorkerRow, leaseMs: number): object {
  const { id, name, group, stages, renewedAt, startedAt } = row;
  const state = row.state === 'alive' && Date.now() - renewedAt <= leaseMs ? 'alive' : 'gone';
  return { id, name, state, group, stages, renewedAt, startedAt };
}

/** Workers serve every workspace; the one that was started last comes first. */
export function workerRoutes(app: FastifyInstance, { store, runs }: AppOptions): void {
  app.get('/api/v1/workers', { schema: { querystring: WORKERS.query } }, async (request) => {
    const query = request.query as Query;
    const states = query.state === undefined ? {} : { states: [query.state] };
    const found = await store.workers.list({ ...WORKERS.wanted(query), ...states });
    return WORKERS.page(found, (row) => shown(row, runs.leaseMs), query);
  });
}
