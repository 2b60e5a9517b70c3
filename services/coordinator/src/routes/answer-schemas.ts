import { ROLES } from '@sluice/auth';
import { RUN_TRANSITIONS, WRITE_MODES } from '@sluice/model';
import {
  ANYTHING,
  arrayOf,
  COUNT,
  type Json,
  mapOf,
  object,
  PLACE,
  ref,
  TEXT,
  TIME,
  TRUTH,
  WHOLE,
} from './schema-parts.ts';

export { arrayOf, type Json, object, ref } from './schema-parts.ts';

const COUNTS = object({ read: COUNT, written: COUNT, filtered: COUNT, dirty: COUNT, bytes: COUNT });
const FAULT = object({ code: TEXT, detail: TEXT, hint: TEXT }, { place: TEXT });
const STAGE: Json = { type: 'string', enum: ['read', 'map', 'write'] };

const VERDICT = object(
  {
    pointer: TEXT,
    to: TEXT,
    verdict: { type: 'string', enum: ['safe', 'may-lose', 'impossible'] },
    rule: TEXT,
  },
  { from: TEXT, expression: TEXT, suggestedCast: TEXT },
);

const DIRTY_STATE: Json = { type: 'string', enum: ['dirty', 'replayed'] };

/** One line of a ledger for each replay: read = written + filtered + recovered (by one whose answer was lost) + dirty. */
const REPLAY = {
  at: TIME,
  actor: TEXT,
  read: COUNT,
  written: COUNT,
  filtered: COUNT,
  recovered: COUNT,
  dirty: COUNT,
};

const COLUMN = object(
  { name: TEXT, kind: TEXT, nullable: TRUTH },
  { nativeType: TEXT, precision: COUNT, scale: COUNT, format: TEXT, maxLength: COUNT },
);

