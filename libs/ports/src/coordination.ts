import type {
  DesiredState,
  DirtyRecord,
  Position,
  Stage,
  StreamProgress,
  ToldError,
  WritePlan,
} from '@sluice/model';
import type { ErrandRequest, RunPlan } from './rows.ts';
import type { LogLine } from './store.ts';

/** What a worker says about one stage of one run that it serves. */
export interface StageReport {
  readonly run: string;
  readonly stage: Stage;
  /** Of the order that the stage serves: what is said of another generation is nobody's, a failure of an earlier attempt is over. */
  readonly generation: string;
  readonly attempt: number;
  /** Write: rows of the target that moved, or that a takeover found. */
  readonly progress?: readonly StreamProgress[];
  /** Write: last batch taken into an open transaction per split, and its reader's epoch; soft, for flow control (D-18). */
  readonly applied?: Readonly<Record<number, { readonly epoch: number; readonly seq: number }>>;
  /** Write: streams that need a seal because a batch is missing (D-11). */
  readonly gaps?: readonly { readonly split: number; readonly readerEpoch: number; readonly seq: number }[];
  /** Write: streams whose unit waited in vain for what comes after this batch, and was rolled back (D-7). */
  readonly stuck?: readonly { readonly split: number; readonly readerEpoch: number; readonly seq: number }[];
  /** Write: channels whose lane gave nothing for a while (D-11, lost tail). */
  readonly drained?: readonly number[];
  readonly prepared?: boolean;
  /** Read: per split what is published. */
  readonly produced?: readonly {
    readonly split: number;
    readonly epoch: number;
    readonly seq: number;
    readonly final: boolean;
  }[];
  /** Write: dirty records of committed units, for API and console (D-17). */
  readonly dirty?: readonly (DirtyRecord & {
    readonly split: number;
    readonly epoch: number;
    readonly seq: number;
  })[];
  /** Additions to the run's healing counters since the last report. */
  readonly healing?: Readonly<Record<string, number>>;
  /** The stage has stopped in this worker because it was told to. */
  readonly stopped?: boolean;
  /** The stage failed here. Transient ones count against the run's retry budget. */
  readonly failure?: {
    readonly code: string;
    readonly detail: string;
    readonly hint: string;
    readonly place?: string;
  };
}

export interface Answer {
  readonly id: string;
  readonly result?: unknown;
  readonly error?: ToldError;
}

/** One row of a dry run; values as JSON has them, long ones cut. */
export interface DryRunRow {
  readonly outcome: 'mapped' | 'filtered' | 'dirty';
  /** The source row; of one that the reader refused, what it kept of it. */
  readonly source: unknown;
  /** The target row; only of `mapped`. */
  readonly mapped?: unknown;
  /** Why it is dirty. */
  readonly code?: string;
  readonly column?: string;
  readonly reason?: string;
}

/** The first rows of a source; values are exact text, long ones cut, bytes base64. */
export interface Preview {
  readonly columns: readonly {
    readonly name: string;
    readonly kind: string;
    readonly nullable: boolean;
    readonly nativeType?: string;
    /** Its name says that it holds secrets: its values are `***`. */
    readonly isMasked?: true;
  }[];
  readonly key: readonly string[];
  readonly rows: readonly (readonly (string | null)[])[];
  /** Rows that the reader refuses. */
  readonly dirty: readonly { readonly code: string; readonly column?: string; readonly reason: string }[];
  /** A value was cut, or there was no room for all rows that were asked for. */
  readonly isCut: boolean;
}

/** The one call up: heartbeat, progress, answers. */
export interface WorkerReport {
  readonly worker: string;
  readonly name: string;
  readonly group: string;
  readonly stages: readonly Stage[];
  readonly runs: readonly StageReport[];
  readonly answers: readonly Answer[];
  readonly logs: readonly (LogLine & { readonly run: string })[];
}

