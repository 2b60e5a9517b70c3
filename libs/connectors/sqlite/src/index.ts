import {
  checkParts,
  type Connector,
  describeParts,
  openParts,
  TransactionalWriter,
} from '@sluice/connector-sdk';
import { describeTarget, listTables } from './catalog.ts';
import { checkFile } from './check.ts';
import { describeSource, SqliteReader } from './reader.ts';
import { readerSettings } from './reader-settings.ts';
import { spec } from './spec.ts';
import { createStatement } from './table.ts';
import { SqliteConnections } from './writer.ts';

/** SQLite files by node:sqlite. */
export const connector: Connector = {
  spec,
  check: checkFile,
  namespaces: async () => ['main'],
  tables: async (config, query) => listTables(config, query),
  describe: async (config, parameters, side) =>
    side === 'target'
      ? describeTarget(config, parameters)
      : describeParts(parameters, async (own) => describeSource(config, own)),
  createTable: async (_, parameters, schema) => createStatement(String(parameters['table']), { schema }),
  checkReader: (parameters) => checkParts(parameters, readerSettings),
  openReader: async (config, parameters) => openParts(parameters, (own) => new SqliteReader(config, own)),
  openWriter: async (config, parameters) =>
    new TransactionalWriter(new SqliteConnections(config, parameters)),
};
