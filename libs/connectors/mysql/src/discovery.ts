import type { Parameters, TableEntry, TableQuery } from '@sluice/connector-sdk';
import { type RowSchema, SluiceError } from '@sluice/model';
import { readTable } from './catalog.ts';
import type { Settings } from './connection.ts';
import { literal, parseTable, writeTable } from './identifier.ts';
import { openReadSession } from './read-session.ts';
import { chosenNames } from './reader.ts';
import { readerSettings } from './reader-settings.ts';
import { openRelation } from './relation.ts';
import { everyColumn, layOut, namedColumns } from './row-layout.ts';
import { createStatement, keyCollation } from './target-table.ts';

const SERVERS_OWN = `('information_schema', 'mysql', 'performance_schema', 'sys')`;

/** Databases that the user sees; the server's own are left out. */
export async function listNamespaces(settings: Settings): Promise<readonly string[]> {
  const link = await openReadSession(settings);
  try {
    const answer = await link.query(
      `select schema_name from information_schema.schemata where schema_name not in ${SERVERS_OWN} order by binary schema_name`,
    );
    return answer.rows.map(([name]) => name!);
  } finally {
    await link.end();
  }
}

/** Tables and views of one database, the data source's own without a namespace, by name. */
export async function listTables(settings: Settings, query: TableQuery): Promise<readonly TableEntry[]> {
  const link = await openReadSession(settings);
  try {
    const { namespace = settings.database, after } = query;
    const part = (query.search ?? '').replace(/[\\%_]/g, (char) => `\\${char}`);
    const wanted = [
      `table_schema = ${literal(namespace)}`,
      `table_name not like '\\_sluice\\_%'`,
      ...(part === '' ? [] : [`table_name like ${literal(`%${part}%`)}`]),
      ...(after === undefined ? [] : [`binary table_name > binary ${literal(after.name)}`]),
    ];
    const answer = await link.query(
      `select table_name, table_type, table_rows from information_schema.tables
       where ${wanted.join(' and ')} order by binary table_name limit ${Math.max(1, Math.floor(query.limit))}`,
    );
    const place = namespace === settings.database ? {} : { database: namespace };
    return answer.rows.map(([name, type, rows]) => ({
      schema: namespace,
      name: name!,
      qualified: writeTable({ ...place, name: name! }),
      kind: type?.includes('VIEW') ? 'view' : 'table',
      ...(rows === null || rows === undefined ? {} : { rowsEstimate: Number(rows) }),
    }));
  } finally {
    await link.end();
  }
}

/** The statement that would make the target table: the collation of key columns depends on the server. */
export async function createTable(
  settings: Settings,
  parameters: Parameters,
  schema: RowSchema,
): Promise<string> {
  const link = await openReadSession(settings, 'target');
  try {
    const name = parseTable(typeof parameters['table'] === 'string' ? parameters['table'] : '');
    const statement = createStatement(name, { schema }, await keyCollation(link));
    return statement.replace(/\)\s+engine = InnoDB/, ') engine = InnoDB');
  } finally {
    await link.end();
  }
}

/** Columns and key of one table or query as the reader yields them; undefined: there is no such table. */
export async function describeSource(
  settings: Settings,
  parameters: Parameters,
): Promise<RowSchema | undefined> {
  const own = readerSettings(parameters);
  const link = await openReadSession(settings, 'source', own.session);
  try {
    const relation = await openRelation(link, own);
    const names = chosenNames(own);
    return layOut(
      own.name,
      relation,
      names === undefined ? everyColumn(relation) : namedColumns(names),
      [],
      false,
    ).schema;
  } catch (error) {
    const isMissing = error instanceof SluiceError && error.code === 'SLUICE_SRC_TABLE';
    if (isMissing && error.cause === undefined) return undefined;
    throw error;
  } finally {
    await link.end();
  }
}

/** Of a target only what can be written. */
export async function describeTarget(
  settings: Settings,
  parameters: Parameters,
): Promise<RowSchema | undefined> {
  const name = parseTable(typeof parameters['table'] === 'string' ? parameters['table'] : '');
  const link = await openReadSession(settings, 'target');
  try {
    const table = await readTable(link, name);
    if (table === undefined) return undefined;
    const shown = { ...table, columns: table.columns.filter((column) => !column.generated) };
    return layOut(writeTable(name), shown, everyColumn(shown), [], false).schema;
  } finally {
    await link.end();
  }
}