/** A data source with its secrets, handed only to the holder of the stage that needs it (S-23). */
export interface Access {
  readonly connector: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly parameters: Readonly<Record<string, unknown>>;
  /** Of a reader: the data sources that are read as one, in place of `config`. */
  readonly sources?: readonly {
    readonly name: string;
    readonly config: Readonly<Record<string, unknown>>;
    readonly tables: readonly string[];
  }[];
}

/** One stage of one run that the worker is to serve until it no longer appears in the orders. */
export interface StageOrder {
  readonly run: string;
  readonly stage: Stage;
  readonly workspace: string;
  readonly task: string;
  readonly desired: DesiredState;
  /** How often the run was resumed: each time its stages begin anew. */
  readonly attempt: number;
  readonly plan: RunPlan;
  /** W3C trace id of the run. */
  readonly traceId?: string;
  /** Topic the stage consumes (map, write) and publishes to (read, map). */
  readonly input?: string;
  readonly output?: string;
  /** Consumer group of the input. */
  readonly consumers?: string;
  readonly access?: Access;
  readonly mapping?: unknown;
  /** Map: the workspace's secrets that the mapping names, handed only to the mappers of the run (S-23). */
  readonly secrets?: Readonly<Record<string, string>>;
  readonly rowsPerSecond?: number;
  readonly bytesPerSecond?: number;
  /** Read: bytes a run may be ahead, over all its channels (D-18). */
  readonly aheadBytes: number;
  readonly aheadBatches: number;
  readonly batchRecords: number;
  readonly batchBytes: number;
  /** Read: what is committed, and under the present epoch applied, per split: the slow way round of flow control. */
  readonly committed: Readonly<Record<number, { readonly seq: number; readonly applied: number }>>;
  /** Read: splits whose epoch is no longer this worker's, or that start over from a seal: the claim to go on with. */
  readonly claims?: readonly SplitClaim[];
}

export type Directive =
  | {
      readonly id: string;
      readonly kind: 'seal';
      readonly run: string;
      readonly split: number;
      readonly epoch: number;
    }
  | {
      readonly id: string;
      readonly kind: 'finish';
      readonly run: string;
      /** Splits with dirty records that the store has not heard of. */
      readonly untold: readonly number[];
    }
  | {
      readonly id: string;
      readonly kind: 'cancel';
      readonly run: string;
      readonly plan: WritePlan;
      readonly access: Access;
    }
  | {
      readonly id: string;
      readonly kind: 'errand';
      readonly request: ErrandRequest;
      readonly access: Access;
      /** Of the workspace, as the request names them. */
      readonly secrets?: Readonly<Record<string, string>>;
      readonly deadline: number;
    };

/** What comes down. */
export interface WorkerOrders {
  /** Changes whenever anything below changes for this worker. */
  readonly version: string;
  /** All stages the worker is to serve now. */
  readonly serve: readonly StageOrder[];
  readonly directives: readonly Directive[];
}

/** A reader's right to read one split (D-5). */
export interface SplitClaim {
  readonly split: number;
  readonly epoch: number;
  /** The last committed batch; the claim's first is `seq + 1`. */
  readonly seq: number;
  readonly position: Position | null;
  /** Records and bytes of the split read up to `position`. */
  readonly read: number;
  readonly bytes: number;
}

/**
 * The workers' side of the coordinator. All calls may be repeated. Throws SLUICE_SYS_STORE (transient) when it cannot be
 * reached: the data path goes on with what it has.
 */
export interface Coordination {
  /**
   * Hands the report over. With `wait` it answers the orders, when their version differs from `wait.version` or
   * `wait.milliseconds` have passed (then with none); without, it answers at once and no orders. A worker may have one waiting and one immediate call under way.
   */
  renew(
    report: WorkerReport,
    wait?: { readonly version: string; readonly milliseconds: number; readonly signal: AbortSignal },
  ): Promise<WorkerOrders>;
  /** A new writer epoch for a channel, above `above` (D-1a, D-13). Durable on return. */
  claimChannel(
    worker: string,
    run: string,
    channel: number,
    above: number,
  ): Promise<{ readonly epoch: number }>;
  /** The worker ends: its claims are free at once. */
  release(worker: string): Promise<void>;
}
