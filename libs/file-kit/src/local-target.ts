import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { DataSourceConfig, KeptDirtyRecord, Parameters } from '@sluice/connector-sdk';
import type { SluiceError, StreamId, WritePlan } from '@sluice/model';
import { DirtyFile, keepDirty, lastDirty } from './dirty-file.ts';
import { makeFolder } from './durable.ts';
import { classify, systemCode } from './errors.ts';
import type { FormatMaker } from './file-format.ts';
import { FolderRegister } from './folder-register.ts';
import { checkFree, decidePublication } from './publish-decision.ts';
import { Publisher } from './publisher.ts';
import { SplitParts } from './split-parts.ts';
import { StateRegister } from './state-register.ts';
import { isFolderTarget, stagingFolder, type TargetPlace, targetPlace, taskFolder } from './target-place.ts';
import { type DirtyPart, NEW_TARGET, type Publication, type TargetState } from './target-state.ts';
import type { OpenTarget, StagedDirty, StagedRows, TargetStore } from './target-store.ts';

/** Folders of generations; their names are in the order of time. */
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** What makes a target of files. */
export interface FileTarget {
  readonly config: DataSourceConfig;
  readonly parameters: Parameters;
  readonly format: FormatMaker;
}

/** A file or folder below the root of a data source. */
export function localTarget(target: FileTarget): OpenTarget {
  return async () => new LocalTarget(target, await targetPlace(target.config, target.parameters, true));
}

class LocalTarget implements TargetStore {
  readonly shown: string;
  readonly #target: FileTarget;
  readonly #place: TargetPlace;

  constructor(target: FileTarget, place: TargetPlace) {
    this.shown = place.shown;
    this.#target = target;
    this.#place = place;
  }

  register(task: string): StateRegister<TargetState> {
    return new StateRegister(new FolderRegister(`${taskFolder(this.#place, task)}/state`), NEW_TARGET);
  }

  async prepare(plan: WritePlan): Promise<void> {
    const { parameters, format } = this.#target;
    // Throws for parameters that are not valid.
    format(parameters, plan.schema);
    await checkFree(this.#place, parameters, plan.truncateFirst);
    await makeFolder(stagingFolder(this.#place, plan.task, plan.generation));
  }

  stagedRows(plan: WritePlan, split: number): StagedRows {
    const { parameters, format } = this.#target;
    const isFolder = isFolderTarget(parameters);
    return new SplitParts({
      folder: stagingFolder(this.#place, plan.task, plan.generation),
      format: format(parameters, plan.schema),
      split,
      maxFileBytes: Number(parameters['maxFileBytes'] ?? Infinity),
      // One file has one head, in front of its first record: most often that one part is the whole file.
      hasHead: (seq) => isFolder || (split === 0 && seq === 1),
    });
  }

  stagedDirty({ task, generation }: Pick<StreamId, 'task' | 'generation'>): StagedDirty {
    return new DirtyFile(stagingFolder(this.#place, task, generation));
  }

  lastDirty(id: StreamId, dirty: readonly DirtyPart[], limit: number): Promise<KeptDirtyRecord[]> {
    return lastDirty(taskFolder(this.#place, id.task), id, dirty, limit);
  }

  decide(plan: WritePlan): Promise<Publication> {
    return decidePublication(this.#place, this.#target.parameters, plan);
  }

  async publish(
    task: string,
    state: TargetState & { readonly publication: Publication },
    note: (change: (now: Publication) => Publication) => Promise<Publication>,
  ): Promise<boolean> {
    const { publication, parts } = state;
    const { generation, run, parameters, schema } = publication;
    const staging = stagingFolder(this.#place, task, generation);
    const format = this.#target.format(parameters, schema);
    const publisher = new Publisher(this.#place, staging, format, publication);
    if (isFolderTarget(parameters)) {
      const rows = parts.reduce((sum, part) => sum + part.rows, 0);
      await publisher.folder(parts, { task, generation, run, rows });
      return true;
    }
    const made = publication.made ?? (await publisher.make(parts));
    const decided = await note((now) => ({ ...now, made: now.made ?? made }));
    return publisher.rename(decided.made!);
  }

  keepDirty(task: string, { task: { generation }, dirty }: TargetState): Promise<void> {
    const staging = stagingFolder(this.#place, task, generation);
    return keepDirty(staging, taskFolder(this.#place, task), generation, dirty);
  }

  async clear(task: string, { task: { generation, phase } }: TargetState): Promise<void> {
    const isOver = phase === 'finished' || phase === 'cancelled';
    const folder = taskFolder(this.#place, task);
    try {
      for (const name of await readdir(folder))
        if (UUID.test(name) && (name < generation || (isOver && name === generation)))
          await rm(join(folder, name), { recursive: true, force: true, maxRetries: 3 });
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') throw error;
    }
  }

  classify(error: unknown): SluiceError {
    return classify(error, 'target', this.shown);
  }
}
