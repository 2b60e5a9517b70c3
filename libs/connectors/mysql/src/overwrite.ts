import { createHash } from 'node:crypto';
import { SluiceError, type WritePlan } from '@sluice/model';
import { readTable } from './catalog.ts';
import type { Link } from './connection.ts';
import { literal, quoteTable, type TableName, writeTable } from './identifier.ts';

/** The staging table of a task's overwriting, beside its target. */
export function stagingOf(table: TableName, plan: WritePlan): TableName {
  return { ...table, name: `_sluice_new_${hash(plan)}` };
}

/** Where the old table is for the moment between the swap and its removal. */
function oldOf(table: TableName, plan: WritePlan): TableName {
  return { ...table, name: `_sluice_old_${hash(plan)}` };
}

const hash = ({ task }: WritePlan): string => createHash('sha256').update(task).digest('hex').slice(0, 24);

/** Makes the staging table anew, like the target; refuses a target with what a swap would leave at the old table. */
export async function createStaging(link: Link, table: TableName, plan: WritePlan): Promise<void> {
  const at = (schema: string, name: string): string =>
    `${schema} = ${table.database === undefined ? 'database()' : literal(table.database)} and ${name} = ${literal(table.name)}`;
  const ties = await link.protocol(
    `select 'a trigger' from information_schema.triggers where ${at('event_object_schema', 'event_object_table')}
     union select 'a foreign key' from information_schema.key_column_usage
       where referenced_table_name is not null and ${at('table_schema', 'table_name')}
     union select 'a foreign key of another table' from information_schema.key_column_usage
       where ${at('referenced_table_schema', 'referenced_table_name')}`,
  );
  if (ties.rows.length > 0)
    throw new SluiceError('SLUICE_TGT_QUERY', {
      detail: `Table ${writeTable(table)} has ${ties.rows[0]![0]}, which would stay with the old table when it is overwritten.`,
      hint: 'Remove it, or empty the table first (truncateFirst) instead of overwriting it.',
    });
  await discardStaging(link, table, plan);
  await link.protocol(`create table ${quoteTable(stagingOf(table, plan))} like ${quoteTable(table)}`);
}

export async function discardStaging(link: Link, table: TableName, plan: WritePlan): Promise<void> {
  for (const leftover of [stagingOf(table, plan), oldOf(table, plan)])
    await link.protocol(`drop table if exists ${quoteTable(leftover)}`);
}

/** One statement swaps both names; it has been run when the staging table is gone and the old one is there. */
export async function swapStaging(link: Link, table: TableName, plan: WritePlan): Promise<void> {
  const [staging, old] = [stagingOf(table, plan), oldOf(table, plan)];
  if ((await readTable(link, staging)) !== undefined) {
    await link.protocol(`drop table if exists ${quoteTable(old)}`);
    await link.protocol(
      `rename table ${quoteTable(table)} to ${quoteTable(old)}, ${quoteTable(staging)} to ${quoteTable(table)}`,
    );
  } else if ((await readTable(link, old)) === undefined)
    throw new SluiceError('SLUICE_TGT_TABLE', `The staging table ${writeTable(staging)} is gone.`);
}
