import { problemOf } from '@sluice/http-kit';
import { type FieldFault, SluiceError, type TaskDocument } from '@sluice/model';
import type { Store, TaskRow } from '@sluice/ports';
import type { ConnectorOf, Format, Imported, Json, Problem, ScriptDocument } from '@sluice/script';
import { DIALECTS, type Dialect } from '@sluice/script/dialects';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { AppOptions } from '../app.ts';
import { dataSource } from '../runs/data-source.ts';
import { scriptError, scriptSurroundings } from '../script-surroundings.ts';
import { inWorkspace } from './workspace.ts';

const BASE = '/api/v1/workspaces/:w/tasks';

/** The library with its YAML parser is loaded when somebody asks for it: a server that only runs tasks starts sooner. */
const library = () => import('@sluice/script');

/** Bytes of a script at most; the library itself takes a million characters. */
const BODY_LIMIT = 4 * 1024 * 1024;

/** None of them can be sent by a form of another site without asking first. */
const SCRIPT_TYPES = [
  'application/json',
  'application/yaml',
  'application/x-yaml',
  'text/yaml',
  'application/jsonc',
];

const IMPORT_QUERY = {
  type: 'object',
  properties: {
    strict: { type: 'boolean', description: 'Anything wrong is an error, unknown keys too.' },
    format: {
      enum: ['json', 'yaml'],
      description: 'How the text is written; told from the text without it.',
    },
  },
  additionalProperties: false,
} as const;

const EXPORT_QUERY = {
  type: 'object',
  properties: {
    dialect: { enum: DIALECTS, description: 'sluice is the task document itself.' },
    format: { enum: ['json', 'yaml'] },
  },
  additionalProperties: false,
} as const;

const TEMPLATE_QUERY = {
  type: 'object',
  properties: { to: { type: 'string', maxLength: 60, description: 'Connector that the task writes to.' } },
  additionalProperties: false,
} as const;

type Workspace = { readonly w: string };

/** Scripts of every dialect: in, out, and to start from. */
export function scriptRoutes(app: FastifyInstance, options: AppOptions): void {
  const { store } = options;
  // In a scope of its own: only here a body is a text.
  void app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser(SCRIPT_TYPES, { parseAs: 'string', bodyLimit: BODY_LIMIT }, (_, body, done) =>
      done(null, body),
    );
    scope.post(`${BASE}::import`, { schema: { querystring: IMPORT_QUERY } }, async (request) => {
      const { w } = request.params as Workspace;
      const { strict = false, format } = request.query as { strict?: boolean; format?: Format };
      const text = textOf(request.body);
      const imported = await read(store, w, text, { strict, ...(format === undefined ? {} : { format }) });
      const isWrong = imported.problems.some(({ severity }) => severity === 'error');
      if (imported.document === undefined || (strict && isWrong)) throw scriptError(imported);
      return shown(store, w, imported);
    });
  });
  app.get(`${BASE}/:id/export`, { schema: { querystring: EXPORT_QUERY } }, async (request) => {
    const { w, id } = request.params as Workspace & { id: string };
    const { dialect = 'sluice', format = 'json' } = request.query as { dialect?: Dialect; format?: Format };
    const { document }: TaskRow = await inWorkspace(store.tasks, w, id, 'task');
    const script = document as ScriptDocument;
    const { reader, writer } = script;
    const names = [reader, writer, ...(reader.sources ?? [])].map((end) => end.dataSource);
    const sources = new Map<string, { connector: string; config: Readonly<Record<string, unknown>> }>();
    for (const name of new Set(names)) {
      const found = await dataSource(store, w, name).catch(notFound);
      const row = found === undefined ? undefined : await store.dataSources.get(found.id);
      if (row !== undefined) sources.set(name, { connector: row.connector, config: row.config });
    }
    const { exportScript } = await library();
    const { text, lost } = exportScript(script, dialect, { sourceOf: (name) => sources.get(name), format });
    return { dialect, format, text, lost };
  });
  app.get(
    '/api/v1/connectors/:name/templates',
    { schema: { querystring: TEMPLATE_QUERY } },
    async (request) => {
      const { name } = request.params as { name: string };
      const { to } = request.query as { to?: string };
      const { connectorTemplates, taskTemplate } = await library();
      const { connector } = await scriptSurroundings();
      const [from, target] = [name, to ?? name].map((wanted) => {
        const spec = connector(wanted);
        if (spec === undefined)
          throw new SluiceError('SLUICE_CFG_CONNECTOR', `There is no connector ${wanted.slice(0, 60)}.`);
        return spec;
      });
      const task = to === undefined ? undefined : taskTemplate(from!, target!);
      return { ...connectorTemplates(from!), ...(task === undefined ? {} : { task }) };
    },
  );
}

/** The body as it stands, or what is in `text` of an object that has nothing else. */
function textOf(body: unknown): string {
  if (typeof body !== 'string' || body.trim() === '')
    throw new SluiceError('SLUICE_CFG_INVALID', {
      detail: 'The body is empty: it holds the text of a script.',
      hint: 'Send the script as application/json or application/yaml.',
    });
  if (!body.trimStart().startsWith('{')) return body;
  try {
    const value = JSON.parse(body) as Readonly<Record<string, unknown>>;
    return Object.keys(value).length === 1 && typeof value['text'] === 'string' ? value['text'] : body;
  } catch {
    // Comments and the like: a script.
    return body;
  }
}

