import { constants } from 'node:fs';
import { type FileHandle, lstat, mkdir, open, readlink, realpath } from 'node:fs/promises';
import { basename, delimiter, dirname, isAbsolute, join, resolve, sep } from 'node:path';
import type { DataSourceConfig } from '@sluice/connector-sdk';
import { SluiceError } from '@sluice/model';
import { syncFolder } from './durable.ts';
import { classify, printable, refusedPath, type Side, systemCode } from './errors.ts';

/** Folders that this process may use, beside those of SLUICE_FILE_ROOTS: `sluice copy` adds the ones of its own command. */
const permitted = new Set<string>();

/** Lets this process use the files below a folder. */
export function permitFileRoot(path: string): void {
  permitted.add(resolve(path));
}

function allowedRoots(): string[] {
  const listed = (process.env['SLUICE_FILE_ROOTS'] ?? '').split(delimiter).filter((path) => path !== '');
  return [...permitted, ...listed];
}

/**
 * The folder of a data source. Everything that is opened lies below it, by real path: no `..`, no absolute path, no hidden
 * name, no symbolic link that leads out, nothing but regular files. The root itself lies below a folder that the operator
 * allowed with SLUICE_FILE_ROOTS.
 */
export class FileRoot {
  /** Real path. */
  readonly path: string;
  readonly #side: Side;
  readonly #hardLinks: boolean;

  private constructor(path: string, side: Side, hardLinks: boolean) {
    this.path = path;
    this.#side = side;
    this.#hardLinks = hardLinks;
  }

  /** Throws SLUICE_CFG_PATH for a root that is not allowed, SLUICE_SRC_DATABASE or SLUICE_TGT_DATABASE for one that is not there. */
  static async open(config: DataSourceConfig, side: Side): Promise<FileRoot> {
    const given = String(config['root'] ?? '');
    if (!isAbsolute(given)) throw refusedPath(`The root ${printable(given)} is not an absolute path.`, given);
    const path = await real(given);
    if (path === undefined)
      throw new SluiceError(side === 'source' ? 'SLUICE_SRC_DATABASE' : 'SLUICE_TGT_DATABASE', {
        detail: `There is no folder ${printable(given)}.`,
        place: 'root',
        hint: 'Correct the root of the data source, or make the folder.',
      });
    for (const allowed of allowedRoots()) {
      const known = await real(allowed);
      if (known !== undefined && isInside(path, known))
        return new FileRoot(path, side, config['refuseHardLinks'] !== true);
    }
    throw new SluiceError('SLUICE_CFG_PATH', {
      detail: `The folder ${printable(given)} is not one that this process may use.`,
      place: 'root',
      hint: 'Name it, or a folder above it, in SLUICE_FILE_ROOTS of the processes that read and write.',
    });
  }

  /** The place of a relative path below the root, by its text alone. */
  join(path: string): string {
    return join(this.path, safePath(path));
  }

  /** The real path of a folder below the root; made when absent if `make`. */
  async folder(path: string, make = false): Promise<string> {
    const wanted = path === '' || path === '.' ? this.path : this.join(path);
    try {
      const first = await real(wanted);
      if (first !== undefined) return this.#inside(first, path);
      if (!make) throw Object.assign(new Error('no such folder'), { code: 'ENOENT' });
      // The folder above is looked at first: a link in it must not lead the making of folders out of the root.
      const above = await this.folder(dirname(path), true);
      const made = join(above, basename(path));
      await mkdir(made, { mode: 0o750 }).catch((error: unknown) => {
        if (systemCode(error) !== 'EEXIST') throw error;
      });
      await syncFolder(above);
      return this.#inside(await realpath(made), path);
    } catch (error) {
      throw classify(error, this.#side, path);
    }
  }

  /** Opens a regular file for reading. */
  async openFile(path: string): Promise<FileHandle> {
    const safe = safePath(path);
    let handle: FileHandle | undefined;
    try {
      const parent = await this.folder(dirname(safe));
      const place = join(parent, basename(safe));
      // Not following a link as the last step; not hanging on a pipe.
      handle = await open(place, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
      const found = await handle.stat({ bigint: true });
      if (!found.isFile()) throw refusedPath(`${printable(path)} is not a regular file.`, path);
      if (!this.#hardLinks && found.nlink > 1n)
        throw refusedPath(`${printable(path)} has more than one name (hard link).`, path);
      // The folder may have been swapped for a link since it was looked at: ask where the open file really is.
      await this.#inside(await realPlace(handle, place, found), path);
      return handle;
    } catch (error) {
      await handle?.close().catch(() => undefined);
      throw classify(error, this.#side, path);
    }
  }

  #inside(place: string, path: string): string {
    if (!isInside(place, this.path))
      throw refusedPath(`${printable(path)} lies outside of the root of the data source.`, path);
    return place;
  }
}

/** A relative path without ways out and hidden names, with its `.` steps taken out. Throws SLUICE_CFG_PATH. */
export function safePath(path: string): string {
  const refuse = (why: string): SluiceError => refusedPath(`The path ${printable(path)} ${why}.`, path);
  if (path === '' || path.includes('\0')) throw refuse('is empty or has a NUL character');
  if (isAbsolute(path)) throw refuse('is absolute; it is read from the root of the data source');
  if (path.includes('\\') && sep === '\\') throw refuse('has a backslash');
  const steps = path.split('/').filter((step) => step !== '' && step !== '.');
  if (steps.length === 0) throw refuse('names no file');
  for (const step of steps) {
    if (step === '..') throw refuse('leads out of the root');
    if (step.startsWith('.')) throw refuse('has a hidden name');
    if (Buffer.byteLength(step) > 255) throw refuse('has a name of more than 255 bytes');
  }
  return steps.join('/');
}

export function isInside(path: string, root: string): boolean {
  return path === root || path.startsWith(root.endsWith(sep) ? root : root + sep);
}

async function real(path: string): Promise<string | undefined> {
  try {
    return await realpath(path);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw classify(error, 'source', path);
  }
}

/** Where an open file lies: as the kernel says on Linux, elsewhere by comparing with what the name leads to now. */
async function realPlace(
  handle: FileHandle,
  place: string,
  found: { dev: bigint; ino: bigint },
): Promise<string> {
  if (process.platform === 'linux') {
    const known = await readlink(`/proc/self/fd/${handle.fd}`).catch(() => undefined);
    if (known !== undefined && !known.endsWith(' (deleted)')) return known;
  }
  const named = await lstat(place, { bigint: true });
  if (named.dev !== found.dev || named.ino !== found.ino) return '';
  return join(await realpath(dirname(place)), basename(place));
}
