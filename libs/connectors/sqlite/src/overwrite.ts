import { createHash } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { SluiceError, type WritePlan } from '@sluice/model';
import { quote } from './connection.ts';

/** The staging table of a task's overwriting. */
export function stagingOf({ task }: WritePlan): string {
  return `_sluice_new_${createHash('sha256').update(task).digest('hex').slice(0, 24)}`;
}

/** A name as SQLite keeps it at the beginning of a definition. */
const NAME = String.raw`(?:"(?:[^"]|"")*"|\[[^\]]*\]|\x60(?:[^\x60]|\x60\x60)*\x60|'(?:[^']|'')*'|[^\s(]+)`;
const TABLE = new RegExp(`^create table ${NAME}`, 'i');
const UNIQUE = new RegExp(`^create unique index ${NAME} on ${NAME}`, 'i');

/** Makes the staging table anew by the target's own definition, with its unique indexes; refuses what a swap would lose. */
export function createStaging(database: DatabaseSync, table: string, plan: WritePlan): void {
  const staging = stagingOf(plan);
  const [definition] = definitions(database, table, 'table');
  const refuse = (what: string): never => {
    throw new SluiceError('SLUICE_TGT_QUERY', {
      detail: `Table ${table} ${what}, which an overwritten table would lose.`,
      hint: 'Remove it, or empty the table first (truncateFirst) instead of overwriting it.',
    });
  };
  if (definition === undefined || !TABLE.test(definition)) return refuse('is no ordinary table');
  if (definitions(database, table, 'trigger').length > 0) refuse('has a trigger');
  const referring = database
    .prepare(
      `select 1 from sqlite_schema s, pragma_foreign_key_list(s.name) f where s.type = 'table' and s.name <> ?1 and lower(f."table") = lower(?1)`,
    )
    .get(table);
  if (referring !== undefined) refuse('is named by a foreign key of another table');
  discardStaging(database, plan);
  // As a function: a name may hold what `replace` takes for a pattern.
  database.exec(definition.replace(TABLE, () => `create table ${quote(staging)}`));
  definitions(database, table, 'index').forEach((sql, index) => {
    if (UNIQUE.test(sql))
      database.exec(
        sql.replace(UNIQUE, () => `create unique index ${quote(`${staging}_${index}`)} on ${quote(staging)}`),
      );
  });
}

export function discardStaging(database: DatabaseSync, plan: WritePlan): void {
  database.exec(`drop table if exists ${quote(stagingOf(plan))}`);
}

/** In the open transaction: readers see the old rows until it is committed. Indexes keep their names; views keep theirs of the table. */
export function swapStaging(database: DatabaseSync, table: string, plan: WritePlan): void {
  const staging = stagingOf(plan);
  const indexes = definitions(database, table, 'index');
  // Without this a rename would look into every view, and find the table gone.
  database.exec('pragma legacy_alter_table = on');
  try {
    database.exec(`drop table ${quote(table)}`);
    database.exec(`alter table ${quote(staging)} rename to ${quote(table)}`);
  } finally {
    database.exec('pragma legacy_alter_table = off');
  }
  for (const { name } of database
    .prepare(`select name from sqlite_schema where type = 'index' and name like ? escape '\\'`)
    .all(`${staging.replaceAll('_', '\\_')}\\_%`))
    database.exec(`drop index ${quote(String(name))}`);
  for (const sql of indexes) database.exec(sql);
}

/** Texts that made the objects of one type of a table. */
function definitions(database: DatabaseSync, table: string, type: string): string[] {
  return database
    .prepare(
      'select sql from sqlite_schema where type = ? and lower(tbl_name) = lower(?) and sql is not null order by rowid',
    )
    .all(type, table)
    .map(({ sql }) => String(sql));
}
