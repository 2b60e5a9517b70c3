import type { Connector } from '@sluice/connector-sdk';
import { TransactionalWriter } from '@sluice/connector-sdk';
import { checkConnection } from './check.ts';
import { readSettings } from './connection.ts';
import { describeTable, listTables } from './discovery.ts';
import { MysqlReader } from './reader.ts';
import { spec } from './spec.ts';
import { MysqlConnections } from './target-connections.ts';

/** MySQL and MariaDB. */
export const connector: Connector = {
  spec,
  check: (config, signal) => checkConnection(config, signal),
  tables: (config, query) => listTables(readSettings(config), query),
  describe: (config, parameters, side) => describeTable(readSettings(config), parameters, side),
  openReader: async (config, parameters) => new MysqlReader(readSettings(config), parameters),
  openWriter: async (config, parameters) =>
    new TransactionalWriter(new MysqlConnections(readSettings(config), parameters)),
};
