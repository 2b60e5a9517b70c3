import { hashSecret, mayDo, parseAccessKey, type Permission, verifySecret } from '@sluice/auth';
import type { Principal } from '@sluice/http-kit';
import { SluiceError } from '@sluice/model';
import type { AccessKeyRow, Store, Versioned } from '@sluice/ports';
import type { FastifyRequest } from 'fastify';
import { auditRefusal } from './audit.ts';
import type { RouteAccess } from './routes/permissions.ts';

export interface AuthorizeOptions {
  readonly store: Store;
  readonly workerToken: string;
  /** Loopback without login; anything else asks for an access key. */
  readonly isOpen: boolean;
}

/** The last use of a key is written down at most this often (milliseconds). */
const LAST_USED = 60_000;
const LOOPBACK = ['127.0.0.1', 'localhost', '::1', '[::1]'];
const LOCAL: Principal = { actor: 'local', role: 'owner' };

/** Answers who sends a request, or throws SLUICE_AUTH_MISSING, SLUICE_AUTH_FORBIDDEN; a workspace of others is SLUICE_CFG_NOT_FOUND. */
export function authorizer(
  options: AuthorizeOptions,
): (request: FastifyRequest, access: string) => Promise<Principal> {
  const tokenHash = hashSecret(options.workerToken);
  return async (request, access) => {
    const needed = access as Exclude<RouteAccess, 'open'>;
    if (needed === 'worker') return worker(request, tokenHash);
    const principal = options.isOpen ? local(request) : await keyHolder(options.store, request);
    // Other people's workspaces do not exist (S-12), whatever the role.
    const { w } = request.params as { w?: string };
    if (w !== undefined) await inReach(options.store, principal, w);
    if (needed !== 'any-key') await demanded(options.store, request, principal, needed);
    return principal;
  };
}

/** Throws SLUICE_AUTH_FORBIDDEN unless the role gives the permission. */
export function demand({ role }: Principal, permission: Permission): void {
  if (mayDo(role, permission)) return;
  throw new SluiceError('SLUICE_AUTH_FORBIDDEN', {
    detail: `The role ${role} does not give the permission ${permission}.`,
    hint: `Use an access key of a role with ${permission}, or ask the owner of the workspace for one.`,
  });
}

/** As `demand`; who is refused is written down. */
async function demanded(
  store: Store,
  request: FastifyRequest,
  principal: Principal,
  needed: Permission,
): Promise<void> {
  try {
    demand(principal, needed);
  } catch (error) {
    await noteRefusal(store, request, principal, error);
    throw error;
  }
}

/** A refusal that cannot be written down is one all the same. */
async function noteRefusal(
  store: Store,
  request: FastifyRequest,
  principal: Principal,
  error: unknown,
): Promise<void> {
  const { ip, traceId, method, routeOptions } = request;
  const caller = { ip, traceId, principal, method, routeOptions };
  if (principal.workspace !== undefined)
    await auditRefusal(store, caller, principal.workspace, error).catch(() => undefined);
}

/** Throws SLUICE_CFG_NOT_FOUND for a workspace that does not exist or that the key does not belong to. */
export async function inReach(store: Store, principal: Principal, workspace: string): Promise<void> {
  const isOurs = principal.workspace === undefined || principal.workspace === workspace;
  if (!isOurs || (await store.workspaces.get(workspace)) === undefined)
    throw new SluiceError('SLUICE_CFG_NOT_FOUND', {
      detail: `No workspace ${workspace}.`,
      hint: 'List the workspaces: GET /api/v1/workspaces.',
    });
}

/** Whether a key that was good a moment ago still is: streams ask again while they last. */
export async function stillAllowed(store: Store, { actor }: Principal): Promise<boolean> {
  if (!actor.startsWith('slk_')) return true;
  const row = await store.accessKeys.get(actor.slice('slk_'.length));
  return row !== undefined && isGood(row);
}

function worker(request: FastifyRequest, tokenHash: string): Principal {
  if (verifySecret(bearer(request), tokenHash)) return { actor: 'worker', role: 'worker' };
  throw new SluiceError('SLUICE_AUTH_MISSING', {
    detail: 'No valid worker token was sent.',
    hint: 'Give the worker the token of the coordinator: SLUICE_TOKEN.',
  });
}

/**
 * Without login only the loopback names may be asked for: a web page that rebinds its name gets nothing. Nor may a page of another site
 * change anything here: a browser says for whom it asks (S-9).
 */
function local(request: FastifyRequest): Principal {
  if (isForeign(request) && request.method !== 'GET' && request.method !== 'HEAD')
    throw new SluiceError('SLUICE_AUTH_FORBIDDEN', {
      detail: 'Without login this server does nothing for pages of other sites.',
      hint: 'Use the command line, or a page of this server.',
    });
  if (LOOPBACK.includes(request.hostname)) return LOCAL;
  throw new SluiceError('SLUICE_AUTH_FORBIDDEN', {
    detail: 'Without login this server answers to loopback names only.',
    hint: 'Ask for 127.0.0.1 or localhost.',
  });
}

function isForeign({ headers, host }: FastifyRequest): boolean {
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return true;
  const { origin } = headers;
  return origin !== undefined && (!URL.canParse(origin) || new URL(origin).host !== host);
}

async function keyHolder(store: Store, request: FastifyRequest): Promise<Principal> {
  const key = parseAccessKey(bearer(request) || basic(request));
  const row = key === undefined ? undefined : await store.accessKeys.get(key.id);
  // The comparison is made for an unknown id too, so that the time tells nothing.
  const fits = verifySecret(key?.secret ?? '', row?.secretHash ?? hashSecret('nobody'));
  if (!fits || row === undefined || !isGood(row)) {
    const error = new SluiceError('SLUICE_AUTH_MISSING', 'No valid access key was sent.');
    // A key that nobody has belongs to no workspace that could be told.
    if (row !== undefined) {
      const principal = { actor: `slk_${row.id}`, workspace: row.workspace, role: row.role };
      await noteRefusal(store, request, principal, error);
    }
    throw error;
  }
  await noteUse(store, row);
  return { actor: `slk_${row.id}`, workspace: row.workspace, role: row.role };
}

const isGood = (row: AccessKeyRow): boolean =>
  row.state === 'enabled' && (row.expiresAt ?? Infinity) > Date.now();

async function noteUse(store: Store, row: Versioned<AccessKeyRow>): Promise<void> {
  const now = Date.now();
  // Compare-and-set: a key that is being disabled stays disabled.
  if (now - (row.lastUsedAt ?? 0) > LAST_USED)
    await store.accessKeys.update({ ...row, lastUsedAt: now }, row.version);
}

/** Stock clients of a schema registry know user and password only: the two halves of an access key, `slk_<id>` and its secret. */
function basic(request: FastifyRequest): string {
  const [scheme, given = ''] = (request.headers.authorization ?? '').split(' ');
  if (scheme !== 'Basic' || request.routeOptions.url?.startsWith('/schema-registry') !== true) return '';
  return Buffer.from(given, 'base64').toString('latin1').replace(':', '.');
}

function bearer(request: FastifyRequest): string {
  const [scheme, given = ''] = (request.headers.authorization ?? '').split(' ');
  return scheme === 'Bearer' ? given : '';
}
