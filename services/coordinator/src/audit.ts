import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { asSluiceError } from '@sluice/model';
import type { AuditEntry, Audited, Store } from '@sluice/ports';
import type { FastifyRequest } from 'fastify';

/** What a call does to one object. `before` and `after` are the rows: only hashes of them and the names of differing fields are kept. */
export interface Act {
  /** Kind of object and verb: `task.update`. */
  readonly action: string;
  readonly object: string;
  readonly name?: string;
  readonly before?: object;
  readonly after?: object;
}

type Caller = Pick<FastifyRequest, 'ip' | 'traceId' | 'principal'>;

/** Makes a change of a workspace together with its entry in the audit log: both or neither (S-70). */
export function audited<T>(
  store: Store,
  request: Caller,
  workspace: string,
  change: (within: Audited) => Promise<{ readonly result: T; readonly act?: Act }>,
): Promise<T> {
  return store.audit.record(workspace, async (within) => {
    const { result, act } = await change(within);
    return act === undefined ? { result } : { result, entry: entryOf(request, act) };
  });
}

/**
 * Writes down what is asked for before it is done, where the doing is no change of one row: a run is driven by many writes, each with
 * an event of its own. Nothing is done that is not written down.
 */
export function auditedAhead(store: Store, request: Caller, workspace: string, act: Act): Promise<void> {
  return audited(store, request, workspace, async () => ({ result: undefined, act }));
}

/** Writes down that a caller was refused. */
export async function auditRefusal(
  store: Store,
  request: Caller & Pick<FastifyRequest, 'method' | 'routeOptions'>,
  workspace: string,
  error: unknown,
): Promise<void> {
  const object = `${request.method} ${request.routeOptions.url ?? ''}`;
  const entry = {
    ...entryOf(request, { action: 'access.refuse', object }),
    refused: asSluiceError(error).code,
  };
  await store.audit.record(workspace, async () => ({ result: undefined, entry }));
}

function entryOf({ ip, traceId, principal }: Caller, { before, after, ...act }: Act): AuditEntry {
  const changed = before === undefined || after === undefined ? undefined : differing(before, after, '');
  return {
    time: Date.now(),
    actor: principal.actor,
    address: ip,
    ...act,
    ...(before === undefined ? {} : { before: digest(before) }),
    ...(after === undefined ? {} : { after: digest(after) }),
    ...(changed === undefined ? {} : { changed }),
    traceId,
  };
}

function digest(row: object): string {
  return createHash('sha256').update(JSON.stringify(row)).digest('hex');
}

/** Fields that every change touches. */
const ALWAYS = new Set(['/version', '/updatedAt']);
/** A document that is another altogether is said to be that. */
const MOST = 50;

function differing(before: object, after: object, at: string): string[] {
  const found: string[] = [];
  const [old, now] = [before as Record<string, unknown>, after as Record<string, unknown>];
  for (const name of new Set([...Object.keys(old), ...Object.keys(now)])) {
    const pointer = `${at}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    if (ALWAYS.has(pointer) || isDeepStrictEqual(old[name], now[name])) continue;
    if (isObject(old[name]) && isObject(now[name])) found.push(...differing(old[name], now[name], pointer));
    else found.push(pointer);
  }
  return found.length > MOST ? [at] : found;
}

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
