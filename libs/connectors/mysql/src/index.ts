import {
  checkParts,
  type Connector,
  describeParts,
  openParts,
  TransactionalWriter,
} from '@sluice/connector-sdk';
import { checkConnection } from './check.ts';
import { readSettings } from './connection.ts';
import { createTable, describeSource, describeTarget, listNamespaces, listTables } from './discovery.ts';
import { MysqlReader } from './reader.ts';
import { readerSettings } from './reader-settings.ts';
import { spec } from './spec.ts';
import { MysqlConnections } from './target-connections.ts';

/** MySQL and MariaDB. */
export const connector: Connector = {
  spec,
  check: (config, signal) => checkConnection(config, signal),
  namespaces: (config) => listNamespaces(readSettings(config)),
  tables: (config, query) => listTables(readSettings(config), query),
  describe: (config, parameters, side) =>
    side === 'target'
      ? describeTarget(readSettings(config), parameters)
      : describeParts(parameters, (own) => describeSource(readSettings(config), own)),
  createTable: (config, parameters, schema) => createTable(readSettings(config), parameters, schema),
  checkReader: (parameters) => checkParts(parameters, readerSettings),
  openReader: async (config, parameters) =>
    openParts(parameters, (own) => new MysqlReader(readSettings(config), own)),
  openWriter: async (config, parameters) =>
    new TransactionalWriter(new MysqlConnections(readSettings(config), parameters)),
};
