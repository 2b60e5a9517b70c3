import type { SecretSources } from './secret-sources.ts';
import { createServer, type Limits } from '@sluice/http-kit';
import type { Bus, BusInspection, Store } from '@sluice/ports';
import type { FastifyInstance } from 'fastify';
import type { Runs } from './runs/index.ts';
import { authorizer } from './authorize.ts';
import { accessKeyRoutes } from './routes/access-keys.ts';
import { auditRoutes } from './routes/audit.ts';
import { catalogueRoutes } from './routes/catalogue.ts';
import { connectorRoutes } from './routes/connectors.ts';
import { dataSourceRoutes } from './routes/data-sources.ts';
import { dirtyRecordRoutes } from './routes/dirty-records.ts';
import { EventHub } from './routes/event-hub.ts';
import { eventRoutes } from './routes/events.ts';
import { healthRoutes } from './routes/health.ts';
import { internalRoutes } from './routes/internal.ts';
import { openApiRoutes } from './routes/open-api.ts';
import { accessOf } from './routes/permissions.ts';
import { registryRoutes } from './routes/registry.ts';
import { runRoutes } from './routes/runs.ts';
import { scriptRoutes } from './routes/scripts.ts';
import { secretRoutes } from './routes/secrets.ts';
import { statusPage } from './routes/status-page.ts';
import { taskRoutes } from './routes/tasks.ts';
import { topicRoutes } from './routes/topics.ts';
import { workerRoutes } from './routes/workers.ts';
import { workspaceRoutes } from './routes/workspaces.ts';

/** Pages for people beside the API, with `GET /` for the first one; whoever may call anything may call their routes. */
export interface Pages {
  /** `GET /path/*`, without `GET /`. */
  readonly routes: readonly string[];
  register(app: FastifyInstance): void;
}

export interface AppOptions {
  readonly store: Store;
  readonly bus: Bus & BusInspection;
  readonly runs: Runs;
  readonly sources: SecretSources;
  readonly workerToken: string;
  /** Loopback without login; anything else asks for an access key. */
  readonly isOpen: boolean;
  /** Of calls; absent: none. */
  readonly limits?: Limits;
  /** Proxies whose word for a caller's address is taken; absent: nobody's. */
  readonly trustProxy?: readonly string[];
  /** The data source that works at once in a new workspace; absent: none is made. */
  readonly warehouse?: (workspace: string) => {
    readonly connector: string;
    readonly config: Readonly<Record<string, unknown>>;
  };
  /** Absent: a plain status page. */
  readonly pages?: Pages | undefined;
}

export function createApp(options: AppOptions): FastifyInstance {
  const app = createServer({
    redact: (text) => options.sources.redactor.redact(text),
    accessOf: (route) => accessOf(route) ?? (options.pages?.routes.includes(route) ? 'any-key' : undefined),
    authorize: authorizer(options),
    ...(options.limits === undefined ? {} : { limits: options.limits }),
    ...(options.trustProxy === undefined ? {} : { trustProxy: options.trustProxy }),
  });
  openApiRoutes(app);
  healthRoutes(app, options);
  if (options.pages === undefined) statusPage(app, options);
  else options.pages.register(app);
  connectorRoutes(app);
  workspaceRoutes(app, options);
  accessKeyRoutes(app, options);
  auditRoutes(app, options);
  workerRoutes(app, options);
  dataSourceRoutes(app, options);
  catalogueRoutes(app, options);
  secretRoutes(app, options);
  taskRoutes(app, options);
  scriptRoutes(app, options);
  runRoutes(app, options);
  dirtyRecordRoutes(app, options);
  eventRoutes(app, options, new EventHub(options.store));
  topicRoutes(app, options);
  registryRoutes(app, options);
  internalRoutes(app, options);
  return app;
}
