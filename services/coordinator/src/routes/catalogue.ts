import type { CheckStage, TableEntry } from '@sluice/connector-sdk';
import { loadConnector } from '@sluice/connectors';
import { type RowSchema, SluiceError } from '@sluice/model';
import type { DataSourceRow, ErrandRequest, Preview, Versioned } from '@sluice/ports';
import type { FastifyInstance } from 'fastify';
import type { AppOptions } from '../app.ts';
import { auditedAhead } from '../audit.ts';
import { validateParameters } from '../parameters.ts';
import { inWorkspace } from './workspace.ts';

const BASE = '/api/v1/workspaces/:w/data-sources/:id';

/** Longest waits for an answer in milliseconds. */
const LOOK_MS = 12_000;
const PREVIEW_MS = 60_000;
/** Nobody of the resource group alive for so long: the caller learns it at once. */
const PATIENCE_MS = 3_000;
/** Errands of people that one workspace may have under way: each holds a connection to a store (S-62). */
const AT_ONCE = 10;

const PREVIEW_ROWS = 50;

const TABLES_QUERY = {
  type: 'object',
  properties: {
    limit: { type: 'integer', minimum: 1, maximum: 1000 },
    search: { type: 'string', maxLength: 200, description: 'Part of the name.' },
    namespace: { type: 'string', minLength: 1, maxLength: 200, description: 'Schema or database.' },
    cursor: { type: 'string', maxLength: 2000, description: '`nextCursor` of the page before.' },
  },
  additionalProperties: false,
} as const;

interface TablesQuery {
  readonly limit?: number;
  readonly search?: string;
  readonly namespace?: string;
  readonly cursor?: string;
}

const PARAMETERS = { type: 'object', description: 'Parameters as a task has them for this end.' } as const;

const DESCRIBE = {
  type: 'object',
  properties: {
    parameters: PARAMETERS,
    side: { enum: ['source', 'target'], description: '`source` without it.' },
  },
  required: ['parameters'],
  additionalProperties: false,
} as const;

const PREVIEW = {
  type: 'object',
  properties: {
    parameters: PARAMETERS,
    rows: { type: 'integer', minimum: 1, maximum: 50, description: `${PREVIEW_ROWS} without it.` },
  },
  required: ['parameters'],
  additionalProperties: false,
} as const;

interface Described {
  readonly parameters: Values;
  readonly side?: 'source' | 'target';
}

type Values = Readonly<Record<string, unknown>>;
type Place = Pick<TableEntry, 'schema' | 'name'>;

