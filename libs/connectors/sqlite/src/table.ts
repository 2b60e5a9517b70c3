import type { DatabaseSync } from 'node:sqlite';
import { KEYED_MODES, SluiceError, type WritePlan } from '@sluice/model';
import { schemaOf } from './catalog.ts';
import { quote } from './connection.ts';
import { declaration } from './types.ts';

/** Creates and empties the table as the plan says; checks columns and key. Runs inside a transaction. */
export function prepareTable(database: DatabaseSync, table: string, plan: WritePlan): void {
  let found = schemaOf(database, table);
  if (found === undefined) {
    if (!plan.createTable) throw new SluiceError('SLUICE_TGT_TABLE', `There is no table ${table}.`);
    database.exec(createStatement(table, plan));
    found = schemaOf(database, table)!;
  }
  const names = new Set(found.columns.map((column) => column.name));
  for (const { name } of plan.schema.columns)
    if (!names.has(name))
      throw new SluiceError('SLUICE_TGT_COLUMN', {
        detail: `Table ${table} has no column ${name}.`,
        place: name,
      });
  if (KEYED_MODES.has(plan.mode) && !isUnique(database, table, found.key, plan.schema.key))
    throw new SluiceError(
      'SLUICE_TGT_KEY',
      `Table ${table} has no unique key of the columns that the rows have.`,
    );
  if (plan.truncateFirst) database.exec(`delete from ${quote(table)}`);
}

/** Whether an upsert can go by these columns: they are the primary key, or exactly those of a unique index. */
function isUnique(
  database: DatabaseSync,
  table: string,
  primary: readonly string[],
  key: readonly string[],
): boolean {
  if (key.length === 0) return false;
  const isKey = (names: readonly string[]): boolean =>
    names.length === key.length && names.every((name) => key.includes(name));
  const indices = database
    .prepare('select name from pragma_index_list(?) where "unique" = 1 and partial = 0')
    .all(table);
  const columns = database.prepare('select name from pragma_index_info(?)');
  return (
    isKey(primary) ||
    indices.some(({ name }) => isKey(columns.all(String(name)).map((column) => String(column['name']))))
  );
}

/** The statement that makes the target table from the schema of the rows. */
export function createStatement(table: string, plan: Pick<WritePlan, 'schema'>): string {
  const { columns, key, dialect } = plan.schema;
  const lines = columns.map((column) => {
    const type = declaration(column, dialect);
    return `${quote(column.name)} ${type}${column.nullable && !key.includes(column.name) ? '' : ' not null'}`;
  });
  if (key.length > 0) lines.push(`primary key (${key.map(quote).join(', ')})`);
  return `create table ${quote(table)} (${lines.join(', ')})`;
}
