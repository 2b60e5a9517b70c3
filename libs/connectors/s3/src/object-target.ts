import { createHash } from 'node:crypto';
import type { DataSourceConfig, KeptDirtyRecord, Parameters } from '@sluice/connector-sdk';
import {
  type DirtyPart,
  exists,
  type FileFormat,
  type FormatMaker,
  howExisting,
  isTargetFile,
  type KnownFile,
  manifestName,
  NEW_TARGET,
  printable,
  type Publication,
  safePath,
  type StagedDirty,
  type StagedRows,
  StateRegister,
  type TargetState,
  type TargetStore,
} from '@sluice/file-kit';
import { SluiceError, type StreamId, type WritePlan } from '@sluice/model';
import type { Bucket } from './bucket.ts';
import { lastOf, ObjectDirty } from './object-dirty.ts';
import { ObjectRegister } from './object-register.ts';
import { ObjectRows } from './object-rows.ts';
import { assembled, filesOf, type Whole } from './whole-objects.ts';

/** State and staged objects of Sluice lie below this step: patterns find no hidden ones. */
const STATE = '.sluice';
const GENERATION = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/;

export interface ObjectTargetOptions {
  readonly bucket: Bucket;
  readonly config: DataSourceConfig;
  readonly parameters: Parameters;
  readonly format: FormatMaker;
}

/** A folder of a bucket: keys that begin with it. */
export class ObjectTarget implements TargetStore {
  readonly shown: string;
  readonly #bucket: Bucket;
  readonly #folder: string;
  readonly #parameters: Parameters;
  readonly #format: FormatMaker;

  constructor({ bucket, config, parameters, format }: ObjectTargetOptions) {
    this.shown = String(parameters['path'] ?? '');
    if (!this.shown.endsWith('/'))
      throw new SluiceError('SLUICE_CFG_INVALID', {
        detail: 'The path of a target of objects is a folder: it ends with /.',
        place: '/path',
      });
    const prefix = String(config['prefix'] ?? '').replace(/(?<=[^/])$/, '/');
    const path = /^\.?\/+$/.test(this.shown) ? '' : `${safePath(this.shown)}/`;
    this.#bucket = bucket;
    this.#folder = prefix + path;
    this.#parameters = parameters;
    this.#format = format;
  }

