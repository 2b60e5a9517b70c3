import { guardChange, sendVersioned, stale } from '@sluice/http-kit';
import { SluiceError } from '@sluice/model';
import type { Audited, DataSourceRow, Versioned } from '@sluice/ports';
import type { Surroundings } from '@sluice/script';
import type { FastifyInstance } from 'fastify';
import type { AppOptions } from '../app.ts';
import { audited } from '../audit.ts';
import { everything } from '../runs/context.ts';
import { scriptSurroundings } from '../script-surroundings.ts';
import { fieldsOf } from './answer-schemas.ts';
import { idempotent, send } from './idempotency.ts';
import { Listing, type NamedQuery } from './listing.ts';
import { objectName } from './object-name.ts';
import { shownConfig } from './shown-config.ts';
import { inWorkspace } from './workspace.ts';

const BASE = '/api/v1/workspaces/:w/data-sources';

const SOURCES = Listing.named(fieldsOf('DataSource'));

const RESOURCE_GROUP = {
  type: 'string',
  minLength: 1,
  maxLength: 100,
  description: 'Workers that can reach it; `default` without it.',
} as const;

const BODY = {
  type: 'object',
  properties: {
    name: { type: 'string', minLength: 1, maxLength: 200 },
    connector: { type: 'string' },
    config: { type: 'object' },
    resourceGroup: RESOURCE_GROUP,
  },
  required: ['name', 'connector', 'config'],
  additionalProperties: false,
} as const;

interface Body {
  readonly name: string;
  readonly connector: string;
  readonly config: Record<string, unknown>;
  readonly resourceGroup?: string;
}

/** Secrets are write-only: the answer says that they are set (S-25). */
function shownSource(row: Versioned<DataSourceRow>, specs: Surroundings): object {
  const { id, name, connector, secrets, resourceGroup, createdAt, updatedAt, version } = row;
  const config = shownConfig(row.config, specs.connector(connector)?.dataSource);
  const set = Object.fromEntries(Object.keys(secrets).map((field) => [field, { set: true, updatedAt }]));
  const group = resourceGroup === undefined ? {} : { resourceGroup };
  return { id, name, connector, ...config, secrets: set, ...group, createdAt, updatedAt, version };
}

/** How rows are shown, with the specs of all connectors. */
async function showing(): Promise<(row: Versioned<DataSourceRow>) => object> {
  const specs = await scriptSurroundings();
  return (row) => shownSource(row, specs);
}

export function dataSourceRoutes(app: FastifyInstance, options: AppOptions): void {
  const { store, sources } = options;
  const find = (w: string, id: string): Promise<Versioned<DataSourceRow>> =>
    inWorkspace(store.dataSources, w, id, 'data source');

  app.get(BASE, { schema: { querystring: SOURCES.query } }, async (request) => {
    const { w } = request.params as { w: string };
    const query = request.query as NamedQuery;
    const name = query.name?.normalize('NFC');
    const wanted = { ...SOURCES.wanted(query), workspace: w, ...(name === undefined ? {} : { name }) };
    return SOURCES.page(await store.dataSources.list(wanted), await showing(), query);
  });
  app.post(BASE, { schema: { body: BODY } }, async (request, reply) => {
    const { w } = request.params as { w: string };
    const answer = await idempotent(store, request, async () => {
      const { name, connector, config, resourceGroup } = request.body as Body;
      const row = await sources.create(
        w,
        objectName(name),
        connector,
        config,
        (wanted) =>
          audited(store, request, w, async (within) => {
            const result = await within.dataSources.insert(wanted);
            const act = { action: 'source.create', object: wanted.id, name: wanted.name, after: wanted };
            return { result, act };
          }),
        resourceGroup,
      );
      return {
        status: 201,
        location: `/api/v1/workspaces/${w}/data-sources/${row.id}`,
        body: (await showing())(row),
      };
    });
    return send(reply, answer);
  });
  app.get(`${BASE}/:id`, async (request, reply) => {
    const { w, id } = request.params as { w: string; id: string };
    const row = await find(w, id);
    return sendVersioned(request, reply, row, (await showing())(row));
  });
  app.put(
    `${BASE}/:id`,
    {
      schema: {
        body: {
          type: 'object',
          properties: { config: BODY.properties.config, resourceGroup: RESOURCE_GROUP },
          required: ['config'],
          additionalProperties: false,
        },
      },
    },
    async (request, reply) => {
      const { w, id } = request.params as { w: string; id: string };
      const row = await find(w, id);
      guardChange(request, row, 'The data source');
      const { config, resourceGroup } = request.body as Body;
      const wanted = await sources.changed(row, config, resourceGroup);
      const updated = await audited(store, request, w, async (within) => {
        const result = await within.dataSources.update(wanted, row.version);
        if (result === undefined) throw stale('The data source');
        const act = { action: 'source.update', object: id, name: row.name, before: row, after: wanted };
        return { result, act };
      });
      return sendVersioned(request, reply, updated, (await showing())(updated));
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
}

/** Throws SLUICE_CFG_CONFLICT while a task reads from the data source or writes to it: the task could not run any more. */
async function refuseUsed(store: Audited, { id, name, workspace }: DataSourceRow): Promise<void> {
  for (const task of await everything(store.tasks, { workspace })) {
    const { reader, writer } = task.document;
    if (
      ![reader, writer, ...(reader.sources ?? [])].some(
        ({ dataSource: used }) => used === id || used.normalize('NFC') === name,
      )
    )
      continue;
    throw new SluiceError('SLUICE_CFG_CONFLICT', {
      detail: `The task ${task.name} uses the data source ${name}.`,
      place: task.id,
      hint: 'Give the task another data source, or delete it first.',
    });
  }
}