/** What a data source is and holds, by errands to workers of its resource group (S-38). */
export function catalogueRoutes(app: FastifyInstance, options: AppOptions): void {
  const { store, runs, sources } = options;
  const find = (params: unknown): Promise<Versioned<DataSourceRow>> => {
    const { w, id } = params as { w: string; id: string };
    return inWorkspace(store.dataSources, w, id, 'data source');
  };
  const busy = new Map<string, number>();
  const ask = async <T>(source: DataSourceRow, request: ErrandRequest, timeoutMs = LOOK_MS): Promise<T> => {
    const { workspace } = source;
    const underWay = busy.get(workspace) ?? 0;
    if (underWay >= AT_ONCE)
      throw new SluiceError('SLUICE_SYS_BUSY', `${underWay} looks into data sources are under way already.`);
    busy.set(workspace, underWay + 1);
    const stage = 'side' in request && request.side === 'target' ? 'write' : 'read';
    try {
      return await runs.errands.ask<T>(request, { stage, timeoutMs, patienceMs: PATIENCE_MS });
    } finally {
      busy.set(workspace, busy.get(workspace)! - 1);
    }
  };

  app.post(`${BASE.replace(':id', ':id([^:/]+)')}::check`, async (request) => {
    const source = await find(request.params);
    const { id, name, workspace } = source;
    await auditedAhead(store, request, workspace, { action: 'source.check', object: id, name });
    const stages = await ask<readonly CheckStage[]>(source, { kind: 'check', dataSource: source.id });
    return { ok: stages.every(({ ok }) => ok), stages };
  });
  app.get(`${BASE}/namespaces`, async (request) => {
    const source = await find(request.params);
    const names = await ask<readonly string[]>(source, { kind: 'namespaces', dataSource: source.id });
    return { items: names.map((name) => ({ name })) };
  });
  app.get(`${BASE}/tables`, { schema: { querystring: TABLES_QUERY } }, async (request) => {
    const source = await find(request.params);
    const { cursor, limit = 200, ...query } = request.query as TablesQuery;
    const items = await ask<readonly TableEntry[]>(source, {
      kind: 'tables',
      dataSource: source.id,
      ...query,
      ...(cursor === undefined ? {} : { after: placeOf(cursor) }),
      limit: limit + 1,
    });
    if (items.length <= limit) return { items };
    return { items: items.slice(0, limit), nextCursor: cursorOf(items[limit - 1]!) };
  });
  app.post(
    `${BASE.replace(':id', ':id([^:/]+)')}::describe`,
    { schema: { body: DESCRIBE } },
    async (request) => {
      const source = await find(request.params);
      const { parameters, side = 'source' } = request.body as Described;
      await checked(source, parameters, side);
      const asked = { kind: 'describe' as const, dataSource: source.id, parameters, side };
      const found = await ask<RowSchema | null>(source, asked);
      if (found === null)
        throw new SluiceError('SLUICE_CFG_NOT_FOUND', {
          detail: `${source.name} has no table ${String(parameters['table'])}.`,
          place: '/parameters/table',
          hint: 'See its tables: sluice ds tables, or GET .../tables.',
        });
      const { name, columns, key } = found;
      return { name, columns, key };
    },
  );
  app.post(
    `${BASE.replace(':id', ':id([^:/]+)')}::preview`,
    { schema: { body: PREVIEW } },
    async (request) => {
      const source = await find(request.params);
      const { parameters, rows = PREVIEW_ROWS } = request.body as { parameters: Values; rows?: number };
      await checked(source, parameters, 'source');
      const asked = { kind: 'preview' as const, dataSource: source.id, parameters, rows };
      const found = await ask<Preview>(source, asked, PREVIEW_MS);
      const masked = (text: string | null): string | null => (text === null ? null : sources.redact(text));
      return { ...found, rows: found.rows.map((row) => row.map(masked)) };
    },
  );
}

/** Throws SLUICE_CFG_CONNECTOR when the connector has no such end, SLUICE_CFG_INVALID for parameters that it does not have. */
async function checked(
  { connector }: DataSourceRow,
  parameters: Values,
  side: 'source' | 'target',
): Promise<void> {
  const { spec } = await loadConnector(connector);
  const end = side === 'source' ? 'reader' : 'writer';
  const schema = spec[end];
  if (schema === undefined) throw new SluiceError('SLUICE_CFG_CONNECTOR', `${spec.title} has no ${end}.`);
  validateParameters(schema, parameters, '/parameters');
}

const cursorOf = ({ schema, name }: Place): string =>
  Buffer.from(JSON.stringify(schema === undefined ? { name } : { schema, name })).toString('base64url');

/** Throws SLUICE_CFG_INVALID for a text that is no cursor. */
function placeOf(cursor: string): Place {
  try {
    const { schema, name } = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as Record<
      string,
      unknown
    >;
    if (typeof name === 'string' && (schema === undefined || typeof schema === 'string'))
      return schema === undefined ? { name } : { schema, name };
  } catch {
    // Said below.
  }
  throw new SluiceError('SLUICE_CFG_INVALID', {
    detail: 'The cursor is not one of this list.',
    place: 'cursor',
    hint: 'Take nextCursor of the page before, whole and unchanged.',
  });
}
