import { randomBytes } from 'node:crypto';
import { link, lstat, rename, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { crashPoint } from '@sluice/connector-sdk';
import { assemble } from './assembly.ts';
import { syncFolder, writeDurably } from './durable.ts';
import { printable, systemCode } from './errors.ts';
import type { FileFormat } from './file-format.ts';
import { exists, isSame, knownFile } from './publish-decision.ts';
import { manifestName, partName, type TargetPlace } from './target-place.ts';
import { inOrder, type KnownFile, type Part, type Publication } from './target-state.ts';

export interface PublishedFile {
  readonly name: string;
  readonly rows: number;
  readonly bytes: number;
  readonly sha256: string;
}

/**
 * Carries a publication out. Any number of processes may do so at once and again: every step is one that has no effect the second
 * time. Files of a folder get names that have the generation in them and never come again, so `link` either makes the name or
 * finds it made. A process that wakes up behind the end of the generation finds nothing to publish any more, because the
 * staged files are gone.
 */
export class Publisher {
  readonly #place: TargetPlace;
  readonly #staging: string;
  readonly #format: FileFormat;
  readonly #publication: Publication;

  constructor(place: TargetPlace, staging: string, format: FileFormat, publication: Publication) {
    this.#place = place;
    this.#staging = staging;
    this.#format = format;
    this.#publication = publication;
  }

  /** A folder: each part becomes a file; then what is replaced goes; the manifest comes last. */
  async folder(parts: readonly Part[], manifest: Readonly<Record<string, unknown>>): Promise<void> {
    const { folder } = this.#place;
    const { generation, removes } = this.#publication;
    const files: PublishedFile[] = [];
    for (const part of inOrder(parts)) {
      const name = partName(generation, part.split, part.seq, this.#format.ending);
      const whole = part.isClosed ? undefined : await this.#whole([part]);
      await this.#link(whole?.path ?? join(this.#staging, part.name), name);
      const { bytes, sha256 = '' } = whole ?? part;
      files.push({ name, rows: part.rows, bytes, sha256 });
    }
    await syncFolder(folder);
    for (const old of removes)
      if (isSame(old, await knownFile(folder, old.name)))
        await unlink(join(folder, old.name)).catch(ignoreGone);
    const text = Buffer.from(`${JSON.stringify({ ...manifest, files }, undefined, 1)}\n`);
    await this.#link(await this.#written(text), manifestName(generation));
    await syncFolder(folder);
  }

  /**
   * The one file, made in the staging folder: what is to be renamed. A part that is the whole file is used as it is, everything
   * else is put together. Throws SLUICE_TGT_EXISTS when a file has appeared that the task must not touch.
   */
  async make(parts: readonly Part[]): Promise<KnownFile> {
    const { how, base } = this.#publication;
    const ordered = inOrder(parts);
    const [only] = ordered;
    const isAppend = how === 'append' && base !== null && base.size > 0;
    if (
      ordered.length === 1 &&
      only!.isClosed &&
      (only!.head > 0 || this.#format.head().length === 0) &&
      !isAppend
    )
      return this.#staged(only!.name);
    const made = await this.#whole(ordered, isAppend ? base : undefined);
    return this.#staged(made.name);
  }

  /**
   * Gives the made file the target's name. Answers false when the file that it was to replace or to follow is another one by now:
   * then everything has to be decided anew.
   */
  async rename(made: KnownFile): Promise<boolean> {
    const { folder, file, shown } = this.#place;
    const { how, base } = this.#publication;
    const there = await knownFile(folder, file!);
    if (there?.ino === made.ino && there.size === made.size) return true;
    if (how === 'fail' && there !== undefined)
      throw exists(`A file ${printable(shown)} has appeared meanwhile.`);
    const isAsDecided = base === null ? there === undefined : isSame(base, there);
    if (how === 'append' && !isAsDecided) return false;
    const [from, to] = [join(this.#staging, made.name), join(folder, file!)];
    if (how === 'fail') {
      await link(from, to).catch((error: unknown) => {
        throw systemCode(error) === 'EEXIST'
          ? exists(`A file ${printable(shown)} has appeared meanwhile.`)
          : error;
      });
    } else await rename(from, to);
    crashPoint('file.afterRename');
    await syncFolder(folder);
    return true;
  }

  async #staged(name: string): Promise<KnownFile> {
    const known = await knownFile(this.#staging, name);
    if (known !== undefined) return known;
    throw Object.assign(new Error('a staged file is gone'), { code: 'ENOENT' });
  }

  async #whole(
    parts: readonly Part[],
    base?: KnownFile,
  ): Promise<{ name: string; path: string; bytes: number; sha256: string }> {
    const name = `whole-${randomBytes(6).toString('hex')}`;
    const path = join(this.#staging, name);
    const made = await assemble(path, {
      staging: this.#staging,
      parts,
      format: this.#format,
      ...(base === undefined ? {} : { base: { path: join(this.#place.folder, base.name), size: base.size } }),
    });
    crashPoint('file.afterTmp');
    return { name, path, ...made };
  }

  async #written(content: Buffer): Promise<string> {
    const path = join(this.#staging, `text-${randomBytes(6).toString('hex')}`);
    await writeDurably(path, content);
    crashPoint('file.afterTmp');
    return path;
  }

  /** Takes a name that only this generation gives; found taken it is done. */
  async #link(from: string, name: string): Promise<void> {
    const to = join(this.#place.folder, name);
    try {
      await link(from, to);
      crashPoint('file.afterRename');
    } catch (error) {
      if (systemCode(error) !== 'EEXIST') throw error;
      const [made, there] = await Promise.all([lstat(from, { bigint: true }), lstat(to, { bigint: true })]);
      if (made.ino !== there.ino && made.size !== there.size)
        throw exists(`A file ${printable(name)} has appeared meanwhile.`);
    }
  }
}

function ignoreGone(error: unknown): void {
  if (systemCode(error) !== 'ENOENT') throw error;
}
