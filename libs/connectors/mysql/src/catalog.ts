import type { Link } from './connection.ts';
import { literal, type TableName } from './identifier.ts';

/** One column as information_schema tells it. */
export interface NativeColumn {
  readonly name: string;
  /** Lower case, e.g. `int`, `varchar`. */
  readonly dataType: string;
  /** In full, e.g. `int(10) unsigned`. */
  readonly columnType: string;
  readonly nullable: boolean;
  readonly maxLength?: number;
  readonly precision?: number;
  readonly scale?: number;
  /** Digits of the seconds' fraction. */
  readonly fraction: number;
  readonly charset?: string;
  readonly generated: boolean;
  /** A text column that only holds JSON. */
  readonly json: boolean;
  /** SQL of a column that the reader computes; absent: it is one of the table. */
  readonly sql?: string;
}

/** A unique index over whole, not-null columns; the primary key comes first. */
export interface UniqueKey {
  readonly name: string;
  readonly columns: readonly string[];
}

export interface NativeTable {
  readonly columns: readonly NativeColumn[];
  readonly keys: readonly UniqueKey[];
  readonly engine: string;
  readonly rowsEstimate: number;
  readonly view: boolean;
}

export async function isMariadb(link: Link): Promise<boolean> {
  const answer = await link.query('select version()');
  return /mariadb/i.test(answer.rows[0]?.[0] ?? '');
}

/** Columns, unique keys and engine; undefined when there is no such table. */
export async function readTable(link: Link, table: TableName): Promise<NativeTable | undefined> {
  const database = table.database === undefined ? 'database()' : literal(table.database);
  const here = `table_schema = ${database} and table_name = ${literal(table.name)}`;
  const found = await link.query(
    `select engine, table_rows, table_type from information_schema.tables where ${here}`,
  );
  const row = found.rows[0];
  if (row === undefined) return undefined;
  const jsonColumns = await checkedJson(link, table, database);
  const columns = await link.query(
    `select column_name, data_type, column_type, is_nullable, character_maximum_length, numeric_precision,
      numeric_scale, datetime_precision, character_set_name, extra, generation_expression
     from information_schema.columns where ${here} order by ordinal_position`,
  );
  return {
    columns: columns.rows
      .map((cells) => nativeColumn(cells, jsonColumns))
      .filter((column) => column !== null),
    keys: await uniqueKeys(link, here),
    engine: row[0] ?? '',
    rowsEstimate: Number(row[1] ?? 0),
    view: (row[2] ?? '').includes('VIEW'),
  };
}

function nativeColumn(cells: readonly (string | null)[], json: ReadonlySet<string>): NativeColumn | null {
  const [
    name,
    dataType,
    columnType,
    nullable,
    length,
    precision,
    scale,
    fraction,
    charset,
    extra,
    expression,
  ] = cells;
  const kind = dataType!.toLowerCase();
  const generated = /GENERATED/i.test((extra ?? '').replace(/DEFAULT_GENERATED/gi, '')) || !!expression;
  // The period columns of a system-versioned table are the server's own.
  if (/^ROW (START|END)$/i.test(expression ?? '')) return null;
  return {
    name: name!,
    dataType: kind,
    columnType: columnType!,
    nullable: nullable === 'YES',
    ...(length === null || length === undefined ? {} : { maxLength: Number(length) }),
    ...(precision === null || precision === undefined ? {} : { precision: Number(precision) }),
    ...(scale === null || scale === undefined ? {} : { scale: Number(scale) }),
    fraction: Number(fraction ?? 0),
    ...(charset === null || charset === undefined ? {} : { charset }),
    generated,
    json: kind === 'json' || json.has(name!),
  };
}

/** MariaDB's JSON is a long text with a check of its own; the check is what tells. */
async function checkedJson(link: Link, table: TableName, database: string): Promise<ReadonlySet<string>> {
  if (!(await isMariadb(link))) return new Set();
  const checks = await link.query(
    `select check_clause from information_schema.check_constraints
     where constraint_schema = ${database} and table_name = ${literal(table.name)}`,
  );
  const found = new Set<string>();
  for (const [clause] of checks.rows) {
    const match = /^json_valid\(`((?:[^`]|``)+)`\)$/i.exec(clause ?? '');
    if (match !== null) found.add(match[1]!.replaceAll('``', '`'));
  }
  return found;
}

async function uniqueKeys(link: Link, here: string): Promise<readonly UniqueKey[]> {
  const answer = await link.query(
    `select index_name, column_name, sub_part, nullable from information_schema.statistics
     where ${here} and non_unique = 0 order by index_name = 'PRIMARY' desc, index_name, seq_in_index`,
  );
  const keys = new Map<string, { columns: string[]; whole: boolean }>();
  for (const [index, column, part, nullable] of answer.rows) {
    const key = keys.get(index!) ?? { columns: [], whole: true };
    keys.set(index!, key);
    // A part of a column, a nullable column or an expression does not tell rows apart.
    if (column === null || part !== null || nullable === 'YES') key.whole = false;
    else key.columns.push(column!);
  }
  return [...keys]
    .filter(([, key]) => key.whole && key.columns.length > 0)
    .map(([name, key]) => ({ name, columns: key.columns }));
}
