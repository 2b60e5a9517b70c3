import type { ProgressTable, TaskRow } from '@sluice/connector-sdk';
import {
  EPOCH_FENCED,
  type PlannedStream,
  SluiceError,
  type StreamId,
  type StreamProgress,
  type WritePlan,
  ZERO_COUNTS,
} from '@sluice/model';
import type { StateRegister, Versioned } from './state-register.ts';
import {
  type DirtyPart,
  type Part,
  type Publication,
  sameProgress,
  type TargetState,
} from './target-state.ts';

/** So often the state is swapped again when others were faster and touched nothing of ours. */
const TRIES = 200;

/** What a transaction adds to the state beside rows. */
export interface Staged {
  readonly parts: readonly Part[];
  readonly dirty: readonly DirtyPart[];
}

/**
 * One transaction over the state of a target. Nothing is locked: what it read is compared at the commit with what is there
 * then. It fails, and has changed nothing, when another one changed a row that it changes, or held the task row while it did.
 */
export class TargetTransaction implements Omit<ProgressTable, 'ensure'> {
  readonly #register: StateRegister<TargetState>;
  #base: Versioned<TargetState>;
  /** Splits whose rows were given out, by generation. */
  readonly #seen = new Map<string, Set<number>>();
  readonly #changed = new Map<string, Map<number, StreamProgress>>();
  readonly #removed = new Set<string>();
  #task: Omit<TaskRow, 'task'> | undefined;
  #holdsTask = false;
  #publication: Publication | undefined;

  private constructor(register: StateRegister<TargetState>, base: Versioned<TargetState>) {
    this.#register = register;
    this.#base = base;
  }

  static async begin(register: StateRegister<TargetState>): Promise<TargetTransaction> {
    return new TargetTransaction(register, await register.read());
  }

  get before(): TargetState {
    return this.#base.state;
  }

  /** The task row as it is now, and not as it was when a long transaction began. */
  async lockTask(task: string): Promise<TaskRow> {
    if (!this.#holdsTask) {
      const now = await this.#register.read();
      this.#checkUntouched(now.state, this.#seen);
      this.#base = now;
      this.#holdsTask = true;
    }
    return { task, ...(this.#task ?? this.before.task) };
  }

  async saveTask({ generation, phase }: TaskRow): Promise<void> {
    this.#task = { generation, phase };
    // A decided publication is carried out first, then the generation may be cancelled: nothing stays half visible.
    const pending = this.before.publication;
    if (phase === 'cancelled' && pending !== undefined && pending.isDone !== true)
      throw interrupted('The publication of the files has begun and is brought to its end first.');
  }

  async lockStreams(
    _task: string,
    generation: string,
    splits?: readonly number[],
  ): Promise<readonly StreamProgress[]> {
    const wanted = splits === undefined ? undefined : new Set(splits);
    const rows = this.#rows(generation).filter((row) => wanted?.has(row.split) ?? true);
    const seen = this.#seen.get(generation) ?? new Set();
    for (const { split } of rows) seen.add(split);
    this.#seen.set(generation, seen);
    return rows.sort((a, b) => a.split - b.split);
  }

  async saveStream({ generation }: Pick<StreamId, 'generation'>, row: StreamProgress): Promise<void> {
    let rows = this.#changed.get(generation);
    if (rows === undefined) this.#changed.set(generation, (rows = new Map()));
    rows.set(row.split, row);
  }

  async insertStreams(plan: WritePlan, streams: readonly PlannedStream[]): Promise<void> {
    const known = new Set(this.#rows(plan.generation).map((row) => row.split));
    for (const { split, readerEpoch, writerEpoch } of streams) {
      if (known.has(split)) continue;
      const row: StreamProgress = {
        split,
        readerEpoch,
        writerEpoch,
        writerHolder: '',
        seq: 0,
        position: null,
        counts: ZERO_COUNTS,
        final: false,
      };
      await this.saveStream(plan, row);
    }
  }

  async fenceOthers(_task: string, keepGeneration: string): Promise<void> {
    for (const generation of Object.keys(this.before.streams))
      if (generation !== keepGeneration)
        for (const row of this.#rows(generation))
          await this.saveStream({ generation }, { ...row, writerEpoch: EPOCH_FENCED });
  }

  /** Dirty records of a generation's streams, as committed. */
  countDirty(generation: string): number {
    return this.#rows(generation).reduce((sum, row) => sum + row.counts.dirty, 0);
  }

  removeOlder(generation: string): void {
    for (const other of Object.keys(this.before.streams)) if (other < generation) this.#removed.add(other);
  }

  decide(publication: Publication): void {
    this.#publication = publication;
  }

  /** Commits rows and staged files together. Throws SLUICE_TGT_INTERRUPTED, with nothing changed, when somebody was faster. */
  async commit(staged: Staged): Promise<void> {
    for (let attempt = 0; attempt < TRIES; attempt++) {
      const now = await this.#register.read();
      if (now.version !== this.#base.version) {
        const splits = [...this.#changed].map(([generation, rows]) => [generation, rows.keys()] as const);
        this.#checkUntouched(now.state, splits);
      }
      if (await this.#register.swap(now.version, this.#applied(now.state, staged))) return;
    }
    throw interrupted('The state of the target changes too often.');
  }

  #rows(generation: string): StreamProgress[] {
    if (this.#removed.has(generation)) return [];
    const rows = new Map((this.before.streams[generation] ?? []).map((row) => [row.split, row]));
    for (const [split, row] of this.#changed.get(generation) ?? []) rows.set(split, row);
    return [...rows.values()];
  }

  #checkUntouched(now: TargetState, splits: Iterable<readonly [string, Iterable<number>]>): void {
    if (this.#holdsTask && now.turn !== this.before.turn)
      throw interrupted('Another session held the task row meanwhile.');
    for (const [generation, each] of splits)
      for (const split of each) {
        const row = (state: TargetState): StreamProgress | undefined =>
          state.streams[generation]?.find((candidate) => candidate.split === split);
        if (!sameProgress(row(now), row(this.before)))
          throw interrupted(`Another session changed the progress of split ${split} meanwhile.`);
      }
  }

  #applied(now: TargetState, staged: Staged): TargetState {
    const streams: Record<string, readonly StreamProgress[]> = { ...now.streams };
    for (const [generation, rows] of this.#changed) {
      const merged = new Map((streams[generation] ?? []).map((row) => [row.split, row]));
      for (const [split, row] of rows) merged.set(split, row);
      streams[generation] = [...merged.values()].sort((a, b) => a.split - b.split);
    }
    for (const generation of this.#removed) delete streams[generation];
    const task = this.#task ?? now.task;
    // What was staged belongs to one generation; at its end nothing of it is needed any more.
    const isOver = task.phase === 'finished' || task.phase === 'cancelled';
    const keeps = task.generation === now.task.generation && !isOver;
    const publication = this.#publication ?? now.publication;
    return {
      task,
      turn: now.turn + (this.#holdsTask ? 1 : 0),
      streams,
      parts: keeps ? merge(now.parts, staged.parts) : [],
      dirty: keeps ? merge(now.dirty, staged.dirty) : [],
      ...(keeps && publication !== undefined ? { publication } : {}),
    };
  }
}

function merge<T extends { readonly name: string }>(known: readonly T[], added: readonly T[]): T[] {
  const byName = new Map(known.map((each) => [each.name, each]));
  for (const each of added) byName.set(each.name, each);
  return [...byName.values()];
}

function interrupted(detail: string): SluiceError {
  return new SluiceError('SLUICE_TGT_INTERRUPTED', detail);
}
