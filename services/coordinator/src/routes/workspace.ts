import { SluiceError } from '@sluice/model';
import type { Collection, Indexed, Versioned } from '@sluice/ports';

export interface PageQuery {
  readonly limit?: number;
  readonly cursor?: string;
}

export interface NamedQuery extends PageQuery {
  readonly name?: string;
}

const PAGE = {
  limit: { type: 'integer', minimum: 1, maximum: 200 },
  cursor: { type: 'string', maxLength: 500, description: '`nextCursor` of the page before.' },
} as const;

/** Nothing else may be given: a query must not be able to name another workspace. */
export const PAGE_QUERY = { type: 'object', properties: PAGE, additionalProperties: false } as const;

/** For objects that are known by name within their workspace. */
export const NAMED_QUERY = {
  type: 'object',
  properties: { ...PAGE, name: { type: 'string', maxLength: 200, description: 'Exact name.' } },
  additionalProperties: false,
} as const;

/** An object by id; one of another workspace does not exist (S-12). */
export async function inWorkspace<T extends Indexed>(
  collection: Collection<T>,
  workspace: string,
  id: string,
  what: string,
): Promise<Versioned<T>> {
  const row = await collection.get(id);
  if (row === undefined || row.workspace !== workspace)
    throw new SluiceError('SLUICE_CFG_NOT_FOUND', `No ${what} ${id}.`);
  return row;
}

export function page<T, U>(
  found: { items: readonly T[]; nextCursor?: string },
  shown: (row: T) => U,
): { items: U[]; nextCursor?: string } {
  const items = found.items.map(shown);
  return found.nextCursor === undefined ? { items } : { items, nextCursor: found.nextCursor };
}
