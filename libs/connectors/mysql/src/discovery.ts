import type { Parameters, TableEntry } from '@sluice/connector-sdk';
import type { RowSchema } from '@sluice/model';
import { readTable } from './catalog.ts';
import type { Settings } from './connection.ts';
import { literal, parseTable, writeTable } from './identifier.ts';
import { openReadSession } from './read-session.ts';
import { readParameters } from './reader.ts';
import { everyColumn, layOut, namedColumns } from './row-layout.ts';

/** Tables and views of the data source's database, by name. */
export async function listTables(
  settings: Settings,
  query: { search?: string; limit: number },
): Promise<readonly TableEntry[]> {
  const link = await openReadSession(settings);
  try {
    const part = (query.search ?? '').replace(/[\\%_]/g, (char) => `\\${char}`);
    const search = part === '' ? '' : ` and table_name like ${literal(`%${part}%`)}`;
    const answer = await link.query(
      `select table_name, table_type, table_rows from information_schema.tables
       where table_schema = database()${search} order by table_name limit ${Math.max(1, Math.floor(query.limit))}`,
    );
    return answer.rows.map(([name, type, rows]) => ({
      schema: settings.database,
      name: name!,
      qualified: writeTable({ name: name! }),
      kind: type?.includes('VIEW') ? 'view' : 'table',
      ...(rows === null || rows === undefined ? {} : { rowsEstimate: Number(rows) }),
    }));
  } finally {
    await link.end();
  }
}

/** Columns and key; of a target only what can be written. */
export async function describeTable(
  settings: Settings,
  parameters: Parameters,
  side: 'source' | 'target',
): Promise<RowSchema | undefined> {
  const name = parseTable(typeof parameters['table'] === 'string' ? parameters['table'] : '');
  const columns = side === 'source' ? readParameters(parameters).columns : undefined;
  const link = await openReadSession(settings, side);
  try {
    const table = await readTable(link, name);
    if (table === undefined) return undefined;
    const shown =
      side === 'source' ? table : { ...table, columns: table.columns.filter((column) => !column.generated) };
    const wish = columns === undefined ? everyColumn(shown) : namedColumns(columns);
    return layOut(writeTable(name), shown, wish, [], false).schema;
  } finally {
    await link.end();
  }
}
