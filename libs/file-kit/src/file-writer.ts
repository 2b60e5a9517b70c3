import {
  type ChannelWriter,
  TransactionalWriter,
  type UnitDirtyRecord,
  type Writer,
  type WriterClaim,
} from '@sluice/connector-sdk';
import { SluiceError, type StreamProgress, type WritePlan } from '@sluice/model';
import { FileConnections } from './target-session.ts';
import type { Publication, TargetState } from './target-state.ts';
import type { OpenTarget, TargetStore } from './target-store.ts';

/** So often a step is repeated because somebody else was faster. */
const TRIES = 10;
/**
 * The delivery protocol on files. Everything up to the last batch is the transactional writer's; here a generation that is complete
 * becomes visible at once, is cleared away, or is finished for somebody who died over it.
 */
export class FileWriter implements Writer {
  readonly #open: OpenTarget;
  readonly #inner: TransactionalWriter;

  constructor(open: OpenTarget) {
    this.#open = open;
    this.#inner = new TransactionalWriter(new FileConnections(open));
  }

  async prepare(plan: WritePlan): Promise<void> {
    // A generation whose publication was decided is brought to its end before another one begins.
    await this.#publish(plan.task);
    await this.#inner.prepare(plan);
    await this.#clear(plan.task);
  }

  takeOver(
    plan: WritePlan,
    splits: readonly number[],
    claim: WriterClaim,
  ): Promise<readonly StreamProgress[]> {
    return again(() => this.#inner.takeOver(plan, splits, claim));
  }

  seal(plan: WritePlan, split: number, readerEpoch: number): Promise<StreamProgress> {
    return again(() => this.#inner.seal(plan, split, readerEpoch));
  }

  openChannel(plan: WritePlan, claim: WriterClaim): Promise<ChannelWriter> {
    return this.#inner.openChannel(plan, claim);
  }

  lastDirty(plan: WritePlan, split: number): Promise<readonly UnitDirtyRecord[]> {
    return this.#inner.lastDirty(plan, split);
  }

  async finish(plan: WritePlan): Promise<void> {
    await this.#clear(plan.task);
    await this.#decide(plan);
    await this.#publish(plan.task);
    await this.#keepDirty(plan.task);
    await this.#inner.finish(plan);
    await this.#clear(plan.task);
  }

  async cancel(plan: WritePlan): Promise<void> {
    await this.#publish(plan.task);
    await this.#keepDirty(plan.task);
    await this.#inner.cancel(plan);
    await this.#clear(plan.task);
  }

  async close(): Promise<void> {
    await this.#inner.close();
  }

  /** Writes down, once, that the generation is complete and what becomes visible. */
  async #decide(plan: WritePlan): Promise<void> {
    const store = await this.#open();
    await this.#exclusively(plan.task, async (state, decide) => {
      const { task, publication } = state;
      if (task.generation !== plan.generation || task.phase === 'cancelled')
        throw new SluiceError('SLUICE_TGT_REPLACED', 'The target no longer belongs to this generation.');
      if (task.phase !== 'prepared' || publication !== undefined) return;
      const streams = state.streams[plan.generation] ?? [];
      const open = streams.filter((stream) => !stream.final);
      if (open.length > 0 || streams.length < plan.streams.length)
        throw new SluiceError('SLUICE_OFF_LEDGER', `${open.length} streams are not final in the target.`);
      decide(await store.decide(plan));
    });
  }

  /** Carries out a publication that was decided and is not finished, whoever decided it. */
  async #publish(task: string): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      const store = await this.#open();
      const { state } = await store.register(task).read();
      const { publication } = state;
      if (publication === undefined || publication.isDone === true) return;
      const { generation, run, schema } = publication;
      const note = (change: (now: Publication) => Publication): Promise<Publication> =>
        this.#update(task, generation, change);
      try {
        if (await store.publish(task, { ...state, publication }, note))
          return void (await note((now) => ({ ...now, isDone: true })));
      } catch (error) {
        // Somebody else has carried it out.
        if (await this.#isOver(task, generation)) return;
        throw store.classify(error);
      }
      if (attempt === TRIES)
        throw new SluiceError(
          'SLUICE_TGT_INTERRUPTED',
          'The file is changed by somebody else again and again.',
        );
      const anew = await store.decide({ generation, run, schema, truncateFirst: false } as WritePlan);
      await note(() => anew);
    }
  }

  async #update(
    task: string,
    generation: string,
    change: (now: Publication) => Publication,
  ): Promise<Publication> {
    let result: Publication | undefined;
    await this.#exclusively(task, async ({ publication }, decide) => {
      if (publication?.generation !== generation)
        throw new SluiceError('SLUICE_TGT_FENCED', 'The publication was finished by somebody else.');
      result = change(publication);
      decide(result);
    });
    return result!;
  }

  async #isOver(task: string, generation: string): Promise<boolean> {
    const { state } = await (await this.#open()).register(task).read();
    const { publication } = state;
    return publication?.generation !== generation || publication.isDone === true;
  }

  /** Runs `body` while holding the task row. */
  async #exclusively(
    task: string,
    body: (state: TargetState, decide: (publication: Publication) => void) => Promise<void>,
  ): Promise<void> {
    const session = await new FileConnections(this.#open).open();
    try {
      await session.exclusively(task, async () => {
        const transaction = await session.transaction(task);
        await transaction.lockTask(task);
        await body(transaction.before, (publication) => transaction.decide(publication));
      });
    } finally {
      await session.close();
    }
  }

  #keepDirty(task: string): Promise<void> {
    return this.#onState(task, (store, state) => store.keepDirty(task, state));
  }

  #clear(task: string): Promise<void> {
    return this.#onState(task, (store, state) => store.clear(task, state));
  }

  async #onState(
    task: string,
    body: (store: TargetStore, state: TargetState) => Promise<void>,
  ): Promise<void> {
    const store = await this.#open();
    const { state } = await store.register(task).read();
    await body(store, state).catch((error: unknown) => {
      throw store.classify(error);
    });
  }
}

/** Repeats a step that another session overtook; a store with locks would have made it wait. */
async function again<T>(step: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await step();
    } catch (error) {
      const isOvertaken = error instanceof SluiceError && error.code === 'SLUICE_TGT_INTERRUPTED';
      if (!isOvertaken || attempt === TRIES) throw error;
    }
  }
}
