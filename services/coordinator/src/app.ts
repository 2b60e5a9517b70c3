import type { SecretSources } from './secret-sources.ts';
import { createServer, type RouteAccess } from '@sluice/http-kit';
import { hashSecret, parseAccessKey, verifySecret } from '@sluice/auth';
import { SluiceError } from '@sluice/model';
import type { Bus, BusInspection, Store } from '@sluice/ports';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Runs } from './runs/index.ts';
import { connectorRoutes } from './routes/connectors.ts';
import { dataSourceRoutes } from './routes/data-sources.ts';
import { internalRoutes } from './routes/internal.ts';
import { openApiRoutes } from './routes/open-api.ts';
import { registryRoutes } from './routes/registry.ts';
import { runRoutes } from './routes/runs.ts';
import { statusPage } from './routes/status-page.ts';
import { taskRoutes } from './routes/tasks.ts';
import { topicRoutes } from './routes/topics.ts';

export interface AppOptions {
  readonly store: Store;
  readonly bus: Bus & BusInspection;
  readonly runs: Runs;
  readonly sources: SecretSources;
  readonly workerToken: string;
  /** Loopback without login; anything else asks for an access key. */
  readonly isOpen: boolean;
}

/** Version of the API that a running server answers with; lets a second start recognise the first. */
export const PRODUCT = 'sluice';

export function createApp(options: AppOptions): FastifyInstance {
  const tokenHash = hashSecret(options.workerToken);
  const app = createServer({
    redact: (text) => options.sources.redactor.redact(text),
    authorize: (request, access) => authorize(options, tokenHash, request, access),
  });
  app.get('/livez', { config: { access: 'open' } }, () => ({ status: 'ok', product: PRODUCT }));
  app.get('/readyz', { config: { access: 'open' } }, async () => {
    await options.store.workspaces.list({ limit: 1 });
    return { status: 'ok' };
  });
  openApiRoutes(app);
  statusPage(app, options);
  connectorRoutes(app);
  dataSourceRoutes(app, options);
  taskRoutes(app, options);
  runRoutes(app, options);
  topicRoutes(app, options);
  registryRoutes(app, options);
  internalRoutes(app, options);
  return app;
}

async function authorize(
  options: AppOptions,
  tokenHash: string,
  request: FastifyRequest,
  access: Exclude<RouteAccess, 'open'>,
): Promise<void> {
  const [scheme, given = ''] = (request.headers.authorization ?? '').split(' ');
  if (access === 'worker') {
    if (scheme === 'Bearer' && verifySecret(given, tokenHash)) return;
    throw new SluiceError('SLUICE_AUTH_MISSING', {
      detail: 'No valid worker token was sent.',
      hint: 'Give the worker the token of the coordinator: SLUICE_TOKEN.',
    });
  }
  if (options.isOpen) return checkHost(request);
  const key = scheme === 'Bearer' ? parseAccessKey(given) : undefined;
  const row = key === undefined ? undefined : await options.store.accessKeys.get(key.id);
  const fits = key !== undefined && verifySecret(key.secret, row?.secretHash ?? hashSecret('nobody'));
  if (!fits || row === undefined || row.state !== 'enabled' || (row.expiresAt ?? Infinity) < Date.now())
    throw new SluiceError('SLUICE_AUTH_MISSING', 'No valid access key was sent.');
  const { w } = request.params as { w?: string };
  // Other people's workspaces do not exist (S-12).
  if (w !== undefined && w !== row.workspace)
    throw new SluiceError('SLUICE_CFG_NOT_FOUND', `No workspace ${w}.`);
}

/** Without login only the loopback names may be asked for: a web page that rebinds its name gets nothing. */
function checkHost(request: FastifyRequest): void {
  if (!['127.0.0.1', 'localhost', '::1', '[::1]'].includes(request.hostname))
    throw new SluiceError(
      'SLUICE_AUTH_FORBIDDEN',
      'Without login this server answers to loopback names only.',
    );
}
