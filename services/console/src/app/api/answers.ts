// Generated from the schemas of the OpenAPI document: node scripts/generate-console-types.ts
import type { ParameterSchema, TaskDocument } from '@sluice/model';

export type Problem = {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: string;
  readonly hint: string;
  readonly retryable: boolean;
  readonly instance?: string;
  readonly traceId?: string;
  readonly place?: string;
  readonly errors?: readonly { readonly pointer: string; readonly detail: string; readonly code?: string; readonly hint?: string; readonly line?: number; readonly column?: number; readonly nearest?: string; readonly part?: { readonly start: number; readonly end: number } }[];
};

export type ScriptImport = {
  readonly dialect: string;
  readonly format: 'json' | 'yaml';
  readonly document: Readonly<Record<string, unknown>>;
  readonly dataSources: readonly { readonly name: string; readonly connector: string; readonly config: Readonly<Record<string, unknown>>; readonly secrets: readonly string[]; readonly exists: boolean }[];
  readonly report: readonly { readonly pointer: string; readonly line: number; readonly column: number; readonly fate: 'mapped' | 'defaulted' | 'ignored' | 'unsupported'; readonly became?: string; readonly value?: unknown; readonly why?: string; readonly code?: string; readonly nearest?: string }[];
  readonly problems: readonly { readonly severity: 'error' | 'warning' | 'note'; readonly code: string; readonly pointer: string; readonly line: number; readonly column: number; readonly cause: string; readonly remedy: string; readonly repair?: { readonly start: number; readonly end: number; readonly text: string } }[];
  readonly isReady: boolean;
  readonly name?: string;
};

export type ScriptExport = {
  readonly dialect: string;
  readonly format: 'json' | 'yaml';
  readonly text: string;
  readonly lost: readonly { readonly pointer: string; readonly why: string }[];
};

export type Connector = {
  readonly name: string;
  readonly title: string;
  readonly schemes: readonly string[];
  readonly dataSource: ParameterSchema;
  readonly capabilities: { readonly modes: readonly string[]; readonly splittable: boolean; readonly resumable: boolean; readonly writeModes: readonly string[]; readonly guarantee: string; readonly projects: boolean };
  readonly reader?: ParameterSchema;
  readonly writer?: ParameterSchema;
};

export type Worker = {
  readonly id: string;
  readonly name: string;
  readonly state: 'alive' | 'gone';
  readonly group: string;
  readonly stages: readonly ('read' | 'map' | 'write')[];
  readonly renewedAt: number;
  readonly startedAt: number;
};

export type Workspace = {
  readonly id: string;
  readonly name: string;
  readonly createdAt: number;
  readonly defaultDataSource?: string;
};

export type DataSource = {
  readonly id: string;
  readonly name: string;
  readonly connector: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly secrets: Readonly<Record<string, { readonly set: true; readonly updatedAt: number }>>;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly version: number;
  readonly resourceGroup?: string;
  readonly hidden?: true;
};

export type CheckStage = {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
  readonly milliseconds: number;
  readonly code?: string;
  readonly remedy?: string;
};

export type Table = {
  readonly name: string;
  readonly qualified: string;
  readonly kind: 'table' | 'view';
  readonly schema?: string;
  readonly rowsEstimate?: number;
};

export type Namespace = {
  readonly name: string;
};

export type TableColumns = {
  readonly name: string;
  readonly columns: readonly { readonly name: string; readonly kind: string; readonly nullable: boolean; readonly nativeType?: string; readonly precision?: number; readonly scale?: number; readonly format?: string; readonly maxLength?: number }[];
  readonly key: readonly string[];
};

export type Preview = {
  readonly columns: readonly { readonly name: string; readonly kind: string; readonly nullable: boolean; readonly nativeType?: string; readonly isMasked?: true }[];
  readonly key: readonly string[];
  readonly rows: readonly (readonly (string | null)[])[];
  readonly dirty: readonly { readonly code: string; readonly reason: string; readonly column?: string }[];
  readonly isCut: boolean;
};

export type TargetTable = {
  readonly exists: boolean;
  readonly notes: readonly string[];
  readonly statement?: string;
};

export type Task = {
  readonly id: string;
  readonly workspace: string;
  readonly name: string;
  readonly document: TaskDocument;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly version: number;
  readonly cleanup?: readonly string[];
};

export type Judgement = {
  readonly verdicts: readonly { readonly pointer: string; readonly to: string; readonly verdict: 'safe' | 'may-lose' | 'impossible'; readonly rule: string; readonly from?: string; readonly expression?: string; readonly suggestedCast?: string }[];
  readonly notes: readonly string[];
};

export type DryRun = {
  readonly rows: readonly { readonly outcome: 'mapped' | 'filtered' | 'dirty'; readonly source: unknown; readonly mapped?: Readonly<Record<string, unknown>>; readonly code?: string; readonly column?: string; readonly reason?: string }[];
  readonly verdicts: readonly { readonly pointer: string; readonly to: string; readonly verdict: 'safe' | 'may-lose' | 'impossible'; readonly rule: string; readonly from?: string; readonly expression?: string; readonly suggestedCast?: string }[];
  readonly notes: readonly string[];
};

