import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type ChannelWriter,
  TransactionalWriter,
  type UnitDirtyRecord,
  type Writer,
  type WriterClaim,
} from '@sluice/connector-sdk';
import { SluiceError, type StreamProgress, type WritePlan } from '@sluice/model';
import { keepDirty } from './dirty-file.ts';
import { classify, systemCode } from './errors.ts';
import { decidePublication } from './publish-decision.ts';
import { Publisher } from './publisher.ts';
import { isFolderTarget, stagingFolder, targetPlace, taskFolder } from './target-place.ts';
import { FileConnections, type FileTarget, registerOf } from './target-session.ts';
import type { Publication, TargetState } from './target-state.ts';

/** So often a step is repeated because somebody else was faster. */
const TRIES = 10;
/** Folders of generations; their names are in the order of time. */
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * The delivery protocol on files. Everything up to the last batch is the transactional writer's; here a generation that is complete
 * becomes visible at once, is cleared away, or is finished for somebody who died over it.
 */
export class FileWriter implements Writer {
  readonly #target: FileTarget;
  readonly #inner: TransactionalWriter;

  constructor(target: FileTarget) {
    this.#target = target;
    this.#inner = new TransactionalWriter(new FileConnections(target));
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
    const { config, parameters } = this.#target;
    const place = await targetPlace(config, parameters, true);
    await this.#exclusively(plan.task, async (state, decide) => {
      const { task, publication } = state;
      if (task.generation !== plan.generation || task.phase === 'cancelled')
        throw new SluiceError('SLUICE_TGT_REPLACED', 'The target no longer belongs to this generation.');
      if (task.phase !== 'prepared' || publication !== undefined) return;
      const streams = state.streams[plan.generation] ?? [];
      const open = streams.filter((stream) => !stream.final);
      if (open.length > 0 || streams.length < plan.streams.length)
        throw new SluiceError('SLUICE_OFF_LEDGER', `${open.length} streams are not final in the target.`);
      decide(await decidePublication(place, parameters, plan));
    });
  }

  /** Carries out a publication that was decided and is not finished, whoever decided it. */
  async #publish(task: string): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      const { state } = await (await registerOf(this.#target, task)).read();
      const { publication } = state;
      if (publication === undefined || publication.isDone === true) return;
      const { generation, parameters, schema } = publication;
      const place = await targetPlace(this.#target.config, parameters, true);
      const staging = stagingFolder(place, task, generation);
      const publisher = new Publisher(place, staging, this.#target.format(parameters, schema), publication);
      try {
        let isDone = true;
        if (isFolderTarget(parameters)) {
          const manifest = { task, generation, run: publication.run, rows: rowsOf(state) };
          await publisher.folder(state.parts, manifest);
        } else {
          const made = publication.made ?? (await publisher.make(state.parts));
          const decided = await this.#update(task, generation, (now) => ({ ...now, made: now.made ?? made }));
          isDone = await publisher.rename(decided.made!);
        }
        if (isDone) return void (await this.#update(task, generation, (now) => ({ ...now, isDone: true })));
      } catch (error) {
        // Somebody else has carried it out.
        if (await this.#isOver(task, generation)) return;
        throw classify(error, 'target', place.shown);
      }
      if (attempt === TRIES)
        throw new SluiceError(
          'SLUICE_TGT_INTERRUPTED',
          'The file is changed by somebody else again and again.',
        );
      const plan = { generation, run: publication.run, schema, truncateFirst: false } as WritePlan;
      const anew = await decidePublication(place, parameters, plan);
      await this.#update(task, generation, () => anew);
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
    const { state } = await (await registerOf(this.#target, task)).read();
    const { publication } = state;
    return publication?.generation !== generation || publication.isDone === true;
  }

  /** Runs `body` while holding the task row. */
  async #exclusively(
    task: string,
    body: (state: TargetState, decide: (publication: Publication) => void) => Promise<void>,
  ): Promise<void> {
    const session = await new FileConnections(this.#target).open();
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

  /** Dirty records outlive what was staged. */
  async #keepDirty(task: string): Promise<void> {
    const { config, parameters } = this.#target;
    const place = await targetPlace(config, parameters, true);
    const { state } = await (await registerOf(this.#target, task)).read();
    const { generation } = state.task;
    const staging = stagingFolder(place, task, generation);
    await keepDirty(staging, taskFolder(place, task), generation, state.dirty).catch((error: unknown) => {
      throw classify(error, 'target', place.shown);
    });
  }

  /**
   * Removes the staged files of generations that are older than the target's, and of that one when it is over: what is not there cannot be
   * published by a late riser. Never of newer ones: this may be the late riser.
   */
  async #clear(task: string): Promise<void> {
    const place = await targetPlace(this.#target.config, this.#target.parameters, true);
    const { state } = await (await registerOf(this.#target, task)).read();
    const { generation, phase } = state.task;
    const isOver = phase === 'finished' || phase === 'cancelled';
    const folder = taskFolder(place, task);
    try {
      for (const name of await readdir(folder))
        if (UUID.test(name) && (name < generation || (isOver && name === generation)))
          await rm(join(folder, name), { recursive: true, force: true, maxRetries: 3 });
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') throw classify(error, 'target', place.shown);
    }
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

function rowsOf(state: TargetState): number {
  return state.parts.reduce((sum, part) => sum + part.rows, 0);
}
