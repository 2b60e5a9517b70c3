import {
  checkParts,
  type Connector,
  describeParts,
  openParts,
  TransactionalWriter,
} from '@sluice/connector-sdk';
import { listNamespaces, listTables } from './catalog.ts';
import { checkConnection } from './check.ts';
import { describeSource, describeTarget } from './discovery.ts';
import { PostgresReader } from './reader.ts';
import { readerSettings } from './reader-settings.ts';
import { spec } from './spec.ts';
import { createStatement } from './table.ts';
import { PostgresConnections } from './writer.ts';

/** PostgreSQL by COPY in its binary form, both ways. */
export const connector: Connector = {
  spec,
  check: checkConnection,
  namespaces: (config) => listNamespaces(config),
  tables: (config, query) => listTables(config, query),
  describe: (config, parameters, side) =>
    side === 'target'
      ? describeTarget(config, parameters)
      : describeParts(parameters, (own) => describeSource(config, own)),
  createTable: async (_, parameters, schema) => createStatement(String(parameters['table']), { schema }),
  checkReader: (parameters) => checkParts(parameters, readerSettings),
  openReader: async (config, parameters) => openParts(parameters, (own) => new PostgresReader(config, own)),
  openWriter: async (config, parameters) =>
    new TransactionalWriter(new PostgresConnections(config, parameters)),
};