/** What the API answers with, by name: the schemas of the OpenAPI document. */
export const COMPONENTS = {
  Problem: {
    ...object(
      {
        type: TEXT,
        title: TEXT,
        status: WHOLE,
        detail: { type: 'string', description: 'The cause.' },
        code: { type: 'string', pattern: '^SLUICE_[A-Z_]+$' },
        hint: { type: 'string', description: 'The remedy.' },
        retryable: TRUTH,
      },
      {
        instance: { type: 'string', description: 'Path of the call.' },
        traceId: { type: 'string', pattern: '^[0-9a-f]{32}$' },
        place: TEXT,
        errors: arrayOf(
          object(
            { pointer: TEXT, detail: TEXT },
            {
              code: TEXT,
              hint: TEXT,
              line: PLACE('Line'),
              column: PLACE('Column'),
              nearest: TEXT,
              part: object({ start: COUNT, end: COUNT }),
            },
          ),
        ),
      },
    ),
    description: 'RFC 9457 with the code of docs/errors.md.',
  },
  ScriptImport: object(
    {
      dialect: TEXT,
      format: { type: 'string', enum: ['json', 'yaml'] },
      document: {
        type: 'object',
        description: 'A task document; beside errors also with fields that tasks do not have yet.',
      },
      dataSources: arrayOf(
        object({
          name: TEXT,
          connector: TEXT,
          config: ANYTHING,
          secrets: arrayOf({ type: 'string', description: 'A field whose secret stands in the script.' }),
          exists: TRUTH,
        }),
      ),
      report: arrayOf(
        object(
          {
            pointer: TEXT,
            line: WHOLE,
            column: WHOLE,
            fate: { type: 'string', enum: ['mapped', 'defaulted', 'ignored', 'unsupported'] },
          },
          { became: TEXT, value: {}, why: TEXT, code: TEXT, nearest: TEXT },
        ),
      ),
      problems: arrayOf(
        object(
          {
            severity: { type: 'string', enum: ['error', 'warning', 'note'] },
            code: { type: 'string', pattern: '^SCRIPT_[A-Z_]+$' },
            pointer: TEXT,
            line: WHOLE,
            column: WHOLE,
            cause: TEXT,
            remedy: TEXT,
          },
          { repair: object({ start: COUNT, end: COUNT, text: TEXT }) },
        ),
      ),
      isReady: TRUTH,
    },
    { name: TEXT },
  ),
  ScriptExport: object({
    dialect: TEXT,
    format: { type: 'string', enum: ['json', 'yaml'] },
    text: TEXT,
    lost: arrayOf(object({ pointer: TEXT, why: TEXT })),
  }),
  Template: object({ text: TEXT, document: ANYTHING }),
  Templates: object(
    { connector: TEXT },
    { reader: ref('Template'), writer: ref('Template'), task: ref('Template') },
  ),
  Health: object(
    { status: { type: 'string', enum: ['ok', 'failing'] } },
    { product: TEXT, dependencies: mapOf({ type: 'string', enum: ['ok', 'failing'] }) },
  ),
  Connector: object(
    {
      name: TEXT,
      title: TEXT,
      schemes: arrayOf(TEXT),
      dataSource: ref('ParameterSchema'),
      capabilities: object({
        modes: arrayOf(TEXT),
        splittable: TRUTH,
        resumable: TRUTH,
        writeModes: arrayOf(TEXT),
        guarantee: TEXT,
        projects: TRUTH,
      }),
    },
    { reader: ref('ParameterSchema'), writer: ref('ParameterSchema') },
  ),
  ParameterSchema: {
    description:
      'A JSON schema (2020-12) with titles, groups, defaults and secrets, for forms and validation.',
    ...object(
      { type: { const: 'object' }, properties: mapOf(ANYTHING), additionalProperties: { const: false } },
      { required: arrayOf(TEXT), oneOf: arrayOf(object({ required: arrayOf(TEXT) }, {})) },
    ),
  },
  Worker: object({
    id: TEXT,
    name: TEXT,
    state: { type: 'string', enum: ['alive', 'gone'] },
    group: TEXT,
    stages: arrayOf(STAGE),
    renewedAt: TIME,
    startedAt: TIME,
  }),
  Workspace: object({ id: TEXT, name: TEXT, createdAt: TIME }, { defaultDataSource: TEXT }),
  NewWorkspace: object(
    { id: TEXT, name: TEXT, createdAt: TIME, accessKey: ref('AccessKey') },
    { defaultDataSource: TEXT },
  ),
  AccessKey: object(
    {
      id: TEXT,
      name: TEXT,
      role: { type: 'string', enum: ROLES },
      state: { type: 'string', enum: ['enabled', 'disabled'] },
      createdAt: TIME,
    },
    {
      lastUsedAt: TIME,
      expiresAt: TIME,
      key: { type: 'string', description: 'Only in the first answer of the call that made it.' },
    },
  ),
  DataSource: object(
    {
      id: TEXT,
      name: TEXT,
      connector: TEXT,
      config: { type: 'object', description: 'The settings without the secret ones.' },
      secrets: mapOf(object({ set: { const: true }, updatedAt: TIME })),
      createdAt: TIME,
      updatedAt: TIME,
      version: COUNT,
    },
    {
      resourceGroup: TEXT,
      hidden: { const: true, description: 'The settings are not shown: one is not known to be no secret.' },
    },
  ),
  CheckStage: object(
    { name: TEXT, ok: TRUTH, detail: TEXT, milliseconds: { type: 'number' } },
    { code: TEXT, remedy: TEXT },
  ),
  Table: object(
    { name: TEXT, qualified: TEXT, kind: { type: 'string', enum: ['table', 'view'] } },
    { schema: TEXT, rowsEstimate: { type: 'number' } },
  ),
  Namespace: object({ name: TEXT }),
  TableColumns: object({ name: TEXT, columns: arrayOf(COLUMN), key: arrayOf(TEXT) }),
  Preview: object({
    columns: arrayOf(
      object(
        { name: TEXT, kind: TEXT, nullable: TRUTH },
        { nativeType: TEXT, isMasked: { const: true, description: 'Its name says that it holds secrets.' } },
      ),
    ),
    key: arrayOf(TEXT),
    rows: arrayOf({
      type: 'array',
      items: { type: ['string', 'null'] },
      description: 'By column; exact text, bytes as base64, *** where the column is masked.',
    }),
    dirty: arrayOf(object({ code: TEXT, reason: TEXT }, { column: TEXT })),
    isCut: { type: 'boolean', description: 'A value was cut, or there was no room for all rows.' },
  }),
  TargetTable: object({ exists: TRUTH, notes: arrayOf(TEXT) }, { statement: TEXT }),
  Task: object(
    {
      id: TEXT,
      workspace: TEXT,
      name: TEXT,
      document: ref('TaskDocument'),
      createdAt: TIME,
      updatedAt: TIME,
      version: COUNT,
    },
    { cleanup: arrayOf(TEXT) },
  ),
  Judgement: object({ verdicts: arrayOf(VERDICT), notes: arrayOf(TEXT) }),
  DryRun: object({
    rows: arrayOf(
      object(
        { outcome: { type: 'string', enum: ['mapped', 'filtered', 'dirty'] }, source: {} },
        { mapped: ANYTHING, code: TEXT, column: TEXT, reason: TEXT },
      ),
    ),
    verdicts: arrayOf(VERDICT),
    notes: arrayOf(TEXT),
  }),
  AuditEntry: object(
    {
      n: COUNT,
      time: TIME,
      actor: TEXT,
      address: TEXT,
      action: TEXT,
      object: TEXT,
      traceId: TEXT,
      hash: TEXT,
    },
    { name: TEXT, before: TEXT, after: TEXT, changed: arrayOf(TEXT), refused: TEXT },
  ),
  AuditVerdict: object({ entries: COUNT, head: TEXT }, { brokenAt: COUNT }),
  Secret: object({ name: TEXT, createdAt: TIME, updatedAt: TIME }),
  Run: object(
    {
      id: TEXT,
      task: TEXT,
      state: { type: 'string', enum: Object.keys(RUN_TRANSITIONS) },
      desired: { type: 'string', enum: ['run', 'stop', 'cancel'] },
      trigger: TEXT,
      actor: TEXT,
      generation: TEXT,
      createdAt: TIME,
      plan: object(
        {},
        {
          channels: COUNT,
          splits: COUNT,
          mapped: TRUTH,
          mode: { type: 'string', enum: [...WRITE_MODES] },
          rows: object({ count: COUNT, kind: { type: 'string', enum: ['exact', 'estimate'] } }),
        },
      ),
      version: COUNT,
    },
    {
      traceId: { type: 'string', pattern: '^[0-9a-f]{32}$' },
      startedAt: TIME,
      endedAt: TIME,
      rowsPerSecond: { type: 'number' },
      bytesPerSecond: { type: 'number' },
      parameters: mapOf({ type: ['string', 'number', 'boolean', 'null'] }),
      repeats: TEXT,
      attempt: COUNT,
      counts: ref('Counts'),
      retries: COUNT,
      retryAt: TIME,
      error: FAULT,
      healing: mapOf(COUNT),
    },
  ),
  Counts: COUNTS,
  Ledger: object({
    ...(COUNTS['properties'] as Record<string, Json>),
    balanced: TRUTH,
    stillDirty: { ...COUNT, description: 'dirty, without what replays have written, filtered or recovered.' },
    replays: arrayOf(object(REPLAY)),
  }),
  Replay: object(REPLAY, { nextCursor: TEXT }),
  DirtyCount: object({ code: TEXT, state: DIRTY_STATE, count: COUNT }, { column: TEXT }),
  Split: object(
    {
      split: COUNT,
      channel: COUNT,
      label: TEXT,
      state: { type: 'string', enum: ['open', 'final'] },
      committed: COUNT,
      position: { type: ['string', 'null'] },
      counts: ref('Counts'),
    },
    { reader: TEXT },
  ),
  DirtyRecord: object(
    { id: TEXT, split: COUNT, index: COUNT, state: DIRTY_STATE, code: TEXT, reason: TEXT, record: TEXT },
    { column: TEXT, replayedAt: TIME },
  ),
  RunEvent: object({ id: TEXT, time: TIME, what: TEXT, cause: TEXT, actor: TEXT }),
  LogLine: object(
    {
      n: COUNT,
      time: TIME,
      level: { type: 'string', enum: ['debug', 'info', 'warn', 'error'] },
      message: TEXT,
    },
    { stage: TEXT, split: COUNT, worker: TEXT, code: TEXT, traceId: TEXT, spanId: TEXT },
  ),
  LogPage: object({ lines: arrayOf(ref('LogLine')), after: COUNT, before: COUNT }),
  Topic: object({ name: TEXT, channels: COUNT }),
  Partition: object({ channel: COUNT, low: COUNT, high: COUNT }),
  Consumers: object({
    group: TEXT,
    lag: arrayOf(object({ channel: COUNT, committed: { type: ['integer', 'null'] }, lag: COUNT })),
  }),
  Message: object(
    { offset: COUNT, timestamp: TIME },
    {
      kind: { type: 'string', enum: ['data', 'schema', 'heartbeat', 'final'] },
      task: TEXT,
      generation: TEXT,
      run: TEXT,
      split: COUNT,
      channel: COUNT,
      epoch: COUNT,
      seq: COUNT,
      position: { type: ['string', 'null'] },
      recordCount: COUNT,
      filteredCount: COUNT,
      dirtyCount: COUNT,
      sourceBytes: COUNT,
      total: object({ read: COUNT, bytes: COUNT }),
      dirty: arrayOf(object({ index: COUNT, code: TEXT, reason: TEXT, record: TEXT }, { column: TEXT })),
      rows: { type: 'array', items: ANYTHING, description: 'The records, decoded; keys are column names.' },
      traceId: TEXT,
      error: { type: 'string', description: 'Instead of the rest: why the message cannot be decoded.' },
    },
  ),
  RegistryVersion: object({ subject: TEXT, version: COUNT }),
  RegistrySchema: object({ subject: TEXT, version: COUNT, id: COUNT, schema: TEXT }),
  RegistryError: object({ error_code: WHOLE, message: TEXT }),
} as const satisfies Readonly<Record<string, Json>>;

/** The fields of one of them, in order. */
export function fieldsOf(name: keyof typeof COMPONENTS): readonly string[] {
  const { properties = {} } = COMPONENTS[name] as { readonly properties?: object };
  return Object.keys(properties);
}
