import type { DatabaseSync } from 'node:sqlite';
import { checkNames, invalid, READER_PARAMETERS } from '@sluice/connector-sdk';
import { type Column, type RowSchema, SluiceError } from '@sluice/model';
import { hasRowid, readableSchema } from './catalog.ts';
import { quote } from './connection.ts';
import type { ReaderSettings } from './reader-settings.ts';
import { declaredColumn } from './types.ts';

/** Rows by which the type of a computed column is told. */
const SAMPLE = 10_000;

/** What a reader selects from: a table, or a query as one. Its columns include the expressions. */
export interface Relation {
  /** SQL behind FROM. */
  readonly from: string;
  readonly schema: RowSchema;
  /** SQL of the columns that are computed. */
  readonly computed: ReadonlyMap<string, string>;
  /** Columns without a type of their own, as they were found. */
  readonly found: Readonly<Record<string, Column>>;
  /** What rows are read in the order of, and resumed by; a rowid stands alone. Empty: nothing. */
  readonly order: readonly string[];
  readonly hasRowid: boolean;
}

/** `planned`: columns without a type of their own as the plan found them, so that all splits take them for the same. */
export function openRelation(
  database: DatabaseSync,
  settings: ReaderSettings,
  planned?: Relation['found'],
): Relation {
  const { expressions, filter, key: named } = settings;
  const isTable = settings.query === undefined;
  const from = isTable ? quote(settings.table ?? '') : `(${settings.query}\n) as _query`;
  const source = isTable ? tableSchema(database, settings.table ?? '') : undefined;
  const columns: (Column | undefined)[] = source?.columns.slice() ?? [];
  const names = columns.map((column) => column!.name);
  const computed = new Map<string, string>();
  if (!isTable)
    for (const field of fieldsOf(database, settings.query!)) {
      columns.push(field.column);
      names.push(field.name);
    }
  // What is named is read; an expression may have the name of a column that is not.
  checkNames(expressions, settings.columns ?? names);
  const own = columns.length;
  for (const { name, sql } of expressions) {
    const text = `(${sql}\n)`;
    // Behind WHERE neither aggregates nor windows are legal.
    const statement = database.prepare(`select ${text} from ${from} where ${text} is null limit 0`);
    const [field] = statement.columns();
    const { type = null, column: origin = null } = field ?? {};
    columns.push(type === null && origin === null ? undefined : declaredColumn(name, type ?? '', true));
    names.push(name);
    computed.set(name, text);
  }
  const taken = (i: number): boolean => i < own && computed.has(names[i]!);
  const untyped = names.filter((_, i) => columns[i] === undefined && !taken(i));
  const found = planned ?? typesOf(database, { from, filter }, untyped, computed);
  const rowid = isTable && hasRowid(database, settings.table ?? '');
  const order = rowid ? ['rowid'] : (named ?? []);
  const all = columns.map((column, i) => column ?? found[names[i]!]!);
  for (const name of rowid ? [] : order) columnNamed(all.slice(0, own), name, settings);
  const proven = source?.key ?? [];
  const key = proven.length > 0 || rowid ? proven : order;
  const read = all
    .map((column, i) => (i < own && key.includes(column.name) ? { ...column, nullable: false } : column))
    .filter((_, i) => !taken(i));
  const schemaKey = key.some((name) => computed.has(name)) ? [] : key;
  const schema = { name: settings.table ?? 'query', columns: read, key: schemaKey, dialect: 'sqlite' };
  return { from, schema, computed, found, order, hasRowid: rowid };
}

/** SQL of a column. */
export const reference = ({ computed }: Relation, name: string): string => computed.get(name) ?? quote(name);

/** Throws SLUICE_SRC_COLUMN. */
export function columnNamed(columns: readonly Column[], name: string, { table }: ReaderSettings): Column {
  const found = columns.find((column) => column.name === name);
  if (found !== undefined) return found;
  const detail = `${table === undefined ? 'The query' : `Table ${table}`} has no column ${name}.`;
  throw new SluiceError('SLUICE_SRC_COLUMN', { detail, place: name });
}

/** A key that the task names is believed only after a look. */
export function checkKey(database: DatabaseSync, { from, order, hasRowid: rowid }: Relation): void {
  if (rowid || order.length === 0) return;
  const names = order.map(quote);
  const isNull = names.map((name) => `${name} is null`).join(' or ');
  const found =
    database.prepare(`select 1 from ${from} where ${isNull} limit 1`).get() ??
    database.prepare(`select 1 from ${from} group by ${names.join(', ')} having count(*) > 1 limit 1`).get();
  if (found !== undefined)
    throw new SluiceError('SLUICE_SRC_KEY', {
      detail: `Rows have the same values of ${order.join(', ')}, or none.`,
      place: `${READER_PARAMETERS}/key`,
    });
}

function tableSchema(database: DatabaseSync, table: string): RowSchema {
  const found = readableSchema(database, table);
  if (found === undefined)
    throw new SluiceError('SLUICE_SRC_TABLE', {
      detail: `There is no table ${table}.`,
      place: `${READER_PARAMETERS}/table`,
    });
  return found;
}

/** Columns of a query; one that is no column of a table has no type of its own. */
function fieldsOf(database: DatabaseSync, query: string): { name: string; column: Column | undefined }[] {
  const fields = database.prepare(query).columns();
  const names = fields.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) < index);
  if (twice !== undefined)
    throw invalid(
      `${READER_PARAMETERS}/querySql`,
      `The query has two columns ${twice}.`,
      'Give each column of the query a name of its own, with AS.',
    );
  return fields.map(({ name, type, column }) => ({
    name,
    column: type === null && column === null ? undefined : declaredColumn(name, type ?? '', true),
  }));
}

/** What the first rows hold: SQLite knows no types of expressions. */
function typesOf(
  database: DatabaseSync,
  { from, filter }: { readonly from: string; readonly filter: string },
  names: readonly string[],
  computed: ReadonlyMap<string, string>,
): Record<string, Column> {
  if (names.length === 0) return {};
  const list = names.map((name, i) => `typeof(${computed.get(name) ?? quote(name)}) as _${i}`);
  const kinds = names.map((_, i) => `group_concat(distinct _${i}) as _${i}`);
  const row = database
    .prepare(
      `select ${kinds.join(', ')} from (select ${list.join(', ')} from ${from} where ${filter} limit ${SAMPLE})`,
    )
    .get()!;
  return Object.fromEntries(
    names.map((name, i) => [name, declaredColumn(name, typeFor(String(row[`_${i}`] ?? '')), true)]),
  );
}

/** The declaration of a column that holds values of these storage classes. */
function typeFor(classes: string): string {
  const found = new Set(classes.split(','));
  found.delete('null');
  if (found.has('blob')) return 'blob';
  if (found.has('text') || found.size === 0 || found.has('')) return 'text';
  if (found.size > 1) return 'numeric';
  return found.has('real') ? 'real' : 'integer';
}
