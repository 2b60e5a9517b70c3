import { SluiceError } from '@sluice/model';
import type { SecretRow, Versioned } from '@sluice/ports';
import type { FastifyInstance } from 'fastify';
import type { AppOptions } from '../app.ts';
import { audited } from '../audit.ts';
import { fieldsOf } from './answer-schemas.ts';
import { Listing, type NamedQuery } from './listing.ts';

const BASE = '/api/v1/workspaces/:w/secrets';

const SECRETS = Listing.named(fieldsOf('Secret'));

const NAME = {
  type: 'object',
  properties: { w: { type: 'string' }, name: { type: 'string', pattern: '^[A-Za-z_][A-Za-z0-9_-]{0,63}$' } },
  required: ['name'],
} as const;

const BODY = {
  type: 'object',
  properties: { value: { type: 'string', minLength: 1, maxLength: 4096 } },
  required: ['value'],
  additionalProperties: false,
} as const;

/** Secrets are write-only: the answer says that they are there (S-25). */
function shown({ name, createdAt, updatedAt }: Versioned<SecretRow>): object {
  return { name, createdAt, updatedAt };
}

export function secretRoutes(app: FastifyInstance, { store, sources }: AppOptions): void {
  app.get(BASE, { schema: { querystring: SECRETS.query } }, async (request) => {
    const { w } = request.params as { w: string };
    const query = request.query as NamedQuery;
    const name = query.name?.normalize('NFC');
    const wanted = { ...SECRETS.wanted(query), workspace: w, ...(name === undefined ? {} : { name }) };
    return SECRETS.page(await store.secrets.list(wanted), shown, query);
  });
  app.put(`${BASE}/:name`, { schema: { params: NAME, body: BODY } }, async (request) => {
    const { w, name } = request.params as { w: string; name: string };
    const { value } = request.body as { value: string };
    const kept = await audited(store, request, w, async (within) => {
      const result = await sources.keepSecret(within, w, name, value);
      return { result, act: { action: 'secret.set', object: result.id, name } };
    });
    return shown(kept);
  });
  app.delete(`${BASE}/:name`, { schema: { params: NAME } }, async (request, reply) => {
    const { w, name } = request.params as { w: string; name: string };
    await audited(store, request, w, async (within) => {
      const [row] = (await within.secrets.list({ workspace: w, name, limit: 1 })).items;
      if (row === undefined) throw new SluiceError('SLUICE_CFG_NOT_FOUND', `No secret ${name}.`);
      await within.secrets.remove(row.id);
      return { result: undefined, act: { action: 'secret.delete', object: row.id, name } };
    });
    return reply.code(204).send();
  });
}
