import { guardChange, sendVersioned, stale } from '@sluice/http-kit';
import { SluiceError } from '@sluice/model';
import type { Audited, DataSourceRow, Versioned } from '@sluice/ports';
import type { FastifyInstance } from 'fastify';
import type { AppOptions } from '../app.ts';
import { audited, auditedAhead } from '../audit.ts';
import { everything } from '../runs/context.ts';
import { fieldsOf } from './answer-schemas.ts';
import { idempotent, send } from './idempotency.ts';
import { Listing, type NamedQuery } from './listing.ts';
import { objectName } from './object-name.ts';
import { inWorkspace } from './workspace.ts';

const BASE = '/api/v1/workspaces/:w/data-sources';

const SOURCES = Listing.named(fieldsOf('DataSource'));

const BODY = {
  type: 'object',
  properties: {
    name: { type: 'string', minLength: 1, maxLength: 200 },
    connector: { type: 'string' },
    config: { type: 'object' },
  },
  required: ['name', 'connector', 'config'],
  additionalProperties: false,
} as const;

const TABLES_QUERY = {
  type: 'object',
  properties: {
    limit: { type: 'integer', minimum: 1, maximum: 1000 },
    search: { type: 'string', maxLength: 200, description: 'Part of the name.' },
  },
  additionalProperties: false,
} as const;

interface Body {
  readonly name: string;
  readonly connector: string;
  readonly config: Record<string, unknown>;
}

/** Secrets are write-only: the answer says that they are set (S-25). */
function shown(row: Versioned<DataSourceRow>): object {
  const { id, name, connector, config, secrets, createdAt, updatedAt, version } = row;
  const set = Object.fromEntries(Object.keys(secrets).map((field) => [field, { set: true, updatedAt }]));
  return { id, name, connector, config, secrets: set, createdAt, updatedAt, version };
}

export function dataSourceRoutes(app: FastifyInstance, options: AppOptions): void {
  const { store, sources, runs } = options;
  const find = (w: string, id: string): Promise<Versioned<DataSourceRow>> =>
    inWorkspace(store.dataSources, w, id, 'data source');

  app.get(BASE, { schema: { querystring: SOURCES.query } }, async (request) => {
    const { w } = request.params as { w: string };
    const query = request.query as NamedQuery;
    const name = query.name?.normalize('NFC');
    const wanted = { ...SOURCES.wanted(query), workspace: w, ...(name === undefined ? {} : { name }) };
    return SOURCES.page(await store.dataSources.list(wanted), shown, query);
  });
  app.post(BASE, { schema: { body: BODY } }, async (request, reply) => {
    const { w } = request.params as { w: string };
    const answer = await idempotent(store, request, async () => {
      const { name, connector, config } = request.body as Body;
      const row = await sources.create(w, objectName(name), connector, config, (wanted) =>
        audited(store, request, w, async (within) => {
          const result = await within.dataSources.insert(wanted);
          const act = { action: 'source.create', object: wanted.id, name: wanted.name, after: wanted };
          return { result, act };
        }),
      );
      return { status: 201, location: `/api/v1/workspaces/${w}/data-sources/${row.id}`, body: shown(row) };
    });
    return send(reply, answer);
  });
  app.get(`${BASE}/:id`, async (request, reply) => {
    const { w, id } = request.params as { w: string; id: string };
    const row = await find(w, id);
    return sendVersioned(request, reply, row, shown(row));
  });
  app.put(
    `${BASE}/:id`,
    {
      schema: {
        body: {
          type: 'object',
          properties: { config: BODY.properties.config },
          required: ['config'],
          additionalProperties: false,
        },
      },
    },
    async (request, reply) => {
      const { w, id } = request.params as { w: string; id: string };
      const row = await find(w, id);
      guardChange(request, row, 'The data source');
      const wanted = await sources.changed(row, (request.body as Body).config);
      const updated = await audited(store, request, w, async (within) => {
        const result = await within.dataSources.update(wanted, row.version);
        if (result === undefined) throw stale('The data source');
        const act = { action: 'source.update', object: id, name: row.name, before: row, after: wanted };
        return { result, act };
      });
      return sendVersioned(request, reply, updated, shown(updated));
    },
  );
  app.delete(`${BASE}/:id`, async (request, reply) => {
    const { w, id } = request.params as { w: string; id: string };
    await audited(store, request, w, async (within) => {
      const row = await inWorkspace(within.dataSources, w, id, 'data source');
      guardChange(request, row, 'The data source');
      await refuseUsed(within, row);
      await within.dataSources.remove(id);
      return { result: undefined, act: { action: 'source.delete', object: id, name: row.name, before: row } };
    });
    return reply.code(204).send();
  });
  app.post(`${BASE}/:id([^:/]+)::check`, async (request) => {
    const { w, id } = request.params as { w: string; id: string };
    const { id: dataSource, name } = await find(w, id);
    await auditedAhead(store, request, w, { action: 'source.check', object: id, name });
    return {
      stages: await runs.errands.ask({ kind: 'check', dataSource }, { stage: 'read', timeoutMs: 12_000 }),
    };
  });
  app.get(`${BASE}/:id/tables`, { schema: { querystring: TABLES_QUERY } }, async (request) => {
    const { w, id } = request.params as { w: string; id: string };
    const { search, limit } = request.query as { limit?: number; search?: string };
    const dataSource = (await find(w, id)).id;
    const asked = {
      kind: 'tables' as const,
      dataSource,
      limit: limit ?? 200,
      ...(search === undefined ? {} : { search }),
    };
    return { items: await runs.errands.ask(asked, { stage: 'read', timeoutMs: 12_000 }) };
  });
}

/** Throws SLUICE_CFG_CONFLICT while a task reads from the data source or writes to it: the task could not run any more. */
async function refuseUsed(store: Audited, { id, name, workspace }: DataSourceRow): Promise<void> {
  for (const task of await everything(store.tasks, { workspace })) {
    const { reader, writer } = task.document;
    if (![reader.dataSource, writer.dataSource].some((used) => used === id || used.normalize('NFC') === name))
      continue;
    throw new SluiceError('SLUICE_CFG_CONFLICT', {
      detail: `The task ${task.name} uses the data source ${name}.`,
      place: task.id,
      hint: 'Give the task another data source, or delete it first.',
    });
  }
}
