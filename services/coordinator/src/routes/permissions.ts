import type { Permission } from '@sluice/auth';

/** `open`: anybody; `any-key`: whoever has a valid key; `worker`: the worker token; else the permission that the key's role must give. */
export type RouteAccess = 'open' | 'any-key' | 'worker' | Permission;

const W = '/api/v1/workspaces/{w}';
const SOURCE = `${W}/data-sources`;
const SECRET = `${W}/secrets`;
const TASK = `${W}/tasks`;
const RUN = `${W}/runs`;
const TOPIC = `${W}/topics`;
const KEY = `${W}/access-keys`;
const REGISTRY = '/schema-registry';

/**
 * Every route with what it needs and what it does. A route that is missing here is refused when the server starts (S-3); the OpenAPI
 * document and the table in docs/api.md are made from it.
 */
export const ROUTES: Readonly<Record<string, readonly [access: RouteAccess, does: string]>> = {
  'GET /livez': ['open', 'Says ok while the process lives.'],
  'GET /readyz': ['open', 'Says ok while the store answers, else 503; and whether store and bus do.'],
  'GET /startupz': ['open', 'Says ok when the start is over.'],
  'GET /': ['run.read', 'Status page: the latest runs.'],
  'GET /openapi.json': ['any-key', 'This description.'],

  'GET /api/v1/connectors': ['connector.read', 'Connectors with their parameters and capabilities.'],
  'GET /api/v1/connectors/{name}': ['connector.read', 'One connector.'],
  'GET /api/v1/connectors/{name}/templates': [
    'connector.read',
    'Scripts to start from: its reader and its writer, and with `to` a whole task.',
  ],
  'GET /api/v1/workers': ['worker.read', 'Workers: state, stages, group, last renewal.'],
  'GET /api/v1/events': ['run.read', 'Server-sent events: changes of state and progress of runs.'],

  'GET /api/v1/workspaces': ['workspace.read', 'Workspaces that the key reaches.'],
  'POST /api/v1/workspaces': [
    'workspace.create',
    'Creates a workspace and its first access key, shown once.',
  ],
  [`GET ${W}`]: ['workspace.read', 'One workspace.'],

  [`GET ${KEY}`]: ['key.read', 'Access keys without their secrets.'],
  [`POST ${KEY}`]: ['key.manage', 'Creates an access key; its secret is shown once.'],
  [`GET ${KEY}/{id}`]: ['key.read', 'One access key without its secret.'],
  [`POST ${KEY}/{id}:disable`]: ['key.manage', 'Disables an access key at once and for good.'],

  [`GET ${SOURCE}`]: ['source.read', 'Data sources; of secrets only that they are set.'],
  [`POST ${SOURCE}`]: ['source.edit', 'Creates a data source.'],
  [`GET ${SOURCE}/{id}`]: ['source.read', 'One data source.'],
  [`PUT ${SOURCE}/{id}`]: [
    'source.edit',
    'Replaces the settings; secrets that are not given stay while the server is the same.',
  ],
  [`DELETE ${SOURCE}/{id}`]: ['source.edit', 'Deletes a data source that no task uses.'],
  [`POST ${SOURCE}/{id}:check`]: ['source.use', 'A worker connects and says how far it got.'],
  [`GET ${SOURCE}/{id}/namespaces`]: ['source.use', 'Schemas or databases that a worker finds there.'],
  [`GET ${SOURCE}/{id}/tables`]: ['source.use', 'Tables that a worker finds there.'],
  [`POST ${SOURCE}/{id}:describe`]: ['source.use', 'Columns with their types, and the key, of one table.'],
  [`POST ${SOURCE}/{id}:preview`]: [
    'message.read',
    'The first rows as a reader gets them, as exact text; nothing is changed there.',
  ],

  [`GET ${SECRET}`]: ['source.read', 'Secrets of the workspace: their names.'],
  [`PUT ${SECRET}/{name}`]: ['source.edit', 'Keeps a secret; what it was before is forgotten.'],
  [`DELETE ${SECRET}/{name}`]: ['source.edit', 'Deletes a secret.'],

  [`GET ${W}/audit`]: ['audit.read', 'Who did what, the newest first.'],
  [`GET ${W}/audit/verdict`]: ['audit.read', 'Whether the audit log is whole, and its last hash.'],

  [`GET ${TASK}`]: ['task.read', 'Tasks.'],
  [`POST ${TASK}`]: ['task.edit', 'Creates a task.'],
  [`GET ${TASK}/{id}`]: ['task.read', 'One task; its version is the ETag.'],
  [`PUT ${TASK}/{id}`]: ['task.edit', 'Replaces a task; `If-Match` guards against another change.'],
  [`DELETE ${TASK}/{id}`]: ['task.edit', 'Deletes a task; its runs stay to be seen.'],
  [`POST ${TASK}:validate`]: [
    'source.use',
    'Judges a document, or the script in `text`, against the real source and target; stores nothing.',
  ],
  [`POST ${TASK}:target-table`]: [
    'source.use',
    'The statement by which a run of a document would make its target table; runs nothing.',
  ],
  [`POST ${TASK}:import`]: [
    'task.edit',
    'Reads a script of any dialect: the document that it becomes, and what became of each key; stores nothing.',
  ],
  [`GET ${TASK}/{id}/export`]: [
    'task.read',
    'The task as a script of a dialect, and what the dialect cannot say.',
  ],
  [`POST ${TASK}:dry-run`]: [
    'message.read',
    'Some source rows through the mapper of a document: mapped, filtered or dirty, and why.',
  ],
  [`POST ${TASK}/{id}:dry-run`]: ['message.read', 'The same of a stored task.'],
  [`POST ${TASK}/{id}:run`]: ['task.run', 'Starts a run.'],

  [`GET ${RUN}`]: ['run.read', 'Runs, the newest first.'],
  [`GET ${RUN}/{id}`]: ['run.read', 'One run.'],
  [`POST ${RUN}/{id}:stop`]: ['run.control', 'Stops reading, drains, keeps the positions.'],
  [`POST ${RUN}/{id}:cancel`]: ['run.control', 'Fences every writer, then ends the run.'],
  [`POST ${RUN}/{id}:resume`]: ['run.control', 'Goes on with a stopped or failed run.'],
  [`POST ${RUN}/{id}:rerun`]: ['task.run', 'Starts the task of the run again.'],
  [`POST ${RUN}/{id}:throttle`]: ['run.control', 'Changes the rates of a run, also while it is running.'],
  [`GET ${RUN}/{id}/splits`]: ['run.read', 'Splits with positions and counts.'],
  [`GET ${RUN}/{id}/ledger`]: ['run.read', 'The ledger: read = written + filtered + dirty.'],
  [`GET ${RUN}/{id}/dirty-records`]: ['dirty.read', 'Records that could not be mapped or written.'],
  [`GET ${RUN}/{id}/dirty-records/counts`]: ['dirty.read', 'How many there are by code and column.'],
  [`GET ${RUN}/{id}/dirty-records/download`]: [
    'dirty.read',
    'The same records as a file: JSON lines or CSV.',
  ],
  [`POST ${RUN}/{id}/dirty-records:replay`]: [
    'run.control',
    'Writes them once more, after mapping or target were repaired; what is written is dirty no longer.',
  ],
  [`GET ${RUN}/{id}/events`]: ['run.read', 'Changes of state with cause and actor.'],
  [`GET ${RUN}/{id}/logs`]: [
    'log.read',
    'Log lines, paged and filtered; with `follow=true` as server-sent events.',
  ],

  [`GET ${TOPIC}`]: ['topic.read', 'Topics of the workspace.'],
  [`GET ${TOPIC}/{topic}/partitions`]: ['topic.read', 'Partitions with their offsets.'],
  [`GET ${TOPIC}/{topic}/consumers`]: ['topic.read', 'Consumer groups with their lag.'],
  [`GET ${TOPIC}/{topic}/messages`]: ['message.read', 'Batches, decoded to rows.'],

  [`GET ${REGISTRY}/`]: ['topic.read', 'The schema registry, reading half.'],
  [`GET ${REGISTRY}/subjects`]: ['topic.read', 'Subjects.'],
  [`GET ${REGISTRY}/subjects/{s}/versions`]: ['topic.read', 'Versions of a subject.'],
  [`GET ${REGISTRY}/subjects/{s}/versions/{v}`]: ['topic.read', 'One version of a subject.'],
  [`GET ${REGISTRY}/subjects/{s}/versions/{v}/schema`]: ['topic.read', 'Its schema alone.'],
  [`GET ${REGISTRY}/schemas/types`]: ['topic.read', 'Kinds of schemas.'],
  [`GET ${REGISTRY}/schemas/ids/{id}`]: ['topic.read', 'A schema by its id.'],
  [`GET ${REGISTRY}/schemas/ids/{id}/schema`]: ['topic.read', 'The schema alone.'],
  [`GET ${REGISTRY}/schemas/ids/{id}/subjects`]: ['topic.read', 'Subjects that use a schema.'],
  [`GET ${REGISTRY}/schemas/ids/{id}/versions`]: ['topic.read', 'Subjects and versions that use a schema.'],
  [`GET ${REGISTRY}/config`]: ['topic.read', 'Compatibility level.'],
  [`GET ${REGISTRY}/mode`]: ['topic.read', 'Mode of the registry.'],
  [`GET ${REGISTRY}/contexts`]: ['topic.read', 'Contexts.'],

  'POST /internal/v1/renew': ['worker', 'Reports of a worker up, orders down.'],
  'POST /internal/v1/claim-channel': ['worker', 'The next epoch of a writer for a channel.'],
  'POST /internal/v1/release': ['worker', 'A worker leaves.'],
};

export function accessOf(route: string): RouteAccess | undefined {
  return Object.hasOwn(ROUTES, route) ? ROUTES[route]![0] : undefined;
}
