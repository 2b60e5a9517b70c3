import { hashSecret, newAccessKey } from '@sluice/auth';
import { uuidv7 } from '@sluice/model';
import type { AccessKeyRow, Versioned, WorkspaceRow } from '@sluice/ports';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { AppOptions } from '../app.ts';
import { audited } from '../audit.ts';
import { shownKey } from './access-keys.ts';
import { fieldsOf } from './answer-schemas.ts';
import { idempotent, send } from './idempotency.ts';
import { objectName } from './object-name.ts';
import { Listing, type NamedQuery } from './listing.ts';

const BASE = '/api/v1/workspaces';

const WORKSPACES = Listing.named(fieldsOf('Workspace'));

const BODY = {
  type: 'object',
  properties: { name: { type: 'string', minLength: 1, maxLength: 200 } },
  required: ['name'],
  additionalProperties: false,
} as const;

function shown({ id, name, createdAt, defaultDataSource }: WorkspaceRow): object {
  return { id, name, createdAt, ...(defaultDataSource === undefined ? {} : { defaultDataSource }) };
}

export function workspaceRoutes(app: FastifyInstance, options: AppOptions): void {
  const { store } = options;
  app.get(BASE, { schema: { querystring: WORKSPACES.query } }, async (request) => {
    const own = request.principal.workspace;
    const query = request.query as NamedQuery;
    const wanted = WORKSPACES.wanted(query);
    const name = query.name?.normalize('NFC');
    if (own === undefined) {
      const found = await store.workspaces.list({ ...wanted, ...(name === undefined ? {} : { name }) });
      return WORKSPACES.page(found, shown, query);
    }
    const row = await store.workspaces.get(own);
    const isAsked = row !== undefined && (name ?? row.name) === row.name;
    return WORKSPACES.page({ items: isAsked ? [row] : [] }, shown, query);
  });
  app.get(`${BASE}/:w`, async (request) =>
    // Authorisation has seen that it exists.
    shown((await store.workspaces.get((request.params as { w: string }).w))!),
  );
  app.post(BASE, { schema: { body: BODY } }, async (request, reply) => {
    const answer = await idempotent(store, request, async () => {
      const { name } = request.body as { name: string };
      const row = await create(options, request, objectName(name));
      const key = newAccessKey();
      const first: AccessKeyRow = {
        id: key.id,
        workspace: row.id,
        name: 'first',
        secretHash: hashSecret(key.secret),
        role: 'owner',
        state: 'enabled',
        createdAt: Date.now(),
      };
      const kept = await audited(store, request, row.id, async (within) => {
        const result = await within.accessKeys.insert(first);
        return {
          result,
          act: { action: 'key.create', object: key.id, name: 'first', after: shownKey(result) },
        };
      });
      const body = { ...shown(row), accessKey: shownKey(kept) };
      return {
        status: 201,
        location: `${BASE}/${row.id}`,
        body: { ...body, accessKey: { ...body.accessKey, key: key.text } },
        repeated: body,
      };
    });
    return send(reply, answer);
  });
}

/** The workspace, then the data source that works at once in it. */
async function create(
  { store, sources, warehouse }: AppOptions,
  request: FastifyRequest,
  name: string,
): Promise<Versioned<WorkspaceRow>> {
  const id = uuidv7();
  const row = await audited(store, request, id, async (within) => {
    const result = await within.workspaces.insert({ id, name, createdAt: Date.now() });
    return { result, act: { action: 'workspace.create', object: id, name } };
  });
  if (warehouse === undefined) return row;
  const { connector, config } = warehouse(row.id);
  const made = await sources.create(row.id, 'warehouse', connector, config);
  return (await store.workspaces.update({ ...row, defaultDataSource: made.id }, row.version)) ?? row;
}
