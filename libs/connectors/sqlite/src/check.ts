import { accessSync, constants, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { type CheckStage, ConnectionCheck, type DataSourceConfig, type Found } from '@sluice/connector-sdk';
import { SluiceError } from '@sluice/model';
import { open, pathOf } from './connection.ts';
import { classify } from './errors.ts';

/** The stages that a file has: there is no server to sign in at. */
export async function checkFile(
  config: DataSourceConfig,
  signal: AbortSignal,
): Promise<readonly CheckStage[]> {
  const check = new ConnectionCheck(signal, (error) => classify(error, 'source'));
  let database: DatabaseSync | undefined;
  try {
    await check.stage('resolve', () => find(pathOf(config)), {
      remedy: () =>
        `Correct the path: it is one of the machine of the worker. As a target alone the file is made with its first table.`,
    });
    await check.stage(
      'connect',
      () => {
        database = open(config, 'source');
        const row = database.prepare('pragma schema_version').get();
        return `The file is open, schema version ${String(row?.['schema_version'])}.`;
      },
      { remedy: () => 'Name a SQLite database that the user of the worker may read.' },
    );
    await check.stage('list', () => {
      const row = database!
        .prepare(`select count(*) as n from sqlite_schema where type in ('table', 'view')`)
        .get();
      return `${String(row!['n'])} tables.`;
    });
    await check.stage('privileges', () => writable(pathOf(config)));
    await check.stage('settings', () => {
      const row = database!
        .prepare('select sqlite_version() as v, journal_mode as j from pragma_journal_mode')
        .get();
      return `SQLite ${String(row!['v'])}, journal mode ${String(row!['j'])}.`;
    });
  } finally {
    database?.close();
  }
  return check.stages;
}

function find(path: string): string {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined)
    throw new SluiceError('SLUICE_SRC_DATABASE', { detail: `There is no file ${path}.`, place: 'path' });
  if (!found.isFile())
    throw new SluiceError('SLUICE_SRC_DATABASE', { detail: `${path} is no file.`, place: 'path' });
  return `${path}, ${found.size} bytes.`;
}

/** A write ahead log lies beside the file: to write, the folder has to be writable too. */
function writable(path: string): Found {
  const locked = [path, dirname(path)].filter((one) => {
    try {
      accessSync(one, constants.W_OK);
      return false;
    } catch {
      return true;
    }
  });
  if (locked.length === 0) return { detail: 'Can be read and written.' };
  return {
    detail: 'Can be read, not written.',
    remedy: `As a target: let the user of the worker write ${locked.join(' and ')}.`,
  };
}
