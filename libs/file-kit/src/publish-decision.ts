import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Parameters } from '@sluice/connector-sdk';
import { SluiceError, type WritePlan } from '@sluice/model';
import { printable, refusedPath, systemCode } from './errors.ts';
import { isTargetFile, type TargetPlace } from './target-place.ts';
import type { KnownFile, Publication } from './target-state.ts';

export type Existing = Publication['how'];

/** What becomes of files that are there already; a task that empties its target first wins over the parameter. */
export function howExisting(parameters: Parameters, truncateFirst: boolean): Existing {
  if (truncateFirst) return 'truncate';
  const given = parameters['existing'];
  return given === 'append' || given === 'truncate' ? given : 'fail';
}

/** The file as it is now; undefined: there is none. Throws SLUICE_CFG_PATH for what is no regular file. */
export async function knownFile(folder: string, name: string): Promise<KnownFile | undefined> {
  try {
    const found = await lstat(join(folder, name), { bigint: true });
    const { size, mtimeNs, ino } = found;
    if (!found.isFile()) throw refusedPath(`${printable(name)} is not a regular file.`, name);
    return { name, size: Number(size), mtime: String(mtimeNs), ino: String(ino) };
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

export function isSame(a: KnownFile | null | undefined, b: KnownFile | undefined): boolean {
  return a != null && b !== undefined && a.ino === b.ino && a.size === b.size && a.mtime === b.mtime;
}

/** Before anything is written: whether the target may be written as the task says. */
export async function checkFree(
  place: TargetPlace,
  parameters: Parameters,
  truncateFirst: boolean,
): Promise<void> {
  const how = howExisting(parameters, truncateFirst);
  if (place.file !== undefined) {
    const known = await knownFile(place.folder, place.file);
    if (known !== undefined && how === 'fail') throw exists(`There is a file ${printable(place.shown)}.`);
    return;
  }
  const names = (await readdir(place.folder)).filter((name) => !name.startsWith('.'));
  const data = names.filter((name) => !name.startsWith('_'));
  if (how === 'fail' && data.length > 0)
    throw exists(`${printable(place.shown)} has ${data.length} files, e.g. ${printable(data[0]!)}.`);
  const foreign = names.find((name) => !isTargetFile(name));
  // Emptying a folder would remove them, leaving them would mix them with what is written: neither was asked for.
  if (how === 'truncate' && foreign !== undefined)
    throw exists(`${printable(place.shown)} has files that no task wrote, e.g. ${printable(foreign)}.`);
}

/** What the publication of a generation does; made once, when all its streams are final. */
export async function decidePublication(
  place: TargetPlace,
  parameters: Parameters,
  plan: WritePlan,
): Promise<Publication> {
  const how = howExisting(parameters, plan.truncateFirst);
  const { generation, run, schema } = plan;
  const decided = { generation, run, parameters, schema, how };
  if (place.file !== undefined)
    return { ...decided, removes: [], base: (await knownFile(place.folder, place.file)) ?? null };
  if (how !== 'truncate') return { ...decided, removes: [], base: null };
  const removes: KnownFile[] = [];
  for (const name of await readdir(place.folder)) {
    const known = isTargetFile(name) ? await knownFile(place.folder, name) : undefined;
    if (known !== undefined) removes.push(known);
  }
  return { ...decided, removes, base: null };
}

export function exists(detail: string): SluiceError {
  return new SluiceError('SLUICE_TGT_EXISTS', { detail, place: '/path' });
}
