import { arrayOf, type COMPONENTS, type Json, object, ref } from './answer-schemas.ts';

/** What a route answers when nothing is wrong. */
export interface Answered {
  readonly status: number;
  /** Another status that is no error: 304, or 200 for a call that was waited for. */
  readonly or?: number;
  /** Absent: no body. */
  readonly schema?: Json;
  /** Default `application/json`. */
  readonly type?: string;
  /** Another type that can be asked for. */
  readonly orType?: string;
  /** The answer carries the version of the object as its ETag. */
  readonly etag?: boolean;
  /** It is sent as server-sent events, always or when it is asked for. */
  readonly events?: 'always' | 'on-request';
}

type Name = keyof typeof COMPONENTS;

const REGISTRY_TYPE = 'application/vnd.schemaregistry.v1+json';

const one = (name: Name, more: Partial<Answered> = {}): Answered => ({
  status: 200,
  schema: ref(name),
  ...more,
});
const made = (name: Name): Answered => one(name, { status: 201 });
const started: Answered = one('Run', { status: 202, or: 200 });
const versioned = (name: Name): Answered => one(name, { or: 304, etag: true });
const changed = (name: Name): Answered => one(name, { etag: true });
/** All there is, in one answer. */
const all = (name: Name): Answered => ({ status: 200, schema: object({ items: arrayOf(ref(name)) }) });
const page = (name: Name): Answered => ({
  status: 200,
  schema: object({ items: arrayOf(ref(name)) }, { nextCursor: { type: 'string' } }),
});
const registry = (schema: Json): Answered => ({ status: 200, schema, type: REGISTRY_TYPE });

const TEXTS = arrayOf({ type: 'string' });
const W = '/api/v1/workspaces/{w}';
const REGISTRY = '/schema-registry';

