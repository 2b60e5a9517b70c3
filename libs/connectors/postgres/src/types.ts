import type { Column, ColumnKind, StringFormat } from '@sluice/model';

/** What a type of PostgreSQL becomes, and whether COPY's binary form of it is read (else `::text`). */
export interface NativeKind {
  readonly kind: ColumnKind;
  readonly format?: StringFormat;
  readonly binary: boolean;
}

const binary = (kind: ColumnKind, format?: StringFormat): NativeKind => ({
  kind,
  binary: true,
  ...(format === undefined ? {} : { format }),
});
const text = (format: StringFormat): NativeKind => ({ kind: 'string', format, binary: false });

/** By pg_type.typname of the base type. */
const KINDS: Readonly<Record<string, NativeKind>> = {
  bool: binary('boolean'),
  int2: binary('int'),
  int4: binary('int'),
  int8: binary('long'),
  float4: binary('float'),
  float8: binary('double'),
  numeric: binary('decimal'),
  text: binary('string'),
  varchar: binary('string'),
  bpchar: binary('string'),
  name: { kind: 'string', binary: false },
  json: binary('string', 'json'),
  jsonb: binary('string', 'json'),
  uuid: binary('string', 'uuid'),
  bytea: binary('bytes'),
  date: binary('date'),
  time: binary('time'),
  timestamp: binary('timestamp'),
  timestamptz: binary('timestamptz'),
  oid: { kind: 'long', binary: true },
  interval: text('interval'),
  bit: text('bits'),
  varbit: text('bits'),
};

/** `category` is pg_type.typcategory, `type` pg_type.typtype. */
export function nativeKind(name: string, category: string, type: string): NativeKind {
  const known = Object.hasOwn(KINDS, name) ? KINDS[name] : undefined;
  if (known !== undefined) return known;
  if (category === 'A') return text('array');
  return text(type === 'e' ? 'enum' : 'other');
}

/** The type of a target column for a column that came from elsewhere. */
export function declaration(column: Column, dialect: string | undefined): string {
  if (dialect === 'postgres' && column.nativeType !== undefined) return column.nativeType;
  switch (column.kind) {
    case 'boolean':
      return 'boolean';
    case 'int':
      return 'integer';
    case 'long':
      return 'bigint';
    case 'float':
      return 'real';
    case 'double':
      return 'double precision';
    case 'decimal':
      return column.precision === undefined
        ? 'numeric'
        : `numeric(${column.precision}, ${column.scale ?? 0})`;
    case 'bytes':
      return 'bytea';
    case 'date':
      return 'date';
    case 'time':
      return 'time';
    case 'timestamp':
      return 'timestamp';
    case 'timestamptz':
      return 'timestamptz';
    case 'string':
      return { json: 'json', uuid: 'uuid', numeric: 'numeric' }[column.format as string] ?? 'text';
  }
}