async function read(
  store: Store,
  workspace: string,
  text: string,
  options: { readonly strict?: boolean; readonly format?: Format },
): Promise<Imported> {
  const surroundings = await scriptSurroundings();
  const { importScript } = await library();
  return importScript(text, {
    ...surroundings,
    ...options,
    connectorOf: await connectors(store, workspace, text, options.format),
  });
}

/** Connectors of the data sources that a task document names. */
async function connectors(
  store: Store,
  workspace: string,
  text: string,
  format: Format | undefined,
): Promise<ConnectorOf> {
  const { nodeAt, parseText, toJson } = await library();
  const { root } = parseText(text, format);
  const found = new Map<string, string>();
  if (root === undefined) return () => undefined;
  for (const pointer of ['/reader/dataSource', '/writer/dataSource']) {
    const { node, isExact } = nodeAt(root, pointer);
    const name = isExact ? toJson(node) : undefined;
    const source =
      typeof name === 'string' ? await dataSource(store, workspace, name).catch(notFound) : undefined;
    if (source !== undefined) found.set(name as string, source.connector);
  }
  return (name) => found.get(name);
}

/** What the importer sees: everything but secrets, of which only the names of their fields. */
async function shown(store: Store, workspace: string, imported: Imported): Promise<object> {
  const { dialect, format, document, dataSources, secrets, report, problems } = imported;
  const listed = await Promise.all(
    dataSources.map(async (source) => ({
      ...source,
      secrets: Object.keys(secrets.get(source.name) ?? {}),
      exists: (await dataSource(store, workspace, source.name).catch(notFound)) !== undefined,
    })),
  );
  const more = await missingSources(store, workspace, imported);
  return {
    dialect,
    format,
    document,
    dataSources: listed,
    report,
    problems: [...problems, ...more],
    isReady: imported.isReady,
  };
}

/** Data sources that the document names and that are not there, neither in the workspace nor in the script, or of another kind. */
async function missingSources(store: Store, workspace: string, imported: Imported): Promise<Problem[]> {
  const { document, dataSources, locate, dialect, connectors: wanted } = imported;
  const { severity, remedy } = (await library()).PROBLEMS.SCRIPT_DATA_SOURCE;
  const found: Problem[] = [];
  for (const side of ['reader', 'writer'] as const) {
    const name = document?.[side]?.dataSource;
    if (typeof name !== 'string' || name === '' || dataSources.some((source) => source.name === name))
      continue;
    const source = await dataSource(store, workspace, name).catch(notFound);
    const connector = wanted[side];
    if (source !== undefined && (connector === undefined || source.connector === connector)) continue;
    const shortened = name.slice(0, 60);
    const cause =
      source === undefined
        ? `There is no data source ${shortened} in this workspace.`
        : `The data source ${shortened} is one of ${source.connector}, and the script says ${connector}.`;
    const pointer = dialect === 'sluice' ? `/${side}/dataSource` : '';
    found.push({
      severity,
      code: 'SCRIPT_DATA_SOURCE',
      pointer,
      ...locate(`/${side}/dataSource`),
      cause,
      remedy,
    });
  }
  return found;
}

function notFound(thrown: unknown): undefined {
  if (thrown instanceof SluiceError && thrown.code === 'SLUICE_CFG_NOT_FOUND') return undefined;
  throw thrown;
}

/** Scripts of requests whose body was a text, for the places of what is wrong with their documents. */
const scripts = new WeakMap<FastifyRequest, Imported>();

/**
 * For a route whose body is a task document: it may also be `{"text": "..."}` with a script of any dialect. Errors then say line and
 * column of the text.
 */
export function documentOrText({ store, sources }: AppOptions) {
  return {
    preValidation: async (request: FastifyRequest): Promise<void> => {
      const body = request.body as Readonly<Record<string, Json>> | null;
      if (
        typeof body !== 'object' ||
        body === null ||
        typeof body['text'] !== 'string' ||
        Object.keys(body).length !== 1
      )
        return;
      const { w } = request.params as Workspace;
      const imported = await read(store, w, body['text'], {});
      if (!imported.isReady) throw scriptError(imported);
      scripts.set(request, imported);
      request.body = imported.document as unknown as TaskDocument;
    },
    errorHandler: (error: FastifyError, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
      const call = { instance: request.url.split('?')[0]!, traceId: request.traceId };
      const problem = problemOf(error, call);
      const script = scripts.get(request);
      const fields: readonly FieldFault[] =
        problem.errors ??
        (problem.place?.startsWith('/') === true ? [{ pointer: problem.place, detail: problem.detail }] : []);
      const errors =
        script === undefined
          ? fields
          : fields.map((field) => ({ ...field, ...script.locate(field.pointer) }));
      const body = { ...problem, ...(errors.length === 0 ? {} : { errors }) };
      return reply
        .code(problem.status)
        .type('application/problem+json')
        .send(sources.redact(JSON.stringify(body)));
    },
  };
}