/** By route, as in the table of permissions; a test holds the two together and calls every one. */
export const ANSWERS: Readonly<Record<string, Answered>> = {
  'GET /livez': one('Health'),
  'GET /readyz': one('Health'),
  'GET /startupz': one('Health'),
  'GET /': { status: 200, schema: { type: 'string' }, type: 'text/html' },
  'GET /openapi.json': { status: 200, schema: { type: 'object' } },

  'GET /api/v1/connectors': all('Connector'),
  'GET /api/v1/connectors/{name}': one('Connector'),
  'GET /api/v1/connectors/{name}/templates': one('Templates'),
  'GET /api/v1/workers': page('Worker'),
  'GET /api/v1/events': { status: 200, events: 'always' },

  'GET /api/v1/workspaces': page('Workspace'),
  'POST /api/v1/workspaces': made('NewWorkspace'),
  [`GET ${W}`]: one('Workspace'),

  [`GET ${W}/access-keys`]: page('AccessKey'),
  [`POST ${W}/access-keys`]: made('AccessKey'),
  [`GET ${W}/access-keys/{id}`]: one('AccessKey'),
  [`POST ${W}/access-keys/{id}:disable`]: one('AccessKey'),

  [`GET ${W}/data-sources`]: page('DataSource'),
  [`POST ${W}/data-sources`]: made('DataSource'),
  [`GET ${W}/data-sources/{id}`]: versioned('DataSource'),
  [`PUT ${W}/data-sources/{id}`]: changed('DataSource'),
  [`DELETE ${W}/data-sources/{id}`]: { status: 204 },
  [`POST ${W}/data-sources/{id}:check`]: {
    status: 200,
    schema: object({ ok: { type: 'boolean' }, stages: arrayOf(ref('CheckStage')) }),
  },
  [`GET ${W}/data-sources/{id}/namespaces`]: all('Namespace'),
  [`GET ${W}/data-sources/{id}/tables`]: page('Table'),
  [`POST ${W}/data-sources/{id}:describe`]: one('TableColumns'),
  [`POST ${W}/data-sources/{id}:preview`]: one('Preview'),

  [`GET ${W}/secrets`]: page('Secret'),
  [`PUT ${W}/secrets/{name}`]: one('Secret'),
  [`DELETE ${W}/secrets/{name}`]: { status: 204 },

  [`GET ${W}/audit`]: {
    status: 200,
    schema: object({ items: arrayOf(ref('AuditEntry')) }, { nextBefore: { type: 'integer' } }),
  },
  [`GET ${W}/audit/verdict`]: one('AuditVerdict'),

  [`GET ${W}/tasks`]: page('Task'),
  [`POST ${W}/tasks`]: made('Task'),
  [`GET ${W}/tasks/{id}`]: versioned('Task'),
  [`PUT ${W}/tasks/{id}`]: changed('Task'),
  [`DELETE ${W}/tasks/{id}`]: { status: 204 },
  [`POST ${W}/tasks:validate`]: one('Judgement'),
  [`POST ${W}/tasks:target-table`]: one('TargetTable'),
  [`POST ${W}/tasks:import`]: one('ScriptImport'),
  [`GET ${W}/tasks/{id}/export`]: one('ScriptExport'),
  [`POST ${W}/tasks:dry-run`]: one('DryRun'),
  [`POST ${W}/tasks/{id}:dry-run`]: one('DryRun'),
  [`POST ${W}/tasks/{id}:run`]: started,

  [`GET ${W}/runs`]: page('Run'),
  [`GET ${W}/runs/{id}`]: one('Run'),
  [`POST ${W}/runs/{id}:stop`]: started,
  [`POST ${W}/runs/{id}:cancel`]: started,
  [`POST ${W}/runs/{id}:resume`]: started,
  [`POST ${W}/runs/{id}:rerun`]: started,
  [`POST ${W}/runs/{id}:throttle`]: one('Run'),
  [`GET ${W}/runs/{id}/splits`]: all('Split'),
  [`GET ${W}/runs/{id}/ledger`]: one('Ledger'),
  [`GET ${W}/runs/{id}/dirty-records`]: page('DirtyRecord'),
  [`GET ${W}/runs/{id}/dirty-records/counts`]: all('DirtyCount'),
  [`GET ${W}/runs/{id}/dirty-records/download`]: {
    status: 200,
    schema: { type: 'string', description: 'One record a line.' },
    type: 'application/x-ndjson',
    orType: 'text/csv',
  },
  [`POST ${W}/runs/{id}/dirty-records:replay`]: one('Replay'),
  [`GET ${W}/runs/{id}/events`]: page('RunEvent'),
  [`GET ${W}/runs/{id}/logs`]: one('LogPage', { events: 'on-request' }),

  [`GET ${W}/topics`]: all('Topic'),
  [`GET ${W}/topics/{topic}/partitions`]: all('Partition'),
  [`GET ${W}/topics/{topic}/consumers`]: all('Consumers'),
  [`GET ${W}/topics/{topic}/messages`]: all('Message'),

  [`GET ${REGISTRY}/`]: registry({ type: 'object' }),
  [`GET ${REGISTRY}/subjects`]: registry(TEXTS),
  [`GET ${REGISTRY}/subjects/{s}/versions`]: registry(arrayOf({ type: 'integer' })),
  [`GET ${REGISTRY}/subjects/{s}/versions/{v}`]: registry(ref('RegistrySchema')),
  [`GET ${REGISTRY}/subjects/{s}/versions/{v}/schema`]: registry({ type: 'object' }),
  [`GET ${REGISTRY}/schemas/types`]: registry(TEXTS),
  [`GET ${REGISTRY}/schemas/ids/{id}`]: registry(object({ schema: { type: 'string' } })),
  [`GET ${REGISTRY}/schemas/ids/{id}/schema`]: registry({ type: 'object' }),
  [`GET ${REGISTRY}/schemas/ids/{id}/subjects`]: registry(TEXTS),
  [`GET ${REGISTRY}/schemas/ids/{id}/versions`]: registry(arrayOf(ref('RegistryVersion'))),
  [`GET ${REGISTRY}/config`]: registry(object({ compatibilityLevel: { type: 'string' } })),
  [`GET ${REGISTRY}/mode`]: registry(object({ mode: { type: 'string' } })),
  [`GET ${REGISTRY}/contexts`]: registry(TEXTS),
};
