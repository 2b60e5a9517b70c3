import { checkNames, invalid, READER_PARAMETERS } from '@sluice/connector-sdk';
import { type RowSchema, SluiceError } from '@sluice/model';
import { columnNamed, columnOf, describeTable, type NativeColumn, type NativeTable } from './catalog.ts';
import type { Session } from './connection.ts';
import { parseTable, quote } from './identifier.ts';
import type { ReaderSettings } from './reader-settings.ts';

/** Longest time for a statement that only looks at a query, in milliseconds. */
const PATIENCE = 100_000;

/** What a reader selects from: a table, or a query as one. Its columns include the expressions. */
export interface Relation extends NativeTable {
  /** SQL behind FROM. */
  readonly from: string;
  /** Those that are no expressions, by which rows are cut and ordered. */
  readonly own: readonly NativeColumn[];
}

type Found = Omit<Relation, 'own'>;

/** Columns, key and place of what is read. Throws SLUICE_SRC_TABLE, or why the server refuses the query or an expression. */
export async function openRelation(session: Session, settings: ReaderSettings): Promise<Relation> {
  const found =
    settings.query === undefined ? await tableOf(session, settings) : await queryOf(session, settings.query);
  const key = found.schema.key.length > 0 ? found.schema.key : (settings.key ?? []);
  for (const name of key) columnNamed(found.columns, name, found.schema.name);
  const own = found.columns.map((column) =>
    key.includes(column.name) ? { ...column, nullable: false } : column,
  );
  const more = await computed(session, found, settings);
  const names = new Set(more.map(({ name }) => name));
  const columns = [...own.filter(({ name }) => !names.has(name)), ...more];
  return { ...found, own, columns, schema: { ...found.schema, columns, key } };
}

/** What the source side of a description shows: the chosen columns and the expressions. */
export function shownSchema(
  { schema, columns }: Relation,
  { columns: chosen, expressions }: ReaderSettings,
): RowSchema {
  const names = chosen && [...chosen, ...expressions.map(({ name }) => name)];
  const shown = names?.map((name) => columnNamed(columns, name, schema.name)) ?? columns;
  const key = isComputed(columns, schema.key) ? [] : schema.key;
  return { ...schema, columns: shown.map(plain), key };
}

/** Whether an expression has taken the name of a column of the key. */
export function isComputed(columns: readonly NativeColumn[], key: readonly string[]): boolean {
  return columns.some(({ name, sql }) => sql !== undefined && key.includes(name));
}

/** A column as the rest of the world knows it. */
export function plain(native: NativeColumn): RowSchema['columns'][number] {
  const { typname: _, binary: __, generated: ___, fraction: ____, sql: _____, ...column } = native;
  return column;
}

/** Columns of the table alone are named; one of an expression is the expression. */
export const reference = ({ name, sql }: NativeColumn): string => sql ?? quote(name);

async function tableOf(session: Session, { table = '' }: ReaderSettings): Promise<Found> {
  const found = await describeTable(session, table);
  if (found === undefined)
    throw new SluiceError('SLUICE_SRC_TABLE', {
      detail: `There is no table ${table}.`,
      place: `${READER_PARAMETERS}/table`,
    });
  return { ...found, from: parseTable(table).quoted };
}

async function queryOf(session: Session, query: string): Promise<Found> {
  const from = `(${query}\n) as _query`;
  const columns = await described(session, `select * from ${from} limit 0`);
  const names = columns.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) < index);
  if (twice !== undefined)
    throw invalid(
      `${READER_PARAMETERS}/querySql`,
      `The query has two columns ${twice}.`,
      'Give each column of the query a name of its own, with AS.',
    );
  return { from, columns, schema: { name: 'query', columns, key: [], dialect: 'postgres' }, estimate: -1 };
}

/** Expressions with the types that the server gives them. Behind WHERE too, where neither aggregates nor windows are legal. */
async function computed(
  session: Session,
  { from, columns }: Found,
  { columns: chosen, expressions }: ReaderSettings,
): Promise<NativeColumn[]> {
  // What is named is read; an expression may have the name of a column that is not.
  const shown = chosen ?? columns.map(({ name }) => name);
  checkNames(expressions, shown);
  const found: NativeColumn[] = [];
  for (const { name, sql } of expressions) {
    const text = `(${sql}\n)`;
    const [column] = await described(
      session,
      `select ${text} as _0 from ${from} where ${text} is null limit 0`,
    );
    found.push({ ...column!, name, sql: text });
  }
  return found;
}

/** The columns of a statement that yields no rows, as the server describes them. */
async function described(session: Session, sql: string): Promise<NativeColumn[]> {
  await session.query(
    `begin isolation level repeatable read read only; set local statement_timeout = ${PATIENCE}`,
  );
  try {
    const fields = await session.fields(sql);
    const rows = await session.query(
      `select f.name, b.typname, b.typcategory, b.typtype, format_type(f.type, f.modifier), '0', f.modifier::text, '0'
         from unnest($1::text[], $2::oid[], $3::int4[]) with ordinality f(name, type, modifier, n)
         join pg_type t on t.oid = f.type join pg_type b on b.oid = case when t.typtype = 'd' then t.typbasetype else t.oid end
         order by f.n`,
      [
        arrayText(fields.map(({ name }) => name)),
        `{${fields.map(({ type }) => type).join()}}`,
        `{${fields.map(({ modifier }) => modifier).join()}}`,
      ],
    );
    return rows.map((row) => columnOf(row as string[]));
  } finally {
    await session.query('rollback').catch(() => undefined);
  }
}

const arrayText = (texts: readonly string[]): string =>
  `{${texts.map((text) => `"${text.replace(/["\\]/g, '\\$&')}"`).join()}}`;

/** A key that the user names is believed only after a look: nothing at the server keeps it unique. */
export async function checkKey(session: Session, { from, schema }: Relation): Promise<void> {
  const list = schema.key.map(quote).join(', ');
  const isNull = schema.key.map((name) => `${quote(name)} is null`).join(' or ');
  await session.query(
    `begin isolation level repeatable read read only; set local statement_timeout = ${PATIENCE}`,
  );
  try {
    const found = await session.query(
      `select 1 from ${from} where ${isNull} union all (select 1 from ${from} group by ${list} having count(*) > 1 limit 1) limit 1`,
    );
    if (found.length > 0)
      throw new SluiceError('SLUICE_SRC_KEY', {
        detail: `Rows have the same values of ${schema.key.join(', ')}, or none.`,
        place: `${READER_PARAMETERS}/key`,
      });
  } finally {
    await session.query('rollback').catch(() => undefined);
  }
}
