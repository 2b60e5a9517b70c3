import type { FastifyInstance } from 'fastify';
import type { AppOptions } from '../app.ts';
import { BETWEEN } from './listing.ts';

const BASE = '/api/v1/workspaces/:w/audit';

const TEXT = { type: 'string', maxLength: 200 } as const;

const QUERY = {
  type: 'object',
  properties: {
    limit: { type: 'integer', minimum: 1, maximum: 200 },
    before: { type: 'integer', minimum: 1, description: '`nextBefore` of the page before.' },
    actor: TEXT,
    action: { ...TEXT, description: 'For example `task.update`.' },
    object: { ...TEXT, description: 'Id of the object.' },
    ...BETWEEN,
  },
  additionalProperties: false,
} as const;

interface Query {
  readonly limit?: number;
  readonly before?: number;
  readonly actor?: string;
  readonly action?: string;
  readonly object?: string;
  readonly since?: number;
  readonly until?: number;
}

/** Entries of one page when the caller does not say. */
const PAGE = 50;

/** The audit log of a workspace (S-70): who did what, the newest first, and whether it is whole. */
export function auditRoutes(app: FastifyInstance, { store }: AppOptions): void {
  app.get(BASE, { schema: { querystring: QUERY } }, async (request) => {
    const { w } = request.params as { w: string };
    const { limit = PAGE, ...query } = request.query as Query;
    const { entries, nextBefore } = await store.audit.read(w, { ...query, limit });
    return nextBefore === undefined ? { items: entries } : { items: entries, nextBefore };
  });
  app.get(`${BASE}/verdict`, (request) => store.audit.verify((request.params as { w: string }).w));
}
