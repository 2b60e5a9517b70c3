import type {
  BulkWrite,
  DataSourceConfig,
  Parameters,
  ProgressTable,
  TargetConnections,
  TargetSession,
  TargetTables,
} from '@sluice/connector-sdk';
import { SluiceError, type StreamId, type StreamProgress, type WritePlan } from '@sluice/model';
import { DirtyFile, lastDirty } from './dirty-file.ts';
import { makeFolder } from './durable.ts';
import { classify } from './errors.ts';
import type { FileFormat, FormatMaker } from './file-format.ts';
import { checkFree } from './publish-decision.ts';
import { SplitParts } from './split-parts.ts';
import { StateRegister } from './state-register.ts';
import { isFolderTarget, stagingFolder, type TargetPlace, targetPlace, taskFolder } from './target-place.ts';
import { NEW_TARGET, type Part, type TargetState } from './target-state.ts';
import { TargetTransaction } from './target-transaction.ts';

/** So often a step under the task row is repeated when another session was faster. */
const TRIES = 20;

/** What makes a target of files. */
export interface FileTarget {
  readonly config: DataSourceConfig;
  readonly parameters: Parameters;
  readonly format: FormatMaker;
}

/** The state of one task in a target. */
export async function registerOf(target: FileTarget, task: string): Promise<StateRegister<TargetState>> {
  const place = await targetPlace(target.config, target.parameters, true);
  return new StateRegister(`${taskFolder(place, task)}/state`, NEW_TARGET);
}

export class FileConnections implements TargetConnections {
  readonly #target: FileTarget;

  constructor(target: FileTarget) {
    this.#target = target;
  }

  async open(): Promise<FileSession> {
    return new FileSession(
      this.#target,
      await targetPlace(this.#target.config, this.#target.parameters, true),
    );
  }

  /** Nobody holds anything here that somebody else would have to wait for. */
  async terminate(): Promise<void> {}
}

/** A session on a target of files: rows go to staged files, the progress to the register, and one swap commits both. */
export class FileSession implements TargetSession {
  readonly #target: FileTarget;
  readonly #place: TargetPlace;
  readonly #splits = new Map<number, SplitParts>();
  #register: StateRegister<TargetState> | undefined;
  #transaction: TargetTransaction | undefined;
  #dirty: DirtyFile | undefined;
  /** Splits that the open transaction moved, and whether to their end. */
  readonly #moved = new Map<number, boolean>();
  #isOpen = false;
  #isCommitting = false;
  readonly progress: ProgressTable;
  readonly tables: TargetTables;

  constructor(target: FileTarget, place: TargetPlace) {
    this.#target = target;
    this.#place = place;
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
        this.#dirty ??= new DirtyFile(stagingFolder(place, id.task, id.generation));
        await this.#dirty.add(id, epoch, seq, dirty);
      },
      lastDirty: async (id, limit) => {
        const { dirty } = (await this.#within(id.task)).before;
        return this.#guarded(() => lastDirty(taskFolder(place, id.task), id, dirty, limit));
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
      throw classify(error, 'target', this.#place.shown);
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
    this.#register ??= new StateRegister(`${taskFolder(this.#place, task)}/state`, NEW_TARGET);
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
    this.#format(plan);
    await checkFree(this.#place, this.#target.parameters, plan.truncateFirst);
    const staging = stagingFolder(this.#place, plan.task, plan.generation);
    await this.#guarded(() => makeFolder(staging));
  }

  #partsOf(plan: WritePlan, split: number): SplitParts {
    let parts = this.#splits.get(split);
    if (parts === undefined) {
      const isFolder = isFolderTarget(this.#target.parameters);
      parts = new SplitParts({
        folder: stagingFolder(this.#place, plan.task, plan.generation),
        format: this.#format(plan),
        split,
        maxFileBytes: Number(this.#target.parameters['maxFileBytes'] ?? Infinity),
        // One file has one head, in front of its first record: most often that one part is the whole file.
        hasHead: (seq) => isFolder || (split === 0 && seq === 1),
      });
      this.#splits.set(split, parts);
    }
    return parts;
  }

  #format(plan: WritePlan): FileFormat {
    return this.#target.format(this.#target.parameters, plan.schema);
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
      throw classify(error, 'target', this.#place.shown);
    }
  }
}

function isOvertaken(error: unknown): boolean {
  return error instanceof SluiceError && error.code === 'SLUICE_TGT_INTERRUPTED';
}
