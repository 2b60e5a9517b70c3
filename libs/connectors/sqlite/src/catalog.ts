import type { DatabaseSync } from 'node:sqlite';
import type { DataSourceConfig, Parameters, TableEntry, TableQuery } from '@sluice/connector-sdk';
import { type Column, type RowSchema, SluiceError } from '@sluice/model';
import { open, quote } from './connection.ts';
import type { Side } from './errors.ts';
import { declaredColumn } from './types.ts';

export function listTables(config: DataSourceConfig, query: TableQuery): TableEntry[] {
  if (query.namespace !== undefined && query.namespace !== 'main') return [];
  const database = open(config, 'source');
  try {
    const rows = database
      .prepare(
        `select name, type from sqlite_schema where type in ('table', 'view') and name not like 'sqlite\\_%' escape '\\'
           and name not like '\\_sluice\\_%' escape '\\' and instr(lower(name), lower(?)) > 0 and name > ? order by name limit ?`,
      )
      .all(query.search ?? '', query.after?.name ?? '', query.limit);
    return rows.map((row) => {
      const name = String(row['name']);
      return { schema: 'main', name, qualified: name, kind: row['type'] === 'view' ? 'view' : 'table' };
    });
  } finally {
    database.close();
  }
}

export function describeTarget(config: DataSourceConfig, parameters: Parameters): RowSchema | undefined {
  let database: DatabaseSync;
  try {
    database = open(config, 'source');
  } catch (error) {
    // A target's file is created with its first table.
    if (error instanceof SluiceError && error.code === 'SLUICE_SRC_DATABASE') return undefined;
    throw error;
  }
  try {
    return schemaOf(database, String(parameters['table']));
  } finally {
    database.close();
  }
}

/** The columns of a table that can be written, in order, and the primary key; undefined: there is no such table. */
export function schemaOf(database: DatabaseSync, table: string): RowSchema | undefined {
  return schema(database, table, 'hidden = 0');
}

/** The same with generated columns, which are read like any other; only the wanted columns when some are named. */
export function readableSchema(
  database: DatabaseSync,
  table: string,
  wanted?: readonly string[],
): RowSchema | undefined {
  return schema(database, table, 'hidden in (0, 2, 3)', wanted);
}

/** `hidden` of pragma_table_xinfo: 1 in virtual tables only, 2 and 3 generated. */
function schema(
  database: DatabaseSync,
  table: string,
  shown: string,
  wanted?: readonly string[],
): RowSchema | undefined {
  const rows = database
    .prepare(`select name, type, "notnull", pk from pragma_table_xinfo(?) where ${shown} order by cid`)
    .all(table);
  if (rows.length === 0) return undefined;
  const columns = rows.map((row): Column & { pk: number } => {
    const pk = Number(row['pk']);
    const nullable = row['notnull'] === 0 && pk === 0;
    return { ...declaredColumn(String(row['name']), String(row['type']), nullable), pk };
  });
  const chosen = (wanted ?? columns.map((column) => column.name)).map((name) => {
    const found = columns.find((column) => column.name === name);
    if (found === undefined)
      throw new SluiceError('SLUICE_SRC_COLUMN', {
        detail: `Table ${table} has no column ${name}.`,
        place: name,
      });
    const { pk: _, ...column } = found;
    return column;
  });
  const key = columns.filter((column) => column.pk > 0).sort((a, b) => a.pk - b.pk);
  const isRead = key.every(({ name }) => chosen.some((column) => column.name === name));
  return { name: table, columns: chosen, key: isRead ? key.map(({ name }) => name) : [], dialect: 'sqlite' };
}

/** Whether rows have a rowid: it is the position (unique, not null, and what the table is ordered by). */
export function hasRowid(database: DatabaseSync, table: string): boolean {
  const row = database
    .prepare(`select type, wr from pragma_table_list where name = ? and schema = 'main'`)
    .get(table);
  return row !== undefined && row['type'] === 'table' && row['wr'] === 0;
}

export type { Side };
export { quote };
