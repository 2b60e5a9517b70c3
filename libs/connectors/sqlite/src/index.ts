import type { Connector } from '@sluice/connector-sdk';
import { TransactionalWriter } from '@sluice/connector-sdk';
import { describeTable, listTables } from './catalog.ts';
import { checkFile } from './check.ts';
import { SqliteReader } from './reader.ts';
import { spec } from './spec.ts';
import { createStatement } from './table.ts';
import { SqliteConnections } from './writer.ts';

/** SQLite files by node:sqlite. */
export const connector: Connector = {
  spec,
  check: checkFile,
  namespaces: async () => ['main'],
  tables: async (config, query) => listTables(config, query),
  describe: async (config, parameters, side) => describeTable(config, parameters, side),
  createTable: async (_, parameters, schema) => createStatement(String(parameters['table']), { schema }),
  openReader: async (config, parameters) => new SqliteReader(config, parameters),
  openWriter: async (config, parameters) =>
    new TransactionalWriter(new SqliteConnections(config, parameters)),
};
