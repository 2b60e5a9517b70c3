import type {
  Counts,
  DesiredState,
  DirtyKey,
  DirtyRecord,
  Position,
  ReadPlan,
  RowSchema,
  RunState,
  RunTrigger,
  Scalar,
  Split,
  Stage,
  TaskDocument,
  ToldError,
  WritePlan,
} from '@sluice/model';

/** Unique by name. */
export interface WorkspaceRow {
  readonly id: string;
  readonly name: string;
  readonly createdAt: number;
  readonly defaultDataSource?: string;
}

export interface AccessKeyRow {
  /** The public id: `slk_<id>` of the key. */
  readonly id: string;
  readonly workspace: string;
  readonly name: string;
  /** SHA-256 of the secret, hex (S-5). */
  readonly secretHash: string;
  readonly role: string;
  readonly state: 'enabled' | 'disabled';
  readonly createdAt: number;
  readonly lastUsedAt?: number;
  readonly expiresAt?: number;
}

/** Unique by (workspace, name). */
export interface DataSourceRow {
  readonly id: string;
  readonly workspace: string;
  readonly name: string;
  readonly connector: string;
  /** Settings without the secret fields. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Secret fields, each an encrypted blob of the secret box (S-21). */
  readonly secrets: Readonly<Record<string, string>>;
  /** Workers that can reach it; absent: `default`. */
  readonly resourceGroup?: string;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** A secret of a workspace that mappings name, e.g. the key of a hash. Unique by (workspace, name). */
export interface SecretRow {
  readonly id: string;
  readonly workspace: string;
  readonly name: string;
  /** An encrypted blob of the secret box (S-21). */
  readonly secret: string;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** Unique by (workspace, name). */
export interface TaskRow {
  readonly id: string;
  readonly workspace: string;
  readonly name: string;
  readonly document: TaskDocument;
  readonly createdAt: number;
  readonly updatedAt: number;
  /** Being deleted: what is left to remove; the row goes when the list is empty (D-23). */
  readonly cleanup?: readonly string[];
}

/** By stage, the resource group whose workers serve it. */
export type RunGroups = Readonly<Record<Stage, string>>;

/** Everything that a run fixes before it starts; workers get it with their assignment. */
export interface RunPlan {
  /** Made with the plan: a store that was set back before it plans anew, and the new plan is another generation (D-1a). */
  readonly generation: string;
  readonly channels: number;
  /**
   * Workers whose the planned reader epochs are: the splits of channel c are `readers[c % length]`'s to begin. Anybody else needs an
   * epoch of his own, or a store that was set back could issue a planned one twice (D-1a).
   */
  readonly readers: readonly string[];
  /** Resource groups whose workers serve the stages; absent: `default`. */
  readonly groups?: RunGroups;
  readonly read: ReadPlan;
  /** The projection that the reader does; absent: all columns under their own names. */
  readonly columns?: readonly PlannedColumn[];
  readonly write: WritePlan;
  readonly mapped: boolean;
  /** The compiled form of the mapping, for the mapper; only when `mapped`. */
  readonly mapping?: unknown;
  /** Schema ids in the registry of what the reader and the mapper publish. */
  readonly readSchemaId: number;
  readonly mappedSchemaId: number;
  /** The target as it was found, for the mapping. */
  readonly target?: RowSchema;
}

/** One column of the reader's projection: a source column or a constant, under its output name. */
export interface PlannedColumn {
  readonly as: string;
  readonly column?: string;
  readonly constant?: string | number | boolean | null;
}

export interface RunRow {
  readonly id: string;
  readonly workspace: string;
  /** The task. */
  readonly parent: string;
  readonly state: RunState;
  readonly desired: DesiredState;
  readonly trigger: RunTrigger;
  readonly actor: string;
  readonly document: TaskDocument;
  /** Given at the start; with the document's own they are the run's parameters. */
  readonly parameters?: Readonly<Record<string, Scalar>>;
  /** Sorts the runs of a task; until there is a plan, nothing else has it. */
  readonly generation: string;
  readonly createdAt: number;
  /** W3C trace id of everything that the run does: 32 hex digits. */
  readonly traceId?: string;
  readonly startedAt?: number;
  readonly endedAt?: number;
  readonly plan?: RunPlan;
  /** Rates in force; may be changed while the run is running (D-19). */
  readonly rowsPerSecond?: number;
  readonly bytesPerSecond?: number;
  /** Starting over was asked for: what unfinished generations before this one have appended may be repeated (D-24). */
  readonly repeats?: string;
  /** How often it was resumed. */
  readonly attempt?: number;
  readonly prepared?: boolean;
  /** The target says so of the generation. */
  readonly finished?: boolean;
  /** Every writer of the generation is fenced in the target: it was cancelled there. */
  readonly fenced?: boolean;
  /** Sum over the splits, as last seen in the target. */
  readonly counts?: Counts;
  /** Transient errors so far, against the run's retry budget. */
  readonly retries?: number;
  readonly retryAt?: number;
  readonly error?: {
    readonly code: string;
    readonly detail: string;
    readonly hint: string;
    readonly place?: string;
  };
  /** The change of state that made the row what it is, until the next: whoever finds it untold writes its event (D-20). */
  readonly event?: EventRow;
  /** Replays of its dirty records, the newest last. */
  readonly replays?: readonly ReplayLine[];
  /** Batches dropped or healed: duplicates, superseded, unknown, gaps, seals, undecodable. */
  readonly healing?: Readonly<Record<string, number>>;
}

/** One split of a run's generation: its reader, its epochs, and a mirror of its progress row in the target. */
export interface SplitRow {
  /** `<generation>:<ordinal>` */
  readonly id: string;
  /** The run's generation. */
  readonly parent: string;
  readonly ordinal: number;
  readonly channel: number;
  readonly split: Split;
  readonly state: 'open' | 'final';
  /** Worker that reads it; absent: nobody. */
  readonly owner?: string;
  /** Epoch of the present (or last) owner; 0: never claimed. */
  readonly readerEpoch: number;
  /** The owner's epoch needs a seal and this is not answered yet. */
  readonly sealing?: boolean;
  /** What the owner starts from. */
  readonly from?: {
    readonly seq: number;
    readonly position: Position | null;
    readonly read: number;
    readonly bytes: number;
  };
  /** Last batch the owner says it has published, and whether that was the final. */
  readonly produced?: number;
  readonly readDone?: boolean;
  /** Mirror of the target. */
  readonly seq: number;
  readonly position: Position | null;
  readonly counts: Counts;
  /** Dirty records of it that the store has been told of; may be fewer than it has. */
  readonly told?: number;
  /** How often it was sealed at which seq, to see a batch that is lost again and again (D-11). */
  readonly sealedAt?: { readonly seq: number; readonly times: number; readonly late?: number };
  readonly writerEpoch?: number;
}

export interface WorkerRow {
  readonly id: string;
  readonly name: string;
  readonly group: string;
  readonly stages: readonly Stage[];
  readonly state: 'alive' | 'gone';
  /** Coordinator's time of the last renewal. */
  readonly renewedAt: number;
  readonly startedAt: number;
}

/** Work that a worker does for the coordinator with a deadline. */
export interface ErrandRow {
  readonly id: string;
  readonly parent?: string;
  readonly state: 'open' | 'taken' | 'done' | 'failed';
  readonly stage: Stage;
  readonly group: string;
  readonly worker?: string;
  readonly deadline: number;
  readonly request: ErrandRequest;
  readonly answer?: unknown;
  readonly error?: ToldError;
}

/** One of several data sources that are read as one. */
export interface ErrandSource {
  /** Its id. */
  readonly dataSource: string;
  readonly name: string;
  readonly tables: readonly string[];
}

/** A data source as an errand names it: secrets stay in the store and are added when a worker takes it (S-23). */
export type ErrandRequest =
  | { readonly kind: 'check'; readonly dataSource: string }
  | { readonly kind: 'namespaces'; readonly dataSource: string }
  | {
      readonly kind: 'tables';
      readonly dataSource: string;
      readonly search?: string;
      readonly namespace?: string;
      /** The last table of the page before. */
      readonly after?: { readonly schema?: string; readonly name: string };
      readonly limit: number;
    }
  | {
      readonly kind: 'preview';
      readonly dataSource: string;
      readonly parameters: Readonly<Record<string, unknown>>;
      readonly rows: number;
    }
  | {
      readonly kind: 'replay';
      readonly dataSource: string;
      readonly parameters: Readonly<Record<string, unknown>>;
      /** Of the run; its schema is that of records that the target refused. */
      readonly plan: WritePlan;
      /** The schema of records that the mapper refused. */
      readonly source: RowSchema;
      /** The resolved mapping as it is now; only where the run has a map stage. */
      readonly mapping?: unknown;
      readonly secrets?: { readonly workspace: string; readonly names: readonly string[] };
      readonly keys: readonly DirtyKey[];
    }
  | {
      readonly kind: 'create-table';
      readonly dataSource: string;
      readonly parameters: Readonly<Record<string, unknown>>;
      readonly schema: RowSchema;
    }
  | {
      readonly kind: 'describe';
      readonly dataSource: string;
      readonly parameters: Readonly<Record<string, unknown>>;
      readonly side: 'source' | 'target';
      readonly sources?: readonly ErrandSource[];
    }
  | {
      readonly kind: 'plan';
      readonly dataSource: string;
      readonly parameters: Readonly<Record<string, unknown>>;
      readonly sources?: readonly ErrandSource[];
      readonly channels: number;
      readonly columns?: readonly {
        readonly as: string;
        readonly column?: string;
        readonly constant?: string | number | boolean | null;
      }[];
    }
  | {
      readonly kind: 'dry-run';
      readonly dataSource: string;
      readonly sources?: readonly ErrandSource[];
      readonly parameters: Readonly<Record<string, unknown>>;
      /** The resolved mapping. */
      readonly mapping: unknown;
      /** Secrets of the workspace that the mapping names. */
      readonly secrets?: { readonly workspace: string; readonly names: readonly string[] };
      readonly rows: number;
    };

/** A row in the timeline of a run: every change of state, with its cause. */
export interface EventRow {
  readonly id: string;
  /** The run's workspace. */
  readonly workspace?: string;
  /** The run. */
  readonly parent: string;
  readonly time: number;
  readonly what: string;
  readonly cause: string;
  readonly actor: string;
}

export interface DirtyRow extends DirtyRecord {
  /** `<generation>:<split>:<epoch>:<seq>:<index>` */
  readonly id: string;
  /** The run. */
  readonly parent: string;
  readonly split: number;
  /** Its place beside split and index: the batch that it came in. Absent in rows of older versions, whose id has them. */
  readonly epoch?: number;
  readonly seq?: number;
  /** `replayed`: it is no longer dirty. */
  readonly state?: 'replayed';
  /** When a replay looked at it last, in milliseconds since 1970. */
  readonly replayedAt?: number;
}

/** What one replay did; `read` = written + filtered + recovered + dirty. */
export interface ReplayLine {
  readonly at: number;
  readonly actor: string;
  readonly read: number;
  readonly written: number;
  readonly filtered: number;
  /** Had left the target's dirty records by an earlier replay whose answer was lost. */
  readonly recovered: number;
  /** Still dirty. */
  readonly dirty: number;
}

export interface IdempotencyRow {
  /** `<workspace>:<key>` */
  readonly id: string;
  readonly state: 'in-flight' | 'done';
  readonly bodyHash: string;
  readonly status?: number;
  readonly body?: string;
  readonly location?: string;
  readonly createdAt: number;
}
