import { type Connector, TransactionalWriter } from '@sluice/connector-sdk';
import { columnNamed, describeTable, listNamespaces, listTables } from './catalog.ts';
import { checkConnection } from './check.ts';
import { connect } from './connection.ts';
import { PostgresReader } from './reader.ts';
import { spec } from './spec.ts';
import { createStatement } from './table.ts';
import { PostgresConnections } from './writer.ts';

/** PostgreSQL by COPY in its binary form, both ways. */
export const connector: Connector = {
  spec,
  check: checkConnection,
  namespaces: (config) => listNamespaces(config),
  tables: (config, query) => listTables(config, query),
  describe: async (config, parameters, side) => {
    const session = await connect(config, side, 'sluice describe');
    try {
      const found = await describeTable(session, String(parameters['table']));
      if (found === undefined) return undefined;
      const wanted = side === 'source' ? (parameters['columns'] as readonly string[] | undefined) : undefined;
      const columns =
        wanted?.map((name) => columnNamed(found.columns, name, found.schema.name)) ?? found.columns;
      return {
        ...found.schema,
        columns: columns.map(({ typname: _, binary: __, generated: ___, ...column }) => column),
      };
    } finally {
      await session.close();
    }
  },
  createTable: async (_, parameters, schema) => createStatement(String(parameters['table']), { schema }),
  openReader: async (config, parameters) => new PostgresReader(config, parameters),
  openWriter: async (config, parameters) =>
    new TransactionalWriter(new PostgresConnections(config, parameters)),
};
