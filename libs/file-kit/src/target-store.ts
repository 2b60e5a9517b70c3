import type { KeptDirtyRecord } from '@sluice/connector-sdk';
import type { DirtyRecord, SluiceError, StreamId, WritePlan } from '@sluice/model';
import type { StateRegister } from './state-register.ts';
import type { DirtyPart, Part, Publication, TargetState } from './target-state.ts';

/** The staged rows of one stream in one session. Legal in this order: add and mark, stage, committed; rollback or abandon at any time. */
export interface StagedRows {
  /** `seq`: of the batch that the rows are of. */
  add(rows: Buffer, recordCount: number, seq: number): Promise<void>;
  /** A point to come back to with `reset`. */
  mark(): Promise<void>;
  reset(): Promise<void>;
  /** Everything so far is durable; answers what is to be committed. `isFinal`: nothing follows in this stream. */
  stage(isFinal: boolean): Promise<Part[]>;
  committed(): Promise<void>;
  rollback(): Promise<void>;
  /** Lets go of everything; nothing that may be committed is touched. */
  abandon(): Promise<void>;
}

/** The dirty records of one session: the counterpart of `_sluice_dirty`. */
export interface StagedDirty {
  add(id: StreamId, epoch: number, seq: number, dirty: readonly DirtyRecord[]): Promise<void>;
  stage(): Promise<DirtyPart[]>;
  committed(): void;
  rollback(): void;
  close(): Promise<void>;
}

type Generation = Pick<StreamId, 'task' | 'generation'>;

/** Where files are written: a folder of this machine, or a bucket. What is the same of both is `FileWriter` and `FileSession`. */
export interface TargetStore {
  /** What the user calls the target. */
  readonly shown: string;
  /** The state of a task: changed by compare-and-set only. */
  register(task: string): StateRegister<TargetState>;
  /** Before anything is staged: whether the target may be written as the plan says. May repeat. */
  prepare(plan: WritePlan): Promise<void>;
  stagedRows(plan: WritePlan, split: number): StagedRows;
  stagedDirty(id: Generation): StagedDirty;
  lastDirty(id: StreamId, dirty: readonly DirtyPart[], limit: number): Promise<readonly KeptDirtyRecord[]>;
  /** What becomes of the target when the generation is complete; called once, while the task row is held. */
  decide(plan: WritePlan): Promise<Publication>;
  /**
   * Carries a decided publication out, which any number of processes may do at once and again. `note` adds to the decision what has to be
   * remembered. Answers false when it has to be decided anew because the target was changed by somebody else.
   */
  publish(
    task: string,
    state: TargetState & { readonly publication: Publication },
    note: (change: (now: Publication) => Publication) => Promise<Publication>,
  ): Promise<boolean>;
  /** Dirty records outlive what was staged. */
  keepDirty(task: string, state: TargetState): Promise<void>;
  /** Removes what is staged of generations that are older than the target's, and of that one when it is over; never of newer ones. */
  clear(task: string, state: TargetState): Promise<void>;
  classify(error: unknown): SluiceError;
}

export type OpenTarget = () => Promise<TargetStore>;
