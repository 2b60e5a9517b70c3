import type {
  BulkWrite,
  ProgressTable,
  TargetConnections,
  TargetSession,
  TargetTables,
} from '@sluice/connector-sdk';
import { SluiceError, type StreamId, type StreamProgress, type WritePlan } from '@sluice/model';
import type { StateRegister } from './state-register.ts';
import type { Part, TargetState } from './target-state.ts';
import type { OpenTarget, StagedDirty, StagedRows, TargetStore } from './target-store.ts';
import { TargetTransaction } from './target-transaction.ts';

/** So often a step under the task row is repeated when another session was faster. */
const TRIES = 20;

export class FileConnections implements TargetConnections {
  readonly #open: OpenTarget;

  constructor(open: OpenTarget) {
    this.#open = open;
  }

  async open(): Promise<FileSession> {
    return new FileSession(await this.#open());
  }

  /** Nobody holds anything here that somebody else would have to wait for. */
  async terminate(): Promise<void> {}
}

/** A session on a target of files: rows go to staged files, the progress to the register, and one swap commits both. */
export class FileSession implements TargetSession {
  readonly #store: TargetStore;
  readonly #splits = new Map<number, StagedRows>();
  #register: StateRegister<TargetState> | undefined;
  #transaction: TargetTransaction | undefined;
  #dirty: StagedDirty | undefined;
  /** Splits that the open transaction moved, and whether to their end. */
  readonly #moved = new Map<number, boolean>();
  #isOpen = false;
  #isCommitting = false;
  readonly progress: ProgressTable;
  readonly tables: TargetTables;

  constructor(store: TargetStore) {
    this.#store = store;
    this.progress = {
      ensure: async () => undefined,
      lockTask: async (task) => (await this.#within(task)).lockTask(task),
      saveTask: async (row) => (await this.#within(row.task)).saveTask(row),
      lockStreams: async (task, generation, splits) =>
        (await this.#within(task)).lockStreams(task, generation, splits),
      saveStream: (id, row) => this.#saveStream(id, row),
      insertStreams: async (plan, streams) => (await this.#within(plan.task)).insertStreams(plan, streams),
      fenceOthers: async (task, keep) => (await this.#within(task)).fenceOthers(task, keep),
    };
    this.tables = {
      prepare: (plan) => this.#prepare(plan),
      insertDirty: async (id, epoch, seq, dirty) => {
        this.#dirty ??= store.stagedDirty(id);
        await this.#guarded(() => this.#dirty!.add(id, epoch, seq, dirty));
      },
      lastDirty: async (id, limit) => {
        const { dirty } = (await this.#within(id.task)).before;
        return this.#guarded(() => store.lastDirty(id, dirty, limit));
      },
      countDirty: async (task, generation) => (await this.#within(task)).countDirty(generation),
      removeOlder: async (task, generation) => (await this.#within(task)).removeOlder(generation),
    };
  }

  /** The transaction under way, e.g. to decide a publication in it. */
  async transaction(task: string): Promise<TargetTransaction> {
    return this.#within(task);
  }

  async begin(): Promise<void> {
    this.#isOpen = true;
  }

  async commit(): Promise<void> {
    const transaction = this.#transaction;
    try {
      const parts: Part[] = [];
      for (const [split, isFinal] of this.#moved)
        parts.push(...((await this.#splits.get(split)?.stage(isFinal)) ?? []));
      const dirty = (await this.#dirty?.stage()) ?? [];
      // From here on it may be committed, whatever this process learns of it: what was staged is not touched any more.
      this.#isCommitting = true;
      await transaction?.commit({ parts, dirty });
    } catch (error) {
      throw this.#store.classify(error);
    }
    for (const split of this.#splits.values()) await split.committed();
    this.#dirty?.committed();
    this.#end();
  }

  async rollback(): Promise<void> {
    const abandon = this.#isCommitting;
    for (const split of this.#splits.values())
      await (abandon ? split.abandon() : split.rollback()).catch(() => undefined);
    if (abandon) {
      this.#splits.clear();
      await this.#dirty?.close();
      this.#dirty = undefined;
    } else this.#dirty?.rollback();
    this.#end();
  }

  async savepoint(): Promise<void> {
    await this.#guarded(async () => {
      for (const split of this.#splits.values()) await split.mark();
    });
  }

  async rollbackToSavepoint(): Promise<void> {
    await this.#guarded(async () => {
      for (const split of this.#splits.values()) await split.reset();
    });
  }

  bulk(plan: WritePlan): BulkWrite {
    let taken = 0;
    return {
      write: (rows, recordCount, from) =>
        this.#guarded(async () => {
          await this.#partsOf(plan, from!.split).add(rows, recordCount, from!.seq);
          taken += recordCount;
        }),
      end: async () => taken,
      abort: async () => undefined,
    };
  }

  async exclusively(_task: string, body: () => Promise<void>): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      await this.begin();
      try {
        await body();
        return await this.commit();
      } catch (error) {
        await this.rollback();
        // What the body did was in the transaction: it can be done again on the newer state.
        if (!isOvertaken(error) || attempt === TRIES) throw error;
      }
    }
  }

  async close(): Promise<void> {
    for (const split of this.#splits.values()) await split.abandon();
    this.#splits.clear();
    await this.#dirty?.close();
    this.#end();
  }

  async #within(task: string): Promise<TargetTransaction> {
    this.#register ??= this.#store.register(task);
    this.#transaction ??= await TargetTransaction.begin(this.#register);
    const transaction = this.#transaction;
    // A statement of its own sees the state of its moment.
    if (!this.#isOpen) this.#transaction = undefined;
    return transaction;
  }

  async #saveStream(id: StreamId, row: StreamProgress): Promise<void> {
    this.#moved.set(row.split, row.final);
    await (await this.#within(id.task)).saveStream(id, row);
  }

  async #prepare(plan: WritePlan): Promise<void> {
    if (plan.mode !== 'insert')
      throw new SluiceError('SLUICE_TGT_KEY', 'Files take rows as they come: the write mode is insert.');
    await this.#guarded(() => this.#store.prepare(plan));
  }

  #partsOf(plan: WritePlan, split: number): StagedRows {
    let parts = this.#splits.get(split);
    if (parts === undefined) this.#splits.set(split, (parts = this.#store.stagedRows(plan, split)));
    return parts;
  }

  #end(): void {
    this.#transaction = undefined;
    this.#moved.clear();
    this.#isOpen = false;
    this.#isCommitting = false;
  }

  async #guarded<T>(body: () => Promise<T>): Promise<T> {
    try {
      return await body();
    } catch (error) {
      throw this.#store.classify(error);
    }
  }
}

function isOvertaken(error: unknown): boolean {
  return error instanceof SluiceError && error.code === 'SLUICE_TGT_INTERRUPTED';
}
