import type { AuditLog } from './audit.ts';
import type {
  AccessKeyRow,
  DataSourceRow,
  ErrandRow,
  EventRow,
  IdempotencyRow,
  RunRow,
  SecretRow,
  SplitRow,
  TaskRow,
  WorkerRow,
  WorkspaceRow,
  DirtyRow,
} from './rows.ts';

/** A row with the version that compare-and-set needs; 1 after insert. */
export type Versioned<T> = T & { readonly version: number };

export interface ListQuery {
  readonly workspace?: string;
  /** Id of the owning row: a split's run, a run's task, ... */
  readonly parent?: string;
  /** Any of these values of the row's `state`. */
  readonly states?: readonly string[];
  /** Exact `name`. */
  readonly name?: string;
  /** Milliseconds since 1970: made from then on, before then. For rows whose ids are UUIDv7. */
  readonly since?: number;
  readonly until?: number;
  /** Answer of an earlier page's `nextCursor`. */
  readonly cursor?: string;
  /** Default 200. */
  readonly limit?: number;
  /** By id (default), which for UUIDv7 is by creation, or by name and then by id; a cursor is good for its own order only. */
  readonly order?: 'id' | 'name';
  /** Default ascending. */
  readonly descending?: boolean;
}

/** What a row must show so that it can be found. */
export interface Indexed {
  readonly id: string;
  readonly workspace?: string;
  readonly parent?: string;
  readonly state?: string;
  readonly name?: string;
}

/**
 * Rows of one kind. Every write is compare-and-set and durable on return. Throws SLUICE_SYS_STORE (transient) when the
 * store cannot be reached, SLUICE_CFG_CONFLICT when (workspace, name) is taken in a collection with unique names.
 */
export interface Collection<T extends Indexed> {
  /** Throws SLUICE_CFG_CONFLICT when the id exists. */
  insert(row: T): Promise<Versioned<T>>;
  get(id: string): Promise<Versioned<T> | undefined>;
  /** Replaces the row if it still has this version; undefined when it has not. Never creates. */
  update(row: T, version: number): Promise<Versioned<T> | undefined>;
  remove(id: string): Promise<boolean>;
  list(query: ListQuery): Promise<{ readonly items: readonly Versioned<T>[]; readonly nextCursor?: string }>;
}

/** One line of a run log. */
export interface LogLine {
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly message: string;
  readonly stage?: string;
  readonly split?: number;
  readonly worker?: string;
  readonly code?: string;
  /** W3C trace context: of the run, and of the batch that the line is about. */
  readonly traceId?: string;
  readonly spanId?: string;
}

export interface LogPage {
  readonly lines: readonly (LogLine & { readonly n: number })[];
  /** Cursor to go on forwards; stays valid for ever. */
  readonly after: number;
  readonly before: number;
}

/** Append-only run logs, as NDJSON blocks. */
export interface LogStore {
  append(run: string, lines: readonly LogLine[]): Promise<void>;
  /** At most `limit` lines after (or before) a cursor; `tail` starts at the end. Filters by minimal level, stage, split, text. */
  read(
    run: string,
    query: {
      readonly after?: number;
      readonly before?: number;
      readonly tail?: boolean;
      readonly limit: number;
      readonly level?: LogLine['level'];
      readonly stage?: string;
      readonly split?: number;
      readonly text?: string;
      /** Milliseconds since 1970: from then on, before then. */
      readonly since?: number;
      readonly until?: number;
    },
  ): Promise<LogPage>;
}

/** Avro schemas by id: an id is never reused, the same canonical schema has one id in all subjects. */
export interface SchemaStore {
  /** Registers under a subject (idempotent) and answers id and version. */
  register(subject: string, schema: string): Promise<{ readonly id: number; readonly version: number }>;
  byId(id: number): Promise<string | undefined>;
  versions(
    subject: string,
  ): Promise<readonly { readonly version: number; readonly id: number; readonly schema: string }[]>;
  subjects(): Promise<readonly string[]>;
  usages(id: number): Promise<readonly { readonly subject: string; readonly version: number }[]>;
}

/** All durable state of the control plane. */
export interface Store {
  readonly workspaces: Collection<WorkspaceRow>;
  readonly accessKeys: Collection<AccessKeyRow>;
  readonly dataSources: Collection<DataSourceRow>;
  readonly secrets: Collection<SecretRow>;
  readonly tasks: Collection<TaskRow>;
  /** At most one active run a task: a second one is refused with SLUICE_CFG_CONFLICT, by insert and by update (D-24). */
  readonly runs: Collection<RunRow>;
  readonly splits: Collection<SplitRow>;
  readonly workers: Collection<WorkerRow>;
  readonly errands: Collection<ErrandRow>;
  readonly events: Collection<EventRow>;
  readonly dirty: Collection<DirtyRow>;
  readonly idempotency: Collection<IdempotencyRow>;
  readonly logs: LogStore;
  readonly schemas: SchemaStore;
  readonly audit: AuditLog;
  /** Brings the schema of the store up to date; safe with several processes at once. */
  migrate(): Promise<void>;
  close(): Promise<void>;
}
