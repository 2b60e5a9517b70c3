import { KEYED_MODES, SluiceError, type WritePlan } from '@sluice/model';
import { describeTable } from './catalog.ts';
import type { Session } from './connection.ts';
import { withGrant } from './grant.ts';
import { parseTable, quote } from './identifier.ts';
import { declaration } from './types.ts';

/** Creates and empties the table as the plan says; checks columns and key. Runs inside a transaction. */
export async function prepareTable(session: Session, name: string, plan: WritePlan): Promise<void> {
  let found = await describeTable(session, name);
  if (found === undefined) {
    if (!plan.createTable) throw new SluiceError('SLUICE_TGT_TABLE', `There is no table ${name}.`);
    try {
      await session.query(createStatement(name, plan));
    } catch (error) {
      // The transaction is broken: what is needed is asked for on the way out of it.
      await session.query('rollback').catch(() => undefined);
      throw await withGrant(session, parseTable(name).schema, error);
    }
    found = (await describeTable(session, name))!;
  }
  for (const { name: column } of plan.schema.columns) {
    const native = found.columns.find((candidate) => candidate.name === column);
    if (native === undefined)
      throw new SluiceError('SLUICE_TGT_COLUMN', {
        detail: `Table ${name} has no column ${column}.`,
        place: column,
      });
    if (native.generated)
      throw new SluiceError('SLUICE_TGT_COLUMN', {
        detail: `Column ${column} of ${name} is generated and cannot be written.`,
        place: column,
      });
  }
  if (KEYED_MODES.has(plan.mode) && !(await isUniqueKey(session, name, plan.schema.key)))
    throw new SluiceError('SLUICE_TGT_KEY', {
      detail: `Table ${name} has no unique key of ${plan.schema.key.join(', ') || 'the columns of the rows'} that cannot be null.`,
    });
  if (plan.truncateFirst) await session.query(`truncate ${parseTable(name).quoted}`);
}

/** The statement that makes the target table from the schema of the rows. */
export function createStatement(name: string, plan: Pick<WritePlan, 'schema'>): string {
  const { columns, key, dialect } = plan.schema;
  const lines = columns.map((column) => {
    const type = declaration(column, dialect);
    return `${quote(column.name)} ${type}${column.nullable && !key.includes(column.name) ? '' : ' not null'}`;
  });
  if (key.length > 0) lines.push(`primary key (${key.map(quote).join(', ')})`);
  return `create table ${parseTable(name).quoted} (${lines.join(', ')})`;
}

/** Whether rows can be told apart by exactly these columns: a whole, valid, immediate unique index of not-null columns. */
async function isUniqueKey(session: Session, name: string, key: readonly string[]): Promise<boolean> {
  if (key.length === 0) return false;
  const rows = await session.query(
    `select (select json_agg(a.attname)::text from unnest(x.indkey::int2[]) with ordinality k(attnum, n)
         join pg_attribute a on a.attrelid = x.indrelid and a.attnum = k.attnum where k.n <= x.indnkeyatts and a.attnotnull)
       from pg_index x where x.indrelid = $1::regclass and x.indisunique and x.indisvalid and x.indimmediate
         and x.indpred is null and x.indexprs is null and x.indnkeyatts = $2::int`,
    [parseTable(name).quoted, key.length],
  );
  return rows.some(([names]) => {
    const columns = JSON.parse(names ?? '[]') as string[];
    return columns.length === key.length && columns.every((column) => key.includes(column));
  });
}
