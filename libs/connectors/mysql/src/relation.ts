import { checkNames, READER_PARAMETERS } from '@sluice/connector-sdk';
import { SluiceError } from '@sluice/model';
import { isMariadb, type NativeColumn, type NativeTable, readTable } from './catalog.ts';
import type { Link } from './connection.ts';
import { quoteName, quoteTable } from './identifier.ts';
import type { ReaderSettings } from './reader-settings.ts';
import { resultColumn } from './result-columns.ts';
import { findColumn, type KeyColumn, keyColumn } from './row-layout.ts';
import { CODE, readable } from './types.ts';

/** Longest time for a statement that only looks at a query, in seconds. */
const PATIENCE = 100;

/** What a reader selects from: a table, or a query as one. Its columns include the expressions. */
export interface Relation extends NativeTable {
  /** SQL behind FROM. */
  readonly from: string;
  readonly isQuery: boolean;
  /** Those that are no expressions, by which rows are cut and ordered. */
  readonly own: readonly NativeColumn[];
}

type Found = Omit<Relation, 'own'>;

/** Columns and keys of what is read. Throws SLUICE_SRC_TABLE, or why the server refuses the query or an expression. */
export async function openRelation(link: Link, settings: ReaderSettings): Promise<Relation> {
  const found =
    settings.query === undefined ? await tableOf(link, settings) : await queryOf(link, settings.query);
  const named = found.keys.length === 0 ? settings.key : undefined;
  for (const name of named ?? []) findColumn(found, name);
  const own = found.columns.map((column) =>
    named?.includes(column.name) === true ? { ...column, nullable: false } : column,
  );
  const more = await computed(link, found, settings);
  const names = new Set(more.map(({ name }) => name));
  const columns = [...own.filter(({ name }) => !names.has(name)), ...more];
  return {
    ...found,
    own,
    columns,
    keys: named === undefined ? found.keys : [{ name: NAMED, columns: named }],
  };
}

/** Name of the key that the task names. */
const NAMED = '';

/** How a column is ordered, compared and remembered. */
export function orderColumn(relation: Relation, name: string): KeyColumn {
  const native = findColumn({ columns: relation.own }, name);
  const key = keyColumn(native);
  // The collation of a query's text is not known, nor how its type is ordered: its bytes are.
  const isText = [CODE.text, CODE.doubtfulText].includes(readable(native, name).code as 5 | 11);
  return relation.isQuery && isText && key.literal === 'text'
    ? { ...key, expression: `cast(${quoteName(name)} as binary)`, literal: 'hex' }
    : key;
}

/** A key that the task names is believed only after a look: nothing at the server keeps it unique. */
export async function checkKey(link: Link, relation: Relation): Promise<void> {
  const [key] = relation.keys;
  if (key?.name !== NAMED) return;
  const columns = key.columns.map((name) => orderColumn(relation, name).expression);
  const isNull = columns.map((column) => `${column} is null`).join(' or ');
  const found = await looking(link, async () => {
    const none = await link.query(`select 1 from ${relation.from} where ${isNull} limit 1`);
    if (none.rows.length > 0) return none;
    return link.query(
      `select 1 from ${relation.from} group by ${columns.join(', ')} having count(*) > 1 limit 1`,
    );
  });
  if (found.rows.length > 0)
    throw new SluiceError('SLUICE_SRC_KEY', {
      detail: `Rows have the same values of ${key.columns.join(', ')}, or none.`,
      place: `${READER_PARAMETERS}/key`,
    });
}

/** Rows of a query; of a table the server has an estimate. */
export async function countRows(link: Link, { from }: Relation): Promise<number> {
  const answer = await looking(link, () => link.query(`select count(*) from ${from}`));
  return Number(answer.rows[0]?.[0] ?? 0);
}

async function tableOf(link: Link, { table, name }: ReaderSettings): Promise<Found> {
  const found = await readTable(link, table!);
  if (found === undefined)
    throw new SluiceError('SLUICE_SRC_TABLE', {
      detail: `There is no table ${name}, or no right to see it.`,
      place: `${READER_PARAMETERS}/table`,
    });
  return { ...found, from: quoteTable(table!), isQuery: false };
}

async function queryOf(link: Link, query: string): Promise<Found> {
  const from = `(${query}\n) as _query`;
  const columns = await described(link, `select * from ${from} limit 0`);
  return { columns, keys: [], engine: '', rowsEstimate: 0, view: true, from, isQuery: true };
}

/** Expressions with the types that the server gives them. Behind WHERE too, where neither aggregates nor windows are legal. */
async function computed(
  link: Link,
  { from, columns }: Found,
  { columns: chosen, expressions }: ReaderSettings,
): Promise<NativeColumn[]> {
  // What is named is read; an expression may have the name of a column that is not.
  const shown = chosen ?? columns.map(({ name }) => name);
  checkNames(expressions, shown);
  const found: NativeColumn[] = [];
  for (const { name, sql } of expressions) {
    const text = `(${sql}\n)`;
    const [column] = await described(link, `select ${text} as _0 from ${from} where ${text} is null limit 0`);
    found.push({ ...column!, name, sql: text });
  }
  return found;
}

async function described(link: Link, sql: string): Promise<NativeColumn[]> {
  return (await looking(link, () => link.fields(sql))).map(resultColumn);
}

/** Within a transaction that only reads, and within a time. */
async function looking<T>(link: Link, body: () => Promise<T>): Promise<T> {
  const limit = (await isMariadb(link)) ? 'max_statement_time' : 'max_execution_time';
  const time = limit === 'max_statement_time' ? PATIENCE : PATIENCE * 1000;
  await link.query(`set @_sluice = @@session.${limit}, session ${limit} = ${time}`);
  await link.query('start transaction read only');
  try {
    return await body();
  } finally {
    if (!link.lost) {
      await link.query('rollback');
      await link.query(`set session ${limit} = @_sluice`);
    }
  }
}
