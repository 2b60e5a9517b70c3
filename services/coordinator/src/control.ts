import type { DirtyRow, DryRunRow, ErrandRequest, ReplayLine, RunRow, Versioned } from '@sluice/ports';
import type { RunTrigger, Scalar, TaskDocument } from '@sluice/model';
import type { FieldVerdict } from '@sluice/mapping';

/** What the API may ask of runs. All throw SluiceError; all are compare-and-set and leave an event. */
export interface RunControl {
  /** D-24: throws SLUICE_RUN_ACTIVE with the active run's id; resumes an unfinished appending generation unless `fresh`. */
  start(request: {
    readonly workspace: string;
    readonly task: string;
    readonly trigger: RunTrigger;
    readonly actor: string;
    /** Given by the client so that a repeated call starts nothing twice. */
    readonly run?: string;
    readonly fresh?: boolean;
    /** W3C trace id that the run belongs to; absent: one of its own. */
    readonly traceId?: string;
    /** For parameters that the task declares. Throws SLUICE_CFG_INVALID for others and for values of another type. */
    readonly parameters?: Readonly<Record<string, Scalar>>;
  }): Promise<Versioned<RunRow>>;
  stop(run: string, actor: string): Promise<Versioned<RunRow>>;
  cancel(run: string, actor: string): Promise<Versioned<RunRow>>;
  /** A stopped or failed run goes on in its generation, unless another run of the task is active or has begun since. */
  resume(run: string, actor: string): Promise<Versioned<RunRow>>;
  throttle(
    run: string,
    rate: { readonly rowsPerSecond?: number; readonly bytesPerSecond?: number },
    actor: string,
  ): Promise<Versioned<RunRow>>;
  /** Verdicts of a document against the real source and target, by errands; problems as SLUICE_CFG_INVALID fields. */
  validate(
    workspace: string,
    document: TaskDocument,
  ): Promise<{ readonly verdicts: readonly FieldVerdict[]; readonly notes: readonly string[] }>;
  /** Writes dirty records of a run once more, after mapping or target were repaired (D-31). */
  replay(request: ReplayRequest): Promise<{ readonly line: ReplayLine; readonly nextCursor?: string }>;
  /** The target table of a document: whether it is there, and the statement by which a run would make it. */
  targetTable(workspace: string, document: TaskDocument): Promise<TargetTable>;
  /** Some rows of the source through the real mapper, by an errand; nothing is written. */
  dryRun(request: {
    readonly workspace: string;
    readonly document: TaskDocument;
    readonly rows: number;
    readonly parameters?: Readonly<Record<string, Scalar>>;
  }): Promise<DryRun>;
}

export interface ReplayRequest {
  readonly run: string;
  readonly actor: string;
  /** Records that are looked at, at most. */
  readonly limit: number;
  readonly cursor?: string;
  readonly matches: (row: DirtyRow) => boolean;
}

export interface TargetTable {
  readonly exists: boolean;
  /** Absent where the target needs none. */
  readonly statement?: string;
  readonly notes: readonly string[];
}

/** What became of each row, and how the fields were judged. */
export interface DryRun {
  readonly rows: readonly DryRunRow[];
  readonly verdicts: readonly FieldVerdict[];
  readonly notes: readonly string[];
}

export interface ErrandOptions {
  readonly stage: 'read' | 'write';
  /** Resource group; absent: that of the data source, else `default`. */
  readonly group?: string;
  readonly timeoutMs: number;
  /** How long nobody of the group needs to be alive; absent: as long as the answer is waited for. */
  readonly patienceMs?: number;
}

/** Work that a worker does for an API call. Throws SLUICE_RUN_NO_WORKER when nobody takes it in time. */
export interface Errands {
  ask<T>(request: ErrandRequest, options: ErrandOptions): Promise<T>;
}

/** Decrypts a data source for a worker that needs it (S-23). */
export interface DataSourceAccess {
  /** Takes every secret that was opened here out of a text that is kept or shown (S-27). */
  redact(text: string): string;
  open(
    dataSource: string,
  ): Promise<{ readonly connector: string; readonly config: Readonly<Record<string, unknown>> }>;
  /** Secrets of a workspace by name; those that it does not have are left out: the mapper that misses one says so. */
  openSecrets(workspace: string, names: readonly string[]): Promise<Readonly<Record<string, string>>>;
}
