import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { DataSourceConfig } from '@sluice/connector-sdk';
import { SluiceError } from '@sluice/model';
import { classify, type Side } from './errors.ts';

/** Opens the file; only a target's file is created when it does not exist. */
export function open(config: DataSourceConfig, side: Side): DatabaseSync {
  const path = pathOf(config);
  if (side === 'source' && !existsSync(path))
    throw new SluiceError('SLUICE_SRC_DATABASE', { detail: `There is no file ${path}.`, place: 'path' });
  try {
    const database = new DatabaseSync(path, { readOnly: side === 'source' });
    database.exec('pragma busy_timeout = 20');
    if (side === 'target')
      database.exec('pragma journal_mode = wal; pragma synchronous = full; pragma foreign_keys = on');
    return database;
  } catch (error) {
    throw classify(error, side);
  }
}

export function pathOf(config: DataSourceConfig): string {
  const path = config['path'];
  if (typeof path !== 'string' || path === '')
    throw new SluiceError('SLUICE_CFG_INVALID', { detail: 'No file is named.', place: '/path' });
  return resolve(path);
}

/** Quotes an identifier. Throws SLUICE_CFG_INVALID for a name with NUL. */
export function quote(name: string): string {
  if (name.includes('\0') || name === '')
    throw new SluiceError('SLUICE_CFG_INVALID', 'A name is empty or has a NUL character.');
  return `"${name.replaceAll('"', '""')}"`;
}