export type AuditEntry = {
  readonly n: number;
  readonly time: number;
  readonly actor: string;
  readonly address: string;
  readonly action: string;
  readonly object: string;
  readonly traceId: string;
  readonly hash: string;
  readonly name?: string;
  readonly before?: string;
  readonly after?: string;
  readonly changed?: readonly string[];
  readonly refused?: string;
};

export type AuditVerdict = {
  readonly entries: number;
  readonly head: string;
  readonly brokenAt?: number;
};

export type Run = {
  readonly id: string;
  readonly task: string;
  readonly state: 'created' | 'queued' | 'running' | 'retrying' | 'stopping' | 'stopped' | 'cancelling' | 'cancelled' | 'succeeded' | 'failed' | 'needs-resync';
  readonly desired: 'run' | 'stop' | 'cancel';
  readonly trigger: string;
  readonly actor: string;
  readonly generation: string;
  readonly createdAt: number;
  readonly plan: { readonly channels?: number; readonly splits?: number; readonly mapped?: boolean; readonly mode?: 'insert' | 'upsert' | 'ignore' | 'update' | 'replace' | 'overwrite'; readonly rows?: { readonly count: number; readonly kind: 'exact' | 'estimate' } };
  readonly version: number;
  readonly traceId?: string;
  readonly startedAt?: number;
  readonly endedAt?: number;
  readonly rowsPerSecond?: number;
  readonly bytesPerSecond?: number;
  readonly parameters?: Readonly<Record<string, string | number | boolean | null>>;
  readonly repeats?: string;
  readonly attempt?: number;
  readonly counts?: Counts;
  readonly retries?: number;
  readonly retryAt?: number;
  readonly error?: { readonly code: string; readonly detail: string; readonly hint: string; readonly place?: string };
  readonly healing?: Readonly<Record<string, number>>;
};

export type Counts = {
  readonly read: number;
  readonly written: number;
  readonly filtered: number;
  readonly dirty: number;
  readonly bytes: number;
};

export type Ledger = {
  readonly read: number;
  readonly written: number;
  readonly filtered: number;
  readonly dirty: number;
  readonly bytes: number;
  readonly balanced: boolean;
  readonly stillDirty: number;
  readonly replays: readonly { readonly at: number; readonly actor: string; readonly read: number; readonly written: number; readonly filtered: number; readonly recovered: number; readonly dirty: number }[];
};

export type Replay = {
  readonly at: number;
  readonly actor: string;
  readonly read: number;
  readonly written: number;
  readonly filtered: number;
  readonly recovered: number;
  readonly dirty: number;
  readonly nextCursor?: string;
};

export type DirtyCount = {
  readonly code: string;
  readonly state: 'dirty' | 'replayed';
  readonly count: number;
  readonly column?: string;
};

export type Split = {
  readonly split: number;
  readonly channel: number;
  readonly label: string;
  readonly state: 'open' | 'final';
  readonly committed: number;
  readonly position: string | null;
  readonly counts: Counts;
  readonly reader?: string;
};

export type DirtyRecord = {
  readonly id: string;
  readonly split: number;
  readonly index: number;
  readonly state: 'dirty' | 'replayed';
  readonly code: string;
  readonly reason: string;
  readonly record: string;
  readonly column?: string;
  readonly replayedAt?: number;
};

export type RunEvent = {
  readonly id: string;
  readonly time: number;
  readonly what: string;
  readonly cause: string;
  readonly actor: string;
};

export type LogLine = {
  readonly n: number;
  readonly time: number;
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly message: string;
  readonly stage?: string;
  readonly split?: number;
  readonly worker?: string;
  readonly code?: string;
  readonly traceId?: string;
  readonly spanId?: string;
};

export type LogPage = {
  readonly lines: readonly LogLine[];
  readonly after: number;
  readonly before: number;
};

export type Topic = {
  readonly name: string;
  readonly channels: number;
};

export type Partition = {
  readonly channel: number;
  readonly low: number;
  readonly high: number;
};

export type Consumers = {
  readonly group: string;
  readonly lag: readonly { readonly channel: number; readonly committed: number | null; readonly lag: number }[];
};

export type Message = {
  readonly offset: number;
  readonly timestamp: number;
  readonly kind?: 'data' | 'schema' | 'heartbeat' | 'final';
  readonly task?: string;
  readonly generation?: string;
  readonly run?: string;
  readonly split?: number;
  readonly channel?: number;
  readonly epoch?: number;
  readonly seq?: number;
  readonly position?: string | null;
  readonly recordCount?: number;
  readonly filteredCount?: number;
  readonly dirtyCount?: number;
  readonly sourceBytes?: number;
  readonly total?: { readonly read: number; readonly bytes: number };
  readonly dirty?: readonly { readonly index: number; readonly code: string; readonly reason: string; readonly record: string; readonly column?: string }[];
  readonly rows?: readonly (Readonly<Record<string, unknown>>)[];
  readonly traceId?: string;
  readonly error?: string;
};
