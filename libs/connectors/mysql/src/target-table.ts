import { emptyColumns } from '@sluice/connector-sdk';
import { type Column, KEYED_MODES, SluiceError, type WritePlan } from '@sluice/model';
import { type NativeColumn, type NativeTable, readTable } from './catalog.ts';
import type { Link } from './connection.ts';
import { fieldCheck } from './field-check.ts';
import { quoteName, quoteTable, type TableName, writeTable } from './identifier.ts';
import type { EncodedColumn } from './row-encoder.ts';
import { createType } from './types.ts';

/** Data types with a form for an empty text. */
const TEXT = /char|text|blob|binary|^enum$|^set$/;

/** The target table of a plan, as the bulk statements need it. */
export interface TargetTable {
  /** Quoted. */
  readonly name: string;
  readonly columns: readonly EncodedColumn[];
  /** Quoted column names in writing order. */
  readonly names: readonly string[];
  /** For LOAD DATA: what each field is read into, a column or a variable, and what is made of the variables. */
  readonly fields: readonly string[];
  readonly assignments: readonly string[];
  /** Quoted names that an upsert overwrites: all but the key; the first key column when there is no other. */
  readonly updated: readonly string[];
  /** Columns of texts whose column here is no text (emptyColumns). */
  readonly empty?: readonly boolean[];
}

/** Looks at the table and checks it against the plan (engine, columns, key). Throws config errors. */
export async function describeTarget(link: Link, name: TableName, plan: WritePlan): Promise<TargetTable> {
  const table = await readTable(link, name);
  if (table === undefined)
    throw new SluiceError(
      'SLUICE_TGT_TABLE',
      `There is no table ${writeTable(name)}, or no right to see it.`,
    );
  if (table.engine.toLowerCase() !== 'innodb')
    throw new SluiceError(
      'SLUICE_TGT_ENGINE',
      `${writeTable(name)} is ${table.view ? 'a view' : `of engine ${table.engine}`}.`,
    );
  const natives = plan.schema.columns.map((column) => writableColumn(table, column));
  const key = KEYED_MODES.has(plan.mode) ? modeKey(table, plan, name) : [];
  const encoded = plan.schema.columns.map((column, index) => ({
    column,
    check: fieldCheck(column, natives[index]!),
  }));
  const names = plan.schema.columns.map((column) => quoteName(column.name));
  const made = natives.map((native, index) => assignment(plan.schema.columns[index]!, native, `@v${index}`));
  const rest = plan.schema.columns.filter((column) => !key.includes(column.name));
  const updated = rest.length > 0 ? rest.map((column) => column.name) : key.slice(0, 1);
  const types = new Map(natives.map((native) => [native.name, native.dataType]));
  const empty = emptyColumns(plan.schema, (column) => TEXT.test(types.get(column)!));
  return {
    ...(empty === undefined ? {} : { empty }),
    name: quoteTable(name),
    columns: encoded,
    names,
    fields: names.map((column, index) => (made[index] === undefined ? column : `@v${index}`)),
    assignments: made.flatMap((made_, index) => (made_ === undefined ? [] : [`${names[index]!} = ${made_}`])),
    updated: updated.map(quoteName),
  };
}

function writableColumn(table: NativeTable, column: Column): NativeColumn {
  const native = table.columns.find((candidate) => candidate.name === column.name);
  if (native === undefined || native.generated)
    throw new SluiceError('SLUICE_TGT_COLUMN', {
      detail: `The target table has no ${native === undefined ? '' : 'writable '}column "${column.name}".`,
      place: column.name,
    });
  return native;
}

/** The key of the plan, which must be a unique one of the table, to the column. */
function modeKey(table: NativeTable, plan: WritePlan, name: TableName): readonly string[] {
  const { key } = plan.schema;
  const isKey = (columns: readonly string[]): boolean =>
    columns.length === key.length && columns.every((column) => key.includes(column));
  if (key.length === 0 || !table.keys.some(({ columns }) => isKey(columns)))
    throw new SluiceError(
      'SLUICE_TGT_KEY',
      `${writeTable(name)} has no unique key of ${key.join(', ') || 'the columns of the rows'} that cannot be null.`,
    );
  return key;
}

/** What LOAD DATA makes of a field that cannot go into its column as text. */
function assignment(column: Column, native: NativeColumn, variable: string): string | undefined {
  if (column.kind === 'bytes') return `unhex(${variable})`;
  if (native.dataType !== 'bit') return undefined;
  // A BIT takes the bytes of a text, not the number that it says.
  return column.kind === 'string'
    ? `cast(conv(${variable}, 2, 10) as unsigned)`
    : `cast(${variable} as unsigned)`;
}

/**
 * The collation that tells all texts apart, spaces at the end included: MariaDB's or that of MySQL 8. The older `utf8mb4_bin`
 * takes 'a' and 'a ' for the same key.
 */
export async function keyCollation(link: Link): Promise<string> {
  const found = await link.query(
    `select collation_name from information_schema.collations where collation_name in ('utf8mb4_nopad_bin', 'utf8mb4_0900_bin')`,
  );
  return found.rows[0]?.[0] ?? 'utf8mb4_bin';
}

/** `create table` for a plan whose target does not exist yet. */
export function createStatement(name: TableName, plan: Pick<WritePlan, 'schema'>, collation: string): string {
  const { columns, key, dialect } = plan.schema;
  const lines = columns.map((column) => {
    const type = createType(column, dialect, key.includes(column.name) ? collation : undefined);
    // Said in so many words: a TIMESTAMP without either is not null with a default of its own on some servers.
    const nullable = column.nullable && !key.includes(column.name);
    return `${quoteName(column.name)} ${type} ${nullable ? 'null' : 'not null'}`;
  });
  const primary = key.length === 0 ? [] : [`primary key (${key.map(quoteName).join(', ')})`];
  return `create table if not exists ${quoteTable(name)} (${[...lines, ...primary].join(', ')})
    engine = InnoDB default character set utf8mb4`;
}
