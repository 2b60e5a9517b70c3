import type {
  BatchMeta,
  DirtyKey,
  DirtyRecord,
  PlannedStream,
  StreamId,
  StreamProgress,
  WritePlan,
} from '@sluice/model';

/** The task row (split -1). */
export interface TaskRow {
  readonly task: string;
  /** Current generation; '' before the first. */
  readonly generation: string;
  readonly phase: 'new' | 'preparing' | 'prepared' | 'finishing' | 'finished' | 'cancelled';
  /** Steps of the phase that are done (runSteps); 0 when left out. */
  readonly steps?: number;
}

/**
 * `_sluice_progress` of one target, on one session: reads and writes happen in the session's open transaction, or each
 * on its own when none is open.
 */
export interface ProgressTable {
  /** Creates `_sluice_progress` and `_sluice_dirty` when absent; may race with others. */
  ensure(): Promise<void>;
  /** The task row, inserted when absent, locked until the transaction ends. */
  lockTask(task: string): Promise<TaskRow>;
  saveTask(row: TaskRow): Promise<void>;
  /** Rows of the given splits (all when undefined), locked in split order until the transaction ends. */
  lockStreams(
    task: string,
    generation: string,
    splits?: readonly number[],
  ): Promise<readonly StreamProgress[]>;
  /** Overwrites the row of one stream. */
  saveStream(id: StreamId, progress: StreamProgress): Promise<void>;
  /** Inserts rows that are absent: seq 0, position null, no counts, holder ''. */
  insertStreams(plan: WritePlan, streams: readonly PlannedStream[]): Promise<void>;
  /** Raises writer_epoch to EPOCH_FENCED on all stream rows of the task but the given generation's. */
  fenceOthers(task: string, keepGeneration: string): Promise<void>;
}

/** One bulk statement. `write` may be pipelined by the session, errors surface at the latest in `end`. */
export interface BulkWrite {
  /** Sends rows on; resolves when more may be sent. `from`: the batch that they are of, which units always say. */
  write(rows: Buffer, recordCount: number, from?: Pick<BatchMeta, 'split' | 'seq'>): Promise<void>;
  /** Ends the statement; answers the number of records the target took, or left alone as the mode says. */
  end(): Promise<number>;
  /** Valid after `end`, by call of `write`: the records that the plan's mode left alone. Undefined: none. */
  readonly skipped?: readonly number[] | undefined;
  /** Gives the statement up after a failure elsewhere; the session rolls back next. */
  abort(): Promise<void>;
}

/** A dirty record with the batch that it came in. */
export interface KeptDirtyRecord extends DirtyRecord {
  readonly epoch: number;
  readonly seq: number;
}

/** A statement of a task, ready to be run. */
export interface RunnableStatement {
  /** Makes or removes a table that lives with the session. */
  readonly isOfSession: boolean;
  /** The target commits it, and what came before it, by itself. */
  readonly commits: boolean;
  run(): Promise<void>;
}

/** What a generation does once in its target beside writing rows, inside `exclusively` (D-25). */
export interface GenerationWork {
  /** Runs `body` in a transaction: that of `exclusively` where there is one, or one of its own. */
  step(body: () => Promise<void>): Promise<void>;
  /** Looks at the task's own statements (S-40); throws SLUICE_CFG_INVALID below `place` before any is run. */
  statements(plan: WritePlan, texts: readonly string[], place: string): readonly RunnableStatement[];
  /**
   * Mode overwrite: puts the staging table in the target's place, at once for every reader. Where statements commit by themselves it may
   * be repeated after it has died anywhere in between.
   */
  swap(plan: WritePlan): Promise<void>;
  /** Removes the task's staging table, and what a swap has left. */
  discard(plan: WritePlan): Promise<void>;
}

/** The tables a generation works on, beside the progress table. */
export interface TargetTables {
  /**
   * Creates and truncates as the plan says, checks engine, columns and key; with mode overwrite makes the task's staging table anew, like
   * the target. Runs inside `exclusively`.
   */
  prepare(plan: WritePlan): Promise<void>;
  insertDirty(id: StreamId, epoch: number, seq: number, dirty: readonly DirtyRecord[]): Promise<void>;
  /** The last `limit` dirty records of a stream, by seq and index. */
  lastDirty(id: StreamId, limit: number): Promise<readonly KeptDirtyRecord[]>;
  /**
   * Removes dirty records of a generation, in the open transaction, and answers them as they were; one that is not kept any more is not in
   * the answer. Left out: this target's dirty records cannot be replayed.
   */
  takeDirty?(
    task: string,
    generation: string,
    keys: readonly DirtyKey[],
  ): Promise<readonly (KeptDirtyRecord & { readonly split: number })[]>;
  /** Sum of dirty over the streams of a generation, as committed plus this transaction's. */
  countDirty(task: string, generation: string): Promise<number>;
  /** Removes stream rows of older generations (D-14); those of newer ones say that they were refused (D-24). */
  removeOlder(task: string, generation: string): Promise<void>;
}

/**
 * One connection to a transactional target: what a connector implements so that TransactionalWriter can run the
 * protocol on it. Read committed; server-side idle limit (60 s); lock timeout 10 s, thrown as transient. Throws
 * SluiceError: kind `data` only for row-level errors of bulk statements (D-16).
 */
export interface TargetSession {
  readonly progress: ProgressTable;
  readonly tables: TargetTables;
  begin(): Promise<void>;
  /** Throws a transient error when the outcome is unknown (D-12). */
  commit(): Promise<void>;
  /** Never throws; legal at any time; a broken connection counts as rolled back. */
  rollback(): Promise<void>;
  /** One savepoint, replaced by the next call. */
  savepoint(): Promise<void>;
  rollbackToSavepoint(): Promise<void>;
  /** Opens a bulk statement for the plan's table and mode. `strict`: the slow exact path for single records. */
  bulk(plan: WritePlan, strict: boolean): BulkWrite;
  /** Runs `body` while no other session runs one for the same task; in a transaction where DDL is transactional. */
  exclusively(task: string, body: () => Promise<void>): Promise<void>;
  /** Left out where there is none of it. */
  readonly work?: GenerationWork;
}

/** Opens sessions; `application` names the holder so that a takeover can end a zombie's session (D-13). */
export interface TargetConnections {
  open(application: string): Promise<TargetSession & { close(): Promise<void> }>;
  /** Ends the session of a holder that keeps a row locked past the lock timeout; best effort. */
  terminate(application: string): Promise<void>;
}
