import type { DataSourceConfig, TableEntry, TableQuery } from '@sluice/connector-sdk';
import { type Column, type RowSchema, SluiceError } from '@sluice/model';
import { connect, type Session } from './connection.ts';
import { parseTable } from './identifier.ts';
import { nativeKind } from './types.ts';

/** A column with what reading and writing it needs. */
export interface NativeColumn extends Column {
  /** pg_type.typname of the base type. */
  readonly typname: string;
  readonly binary: boolean;
  readonly generated: boolean;
  /** SQL of a column that the reader computes; absent: it is one of the table. */
  readonly sql?: string;
  /** Digits of a second's fraction that a time keeps, when it is declared with fewer than 6. */
  readonly fraction?: number;
}

const TIMES: ReadonlySet<string> = new Set(['time', 'timetz', 'timestamp', 'timestamptz']);

export interface NativeTable {
  readonly schema: RowSchema;
  readonly columns: readonly NativeColumn[];
  /** Planner's estimate of the rows; -1: never analysed. */
  readonly estimate: number;
}

/** Columns and key of a table; undefined when it does not exist. */
export async function describeTable(session: Session, name: string): Promise<NativeTable | undefined> {
  const { schema, table } = parseTable(name);
  const [found] = await session.query(
    `select c.oid::text, c.reltuples::bigint::text from pg_class c join pg_namespace n on n.oid = c.relnamespace
       where n.nspname = $1 and c.relname = $2 and c.relkind in ('r', 'p', 'v', 'm', 'f')`,
    [schema, table],
  );
  if (found === undefined) return undefined;
  const [oid, estimate] = found as [string, string];
  const rows = await session.query(
    `select a.attname, b.typname, b.typcategory, b.typtype, format_type(a.atttypid, a.atttypmod), a.attnotnull::int::text,
            a.atttypmod::text, (a.attgenerated <> '' or a.attidentity = 'a')::int::text
       from pg_attribute a join pg_type t on t.oid = a.atttypid join pg_type b on b.oid = case when t.typtype = 'd' then t.typbasetype else t.oid end
       where a.attrelid = $1::oid and a.attnum > 0 and not a.attisdropped order by a.attnum`,
    [oid],
  );
  const columns = rows.map((row) => columnOf(row as string[]));
  const key = await session.query(
    `select a.attname from pg_index i cross join lateral unnest(i.indkey::int2[]) with ordinality k(attnum, n)
       join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.attnum
       where i.indexrelid = (select x.indexrelid from pg_index x where x.indrelid = $1::oid and x.indisunique and x.indisvalid
           and x.indpred is null and x.indexprs is null and x.indnkeyatts = x.indnatts
           and not exists (select 1 from unnest(x.indkey::int2[]) u join pg_attribute b on b.attrelid = x.indrelid and b.attnum = u where not b.attnotnull)
         order by x.indisprimary desc, x.indnatts, x.indexrelid limit 1)
       order by k.n`,
    [oid],
  );
  const schemaOut: RowSchema = {
    name: table,
    columns,
    key: key.map(([attname]) => attname!),
    dialect: 'postgres',
  };
  return { schema: schemaOut, columns, estimate: Number(estimate) };
}

/** A row of name, typname, typcategory, typtype, type as declared, not null, modifier, generated. */
export function columnOf(row: string[]): NativeColumn {
  const [name, typname, category, type, nativeType, notNull, modifier, generated] = row as [
    string,
    string,
    string,
    string,
    string,
    string,
    string,
    string,
  ];
  const mod = Number(modifier);
  let native = nativeKind(typname, category, type);
  let digits = {};
  if (native.kind === 'decimal') {
    // The modifier of numeric(p, s) is ((p << 16) | (s & 0x7ff)) + 4; a negative scale has no Avro form.
    const scale = (mod - 4) & 0x7ff;
    if (mod < 4 || scale > 1000) native = { kind: 'string', format: 'numeric', binary: false };
    else digits = { precision: ((mod - 4) >> 16) & 0xffff, scale };
  }
  const { kind, format, binary } = native;
  return {
    name,
    kind,
    nullable: notNull === '0',
    nativeType,
    typname,
    binary,
    generated: generated === '1',
    ...digits,
    ...(TIMES.has(typname) && mod >= 0 ? { fraction: mod } : {}),
    ...(format === undefined ? {} : { format }),
    ...((typname === 'varchar' || typname === 'bpchar') && mod > 4 ? { maxLength: mod - 4 } : {}),
  };
}

/** Schemas that are the user's to see; the server's own are left out. */
export async function listNamespaces(config: DataSourceConfig): Promise<string[]> {
  const session = await connect(config, 'source', 'sluice tables');
  try {
    const rows = await session.query(
      `select nspname from pg_namespace where ${OWN_SCHEMA} and has_schema_privilege(oid, 'usage') order by nspname collate "C"`,
    );
    return rows.map(([name]) => name!);
  } finally {
    await session.close();
  }
}

const OWN_SCHEMA = `nspname not in ('information_schema') and nspname not like 'pg\\_%'`;

export async function listTables(config: DataSourceConfig, query: TableQuery): Promise<TableEntry[]> {
  const session = await connect(config, 'source', 'sluice tables');
  const { search = '', namespace = null, after, limit } = query;
  try {
    const rows = await session.query(
      `select n.nspname, c.relname, c.relkind, c.reltuples::bigint::text, quote_ident(n.nspname) || '.' || quote_ident(c.relname)
         from pg_class c join pg_namespace n on n.oid = c.relnamespace
         where c.relkind in ('r', 'p', 'v', 'm', 'f') and ${OWN_SCHEMA}
           and not c.relispartition and c.relname not like '\\_sluice\\_%' and position(lower($1) in lower(c.relname)) > 0
           and ($2::text is null or n.nspname = $2)
           and ($4::text is null or (n.nspname::text collate "C", c.relname::text collate "C") > ($3::text, $4::text))
         order by n.nspname::text collate "C", c.relname::text collate "C" limit $5::int`,
      [search, namespace, after?.schema ?? '', after?.name ?? null, limit],
    );
    return rows.map(([schema, name, kind, estimate, qualified]) => ({
      schema: schema!,
      name: name!,
      qualified: qualified!,
      kind: kind === 'v' || kind === 'm' ? 'view' : 'table',
      ...(Number(estimate) < 0 ? {} : { rowsEstimate: Number(estimate) }),
    }));
  } finally {
    await session.close();
  }
}

/** Throws SLUICE_SRC_COLUMN with the columns that there are. */
export function columnNamed(columns: readonly NativeColumn[], name: string, table: string): NativeColumn {
  const found = columns.find((column) => column.name === name);
  if (found === undefined)
    throw new SluiceError('SLUICE_SRC_COLUMN', {
      detail: `Table ${table} has no column ${name}; it has ${columns.map((column) => column.name).join(', ')}.`,
      place: name,
    });
  return found;
}