  register(task: string): StateRegister<TargetState> {
    return new StateRegister(new ObjectRegister(this.#bucket, `${this.#taskFolder(task)}state/`), NEW_TARGET);
  }

  async prepare(plan: WritePlan): Promise<void> {
    this.#format(this.#parameters, plan.schema);
    const how = howExisting(this.#parameters, plan.truncateFirst);
    for await (const { name } of this.#objects()) {
      if (how === 'fail' && !name.startsWith('_'))
        throw exists(`${printable(this.shown)} has objects, e.g. ${printable(name)}.`);
      // Emptying a folder would remove them, leaving them would mix them with what is written: neither was asked for.
      if (how === 'truncate' && !isTargetFile(name))
        throw exists(`${printable(this.shown)} has objects that no task wrote, e.g. ${printable(name)}.`);
    }
  }

  stagedRows(plan: WritePlan, split: number): StagedRows {
    const format = this.#format(this.#parameters, plan.schema);
    return new ObjectRows(this.#bucket, this.#staging(plan.task, plan.generation), format, split);
  }

  stagedDirty({ task, generation }: Pick<StreamId, 'task' | 'generation'>): StagedDirty {
    return new ObjectDirty(this.#bucket, this.#staging(task, generation));
  }

  lastDirty(
    { task, generation, split }: StreamId,
    dirty: readonly DirtyPart[],
    limit: number,
  ): Promise<KeptDirtyRecord[]> {
    const staged = dirty.map(({ name }) => this.#staging(task, generation) + name);
    const keys = staged.length > 0 ? staged : [this.#keptDirty(task, generation)];
    return lastOf(this.#bucket, keys, split, limit);
  }

  async decide({ generation, run, schema, truncateFirst }: WritePlan): Promise<Publication> {
    const how = howExisting(this.#parameters, truncateFirst);
    const removes: KnownFile[] = [];
    if (how === 'truncate')
      for await (const { name, size, etag } of this.#objects())
        if (isTargetFile(name)) removes.push({ name, size, mtime: '', ino: etag });
    return { generation, run, parameters: this.#parameters, schema, how, removes, base: null };
  }

  /**
   * Objects get names that have the generation in them and never come again, by uploads that begin before the decision is looked at once
   * more: a late riser whose generation is over either finds that, or finds its upload given up by `clear`.
   */
  async publish(
    task: string,
    { publication, parts }: TargetState & { readonly publication: Publication },
    note: (change: (now: Publication) => Publication) => Promise<Publication>,
  ): Promise<boolean> {
    const { generation, run, parameters, schema, removes } = publication;
    const format: FileFormat = this.#format(parameters, schema);
    const stillDecided = (): Promise<Publication> => note((now) => now);
    const files: (Whole & { readonly bytes: number; readonly sha256: string })[] = [];
    for (const whole of filesOf(generation, format, parts, Number(parameters['maxFileBytes'] ?? Infinity))) {
      const hash = createHash('sha256');
      let bytes = 0;
      const content = assembled(this.#bucket, this.#staging(task, generation), format, whole);
      const counted = async function* (): AsyncGenerator<Buffer> {
        for await (const piece of content) {
          hash.update(piece);
          bytes += piece.length;
          yield piece;
        }
      };
      await this.#bucket.upload(this.#folder + whole.name, counted(), stillDecided);
      files.push({ ...whole, bytes, sha256: hash.digest('hex') });
    }
    for (const { name } of removes) await this.#bucket.remove(this.#folder + name);
    const rows = parts.reduce((sum, part) => sum + part.rows, 0);
    const listed = files.map(({ name, rows: own, bytes, sha256 }) => ({ name, rows: own, bytes, sha256 }));
    const text = `${JSON.stringify({ task, generation, run, rows, files: listed }, undefined, 1)}\n`;
    const manifest = async function* (): AsyncGenerator<Buffer> {
      yield Buffer.from(text);
    };
    await this.#bucket.upload(this.#folder + manifestName(generation), manifest(), stillDecided);
    return true;
  }

  async keepDirty(task: string, { task: { generation }, dirty }: TargetState): Promise<void> {
    if (dirty.length === 0) return;
    const [bucket, staging] = [this.#bucket, this.#staging(task, generation)];
    const content = async function* (): AsyncGenerator<Buffer> {
      for (const { name } of dirty) yield (await bucket.read(staging + name)) ?? Buffer.alloc(0);
    };
    await bucket.upload(this.#keptDirty(task, generation), content(), async () => undefined);
  }

  async clear(task: string, { task: { generation, phase } }: TargetState): Promise<void> {
    const isOver = phase === 'finished' || phase === 'cancelled';
    const isOld = (name: string): boolean => {
      const of = GENERATION.exec(name)?.[0];
      return of !== undefined && (of < generation || (isOver && of === generation));
    };
    // Its uploads first: what was staged for them is needed by nobody then.
    await this.#bucket.abort(this.#folder, (key) => {
      const name = key.slice(this.#folder.length);
      return isTargetFile(name) && isOld(name);
    });
    const folder = this.#taskFolder(task);
    for await (const { key } of this.#bucket.list(folder)) {
      const [step = ''] = key.slice(folder.length).split('/');
      if (step !== 'state' && step !== 'dirty' && isOld(step)) await this.#bucket.remove(key);
    }
  }

  classify(error: unknown): SluiceError {
    return this.#bucket.classify(error);
  }

  /** Objects of the folder itself and of folders in it, without Sluice's own. */
  async *#objects(): AsyncGenerator<{ name: string; size: number; etag: string }> {
    for await (const { key, size, etag } of this.#bucket.list(this.#folder)) {
      const name = key.slice(this.#folder.length);
      if (name !== '' && !name.startsWith('.')) yield { name, size, etag };
    }
  }

  #taskFolder(task: string): string {
    return `${this.#folder}${STATE}/${task}/`;
  }

  #staging(task: string, generation: string): string {
    return `${this.#taskFolder(task)}${generation}/`;
  }

  #keptDirty(task: string, generation: string): string {
    return `${this.#taskFolder(task)}dirty/${generation}.jsonl`;
  }
}
