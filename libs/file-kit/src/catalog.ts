import { constants } from 'node:fs';
import { access, opendir } from 'node:fs/promises';
import type { CheckStage, DataSourceConfig, TableEntry } from '@sluice/connector-sdk';
import { asSluiceError } from '@sluice/model';
import { classify } from './errors.ts';
import { FileRoot } from './roots.ts';

/** Folders below the root that are looked into when files are listed. */
const MOST_FOLDERS = 1000;

/** Whether the root can be used from here. */
export async function checkRoot(config: DataSourceConfig): Promise<CheckStage[]> {
  const started = performance.now();
  const stages: CheckStage[] = [];
  const stage = async (name: string, body: () => Promise<string>): Promise<boolean> => {
    const milliseconds = (): number => Math.round(performance.now() - started);
    try {
      stages.push({ name, ok: true, detail: await body(), milliseconds: milliseconds() });
      return true;
    } catch (thrown) {
      const { code, detail, hint } = asSluiceError(thrown);
      stages.push({ name, ok: false, detail, code, remedy: hint, milliseconds: milliseconds() });
      return false;
    }
  };
  let root: FileRoot | undefined;
  const isOpen = await stage('connect', async () => {
    root = await FileRoot.open(config, 'source');
    return 'The folder is there and may be used.';
  });
  if (!isOpen) return stages;
  const isListed = await stage('list', async () => {
    let entries = 0;
    try {
      for await (const _ of await opendir(root!.path)) entries++;
    } catch (error) {
      throw classify(error, 'source', '.');
    }
    return `${entries} entries.`;
  });
  if (isListed)
    await stage('privileges', async () => {
      const writable = await access(root!.path, constants.W_OK).then(
        () => true,
        () => false,
      );
      return writable ? 'Files can be read and written.' : 'Files can be read; the folder is not writable.';
    });
  return stages;
}

/** Files below the root that end as the format's do, by path. */
export async function listTables(
  config: DataSourceConfig,
  query: { search?: string; limit: number },
  endings: readonly string[],
): Promise<TableEntry[]> {
  const root = await FileRoot.open(config, 'source');
  const search = (query.search ?? '').toLowerCase();
  const found: string[] = [];
  const folders = [''];
  for (let looked = 0; folders.length > 0 && looked < MOST_FOLDERS; looked++) {
    const folder = folders.shift()!;
    try {
      for await (const entry of await opendir(await root.folder(folder))) {
        const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
        if (entry.name.startsWith('.') || entry.name.startsWith('_')) continue;
        if (entry.isDirectory()) folders.push(path);
        else if (entry.isFile() && isOne(entry.name, endings) && path.toLowerCase().includes(search))
          found.push(path);
      }
    } catch (error) {
      throw classify(error, 'source', folder);
    }
  }
  return found
    .sort()
    .slice(0, query.limit)
    .map((path) => ({ name: path, qualified: path, kind: 'table' }));
}

function isOne(name: string, endings: readonly string[]): boolean {
  const plain = name.toLowerCase().replace(/\.(gz|zst)$/, '');
  return endings.some((ending) => plain.endsWith(ending));
}
