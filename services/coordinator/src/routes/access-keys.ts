import { hashSecret, mayGive, newAccessKey, type Role, ROLES } from '@sluice/auth';
import { SluiceError } from '@sluice/model';
import type { AccessKeyRow, Audited, Store, Versioned } from '@sluice/ports';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { AppOptions } from '../app.ts';
import { audited } from '../audit.ts';
import { fieldsOf } from './answer-schemas.ts';
import { idempotent, send } from './idempotency.ts';
import { Listing, type NamedQuery } from './listing.ts';
import { objectName } from './object-name.ts';
import { inWorkspace } from './workspace.ts';

const BASE = '/api/v1/workspaces/:w/access-keys';

const KEYS = Listing.named(fieldsOf('AccessKey').filter((field) => field !== 'key'));

const BODY = {
  type: 'object',
  properties: {
    name: { type: 'string', minLength: 1, maxLength: 200 },
    role: { type: 'string', enum: ROLES },
    expiresAt: {
      type: 'integer',
      minimum: 1,
      description: 'Milliseconds since 1970; without it the key does not expire.',
    },
  },
  required: ['name', 'role'],
  additionalProperties: false,
} as const;

interface Body {
  readonly name: string;
  readonly role: Role;
  readonly expiresAt?: number;
}

/** Everything but the hash of the secret. */
export function shownKey(row: AccessKeyRow): object {
  const { id, name, role, state, createdAt, lastUsedAt, expiresAt } = row;
  return {
    id,
    name,
    role,
    state,
    createdAt,
    ...(lastUsedAt === undefined ? {} : { lastUsedAt }),
    ...(expiresAt === undefined ? {} : { expiresAt }),
  };
}

export function accessKeyRoutes(app: FastifyInstance, { store }: AppOptions): void {
  const find = (params: unknown): Promise<Versioned<AccessKeyRow>> => {
    const { w, id } = params as { w: string; id: string };
    return inWorkspace(store.accessKeys, w, id, 'access key');
  };
  app.get(BASE, { schema: { querystring: KEYS.query } }, async (request) => {
    const { w } = request.params as { w: string };
    const query = request.query as NamedQuery;
    const name = query.name?.normalize('NFC');
    const wanted = { ...KEYS.wanted(query), workspace: w, ...(name === undefined ? {} : { name }) };
    return KEYS.page(await store.accessKeys.list(wanted), shownKey, query);
  });
  app.get(`${BASE}/:id`, async (request) => shownKey(await find(request.params)));
  app.post(BASE, { schema: { body: BODY } }, async (request, reply) => {
    const answer = await idempotent(store, request, async () => {
      const { w } = request.params as { w: string };
      const { name, role, expiresAt } = request.body as Body;
      if (!mayGive(request.principal.role, role))
        throw new SluiceError('SLUICE_AUTH_FORBIDDEN', {
          detail: `The role ${role} may do what ${request.principal.role} may not.`,
          hint: 'Ask somebody for the key whose own role may do all of it.',
          place: '/role',
        });
      const key = newAccessKey();
      const wanted: AccessKeyRow = {
        id: key.id,
        workspace: w,
        name: objectName(name),
        secretHash: hashSecret(key.secret),
        role,
        state: 'enabled',
        createdAt: Date.now(),
        ...(expiresAt === undefined ? {} : { expiresAt }),
      };
      const row = await audited(store, request, w, async (within) => {
        const result = await within.accessKeys.insert(wanted);
        const act = { action: 'key.create', object: result.id, name: result.name, after: shownKey(result) };
        return { result, act };
      });
      // A repeated call cannot show the secret again: only its hash was kept.
      return {
        status: 201,
        location: `/api/v1/workspaces/${w}/access-keys/${row.id}`,
        body: { ...shownKey(row), key: key.text },
        repeated: shownKey(row),
      };
    });
    return send(reply, answer);
  });
  app.post(`${BASE}/:id([^:/]+)::disable`, async (request) => shownKey(await disable(store, request)));
}

/** Throws SLUICE_CFG_CONFLICT for the last key of an owner: nobody could let anybody in again. */
function disable(store: Store, request: FastifyRequest): Promise<AccessKeyRow> {
  const { w, id } = request.params as { w: string; id: string };
  return audited<AccessKeyRow>(store, request, w, async (within) => {
    const row = await inWorkspace(within.accessKeys, w, id, 'access key');
    if (row.state === 'disabled') return { result: row };
    if (row.role === 'owner' && !(await hasAnotherOwner(within, row)))
      throw new SluiceError('SLUICE_CFG_CONFLICT', {
        detail: 'This is the last enabled owner key of the workspace.',
        hint: 'Create another owner key first.',
        place: `slk_${row.id}`,
      });
    const result = await within.accessKeys.update({ ...row, state: 'disabled' }, row.version);
    // Its last use was noted at this moment.
    if (result === undefined)
      throw new SluiceError('SLUICE_CFG_CONFLICT', 'The key is in use at this moment.');
    return { result, act: { action: 'key.disable', object: row.id, name: row.name } };
  });
}

async function hasAnotherOwner(store: Audited, { id, workspace }: AccessKeyRow): Promise<boolean> {
  let cursor: string | undefined;
  do {
    const found = await store.accessKeys.list({
      workspace,
      states: ['enabled'],
      ...(cursor === undefined ? {} : { cursor }),
    });
    const isOther = (row: AccessKeyRow): boolean =>
      row.id !== id && row.role === 'owner' && (row.expiresAt ?? Infinity) > Date.now();
    if (found.items.some(isOther)) return true;
    cursor = found.nextCursor;
  } while (cursor !== undefined);
  return false;
}
