import type { DatabaseSync } from 'node:sqlite';
import { SluiceError, type WritePlan } from '@sluice/model';
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
  if (plan.mode === 'upsert' && plan.schema.key.length === 0)
    throw new SluiceError('SLUICE_TGT_KEY', `Table ${table} has no key.`);
  if (plan.truncateFirst) database.exec(`delete from ${quote(table)}`);
}

/** The statement that makes the target table from the schema of the rows. */
export function createStatement(table: string, plan: WritePlan): string {
  const { columns, key, dialect } = plan.schema;
  const lines = columns.map((column) => {
    const type = declaration(column, dialect);
    return `${quote(column.name)} ${type}${column.nullable && !key.includes(column.name) ? '' : ' not null'}`;
  });
  if (key.length > 0) lines.push(`primary key (${key.map(quote).join(', ')})`);
  return `create table ${quote(table)} (${lines.join(', ')})`;
}
