import { lstat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { DataSourceConfig, Parameters } from '@sluice/connector-sdk';
import { SluiceError } from '@sluice/model';
import { type Compression, compressionByName } from './compression.ts';
import { printable, refusedPath } from './errors.ts';
import { isGlob } from './glob.ts';
import { FileRoot, safePath } from './roots.ts';

/** Where a target lies, and how its files are named. */
export interface TargetPlace {
  /** The folder that gets files. */
  readonly folder: string;
  /** The one file; undefined: the folder gets as many as there are. */
  readonly file: string | undefined;
  /** What the user calls it. */
  readonly shown: string;
}

/** State and staged files of Sluice lie in this folder beside the target, so that publishing is one `link` or `rename`. */
export const STATE_FOLDER = '.sluice';

/** Names that a folder target gives, without ending: what a later truncate recognises as files of a target. */
const PART = /^part-[0-9a-f-]{36}-\d{6}-\d{9}(\.[a-z0-9.]+)?$/;
const MANIFEST = /^_manifest-[0-9a-f-]{36}\.json$/;

export function isFolderTarget(parameters: Parameters): boolean {
  return String(parameters['path'] ?? '').endsWith('/');
}

/** `make`: folders on the way are made. */
export async function targetPlace(
  config: DataSourceConfig,
  parameters: Parameters,
  make: boolean,
): Promise<TargetPlace> {
  const shown = String(parameters['path'] ?? '');
  const isFolder = isFolderTarget(parameters);
  if (isGlob(isFolder ? shown.slice(0, -1) : shown))
    throw new SluiceError('SLUICE_CFG_INVALID', {
      detail: `The path ${shown} of a target has wildcards.`,
      place: '/path',
    });
  const root = await FileRoot.open(config, 'target');
  const path = /^\.?\/+$/.test(shown) ? '.' : safePath(shown);
  const folder = await root.folder(isFolder ? path : dirname(path), make);
  const state = await lstat(join(folder, STATE_FOLDER)).catch(() => undefined);
  if (state !== undefined && !state.isDirectory())
    throw refusedPath(`${STATE_FOLDER} beside ${printable(shown)} is no folder.`, shown);
  if (isFolder) return { folder, file: undefined, shown };
  if (parameters['maxFileBytes'] !== undefined)
    throw new SluiceError('SLUICE_CFG_INVALID', {
      detail: 'Only a folder gets several files: a path that ends with /.',
      place: '/maxFileBytes',
    });
  return { folder, file: basename(path), shown };
}

/** The folder of one task's state beside the target. */
export function taskFolder(place: TargetPlace, task: string): string {
  return join(place.folder, STATE_FOLDER, task);
}

/** Staged files of one generation. */
export function stagingFolder(place: TargetPlace, task: string, generation: string): string {
  return join(taskFolder(place, task), generation);
}

export function partName(generation: string, split: number, seq: number, ending: string): string {
  return `part-${generation}-${String(split).padStart(6, '0')}-${String(seq).padStart(9, '0')}${ending}`;
}

export function manifestName(generation: string): string {
  return `_manifest-${generation}.json`;
}

/** Whether a file of a folder is one that a writer of Sluice put there, or another one that readers would take for data. */
export function isTargetFile(name: string): boolean {
  return PART.test(name) || MANIFEST.test(name);
}

/** The compression that a writer's parameters ask for: by name where they do not say. */
export function writtenCompression(parameters: Parameters): Compression {
  const given = parameters['compression'];
  if (given === 'none' || given === 'gzip' || given === 'zstd') return given;
  return compressionByName(String(parameters['path'] ?? ''));
}
