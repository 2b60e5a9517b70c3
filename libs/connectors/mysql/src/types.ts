import { type Column, SluiceError } from '@sluice/model';
import type { NativeColumn } from './catalog.ts';

/** How the row decoder treats a field's bytes. */
export const CODE = {
  int: 0,
  long: 1,
  decimal: 2,
  float: 3,
  double: 4,
  text: 5,
  bytes: 6,
  date: 7,
  time: 8,
  datetime: 9,
  bits: 10,
  /** Text of a character set, or of none that is known, whose conversion may yield what is not UTF-8: a lone surrogate. The row is then dirty. */
  doubtfulText: 11,
} as const;

export type Code = (typeof CODE)[keyof typeof CODE];

/** One readable column: its place in the wire schema, how it is selected, how its bytes are decoded. */
export interface ReadableColumn {
  readonly column: Column;
  readonly code: Code;
  /** SQL around the quoted column name, e.g. `(x * 1e0)`; absent: the column itself. */
  readonly wrap?: (quoted: string) => string;
  /** Width of BIT(n). */
  readonly bits?: number;
}

const INTEGERS: ReadonlySet<string> = new Set(['tinyint', 'smallint', 'mediumint', 'int', 'integer']);
const TEXTS: ReadonlySet<string> = new Set(['char', 'varchar', 'tinytext', 'text', 'mediumtext', 'longtext']);
const BYTES: ReadonlySet<string> = new Set([
  'binary',
  'varbinary',
  'tinyblob',
  'blob',
  'mediumblob',
  'longblob',
]);
/** Read as the server's internal value: four bytes of SRID, then WKB. */
const SHAPES: ReadonlySet<string> = new Set([
  'geometry',
  'point',
  'linestring',
  'polygon',
  'multipoint',
  'multilinestring',
  'multipolygon',
  'geometrycollection',
  'geomcollection',
]);
const DOUBTFUL: ReadonlySet<string> = new Set(['ucs2', 'utf16', 'utf16le', 'utf32']);

/** How a column of the source is read. `as` is its output name. */
export function readable(native: NativeColumn, as: string): ReadableColumn {
  const { dataType } = native;
  const base = { name: as, nullable: native.nullable, nativeType: native.json ? 'json' : native.columnType };
  const unsigned = /unsigned|zerofill/i.test(native.columnType);
  if (INTEGERS.has(dataType)) {
    const wide = unsigned && dataType.startsWith('int');
    return { column: { ...base, kind: wide ? 'long' : 'int' }, code: wide ? CODE.long : CODE.int };
  }
  if (dataType === 'bigint')
    return unsigned
      ? { column: { ...base, kind: 'decimal', precision: 20, scale: 0 }, code: CODE.decimal }
      : { column: { ...base, kind: 'long' }, code: CODE.long };
  if (dataType === 'decimal' || dataType === 'numeric') {
    const digits = { precision: native.precision ?? 65, scale: native.scale ?? 0 };
    return { column: { ...base, kind: 'decimal', ...digits }, code: CODE.decimal };
  }
  // The text protocol prints six digits of a FLOAT: only as a double does it come out whole.
  if (dataType === 'float')
    return { column: { ...base, kind: 'float' }, code: CODE.float, wrap: (name) => `(${name} * 1e0)` };
  if (dataType === 'double' || dataType === 'real')
    return { column: { ...base, kind: 'double' }, code: CODE.double };
  if (dataType === 'year') return { column: { ...base, kind: 'int' }, code: CODE.int };
  return temporal(native, base) ?? texts(native, base);
}

type Base = Pick<Column, 'name' | 'nullable'> & { readonly nativeType: string };

function temporal(native: NativeColumn, base: Base): ReadableColumn | undefined {
  switch (native.dataType) {
    case 'date':
      return { column: { ...base, kind: 'date' }, code: CODE.date };
    case 'time':
      return { column: { ...base, kind: 'time' }, code: CODE.time };
    case 'datetime':
      return { column: { ...base, kind: 'timestamp' }, code: CODE.datetime };
    case 'timestamp':
      return { column: { ...base, kind: 'timestamptz' }, code: CODE.datetime };
    default:
      return undefined;
  }
}

function texts(native: NativeColumn, base: Base): ReadableColumn {
  const { dataType } = native;
  const length = native.maxLength === undefined ? {} : { maxLength: native.maxLength };
  if (native.json) return { column: { ...base, kind: 'string', format: 'json' }, code: CODE.text };
  if (TEXTS.has(dataType)) {
    const code = native.charset === undefined || DOUBTFUL.has(native.charset) ? CODE.doubtfulText : CODE.text;
    return { column: { ...base, kind: 'string', ...length }, code };
  }
  if (BYTES.has(dataType)) return { column: { ...base, kind: 'bytes', ...length }, code: CODE.bytes };
  if (SHAPES.has(dataType)) return { column: { ...base, kind: 'bytes' }, code: CODE.bytes };
  if (dataType === 'enum')
    return { column: { ...base, kind: 'string', format: 'enum', ...length }, code: CODE.text };
  if (dataType === 'set') return { column: { ...base, kind: 'string', ...length }, code: CODE.text };
  if (dataType === 'uuid')
    return { column: { ...base, kind: 'string', format: 'uuid', maxLength: 36 }, code: CODE.text };
  if (dataType === 'bit') {
    const bits = native.precision ?? 1;
    return { column: { ...base, kind: 'string', format: 'bits', maxLength: bits }, code: CODE.bits, bits };
  }
  // Whatever else a server has (inet4, inet6, types of later releases) has a text form.
  return {
    column: { ...base, kind: 'string', format: 'other' },
    code: CODE.text,
    wrap: (name) => `cast(${name} as char)`,
  };
}

/** Key columns in varchar: what an InnoDB index page of 3072 bytes can hold of four-byte characters. */
const KEY_LENGTH = 190;

/**
 * Type of a column that a writer creates. `keyCollation`: the column is in the key, and the collation that tells all texts
 * apart. Throws SLUICE_TGT_COLUMN where MySQL has no type for it.
 */
export function createType(column: Column, dialect: string | undefined, keyCollation?: string): string {
  const inKey = keyCollation !== undefined;
  if (dialect === 'mysql' && column.nativeType !== undefined && !isGarbled(column)) {
    const bare = inKey && column.kind === 'string' && /^(var)?char\(/i.test(column.nativeType);
    return bare ? `${column.nativeType} collate ${keyCollation}` : column.nativeType;
  }
  switch (column.kind) {
    case 'boolean':
      return 'tinyint(1)';
    case 'int':
      return 'int';
    case 'long':
      return 'bigint';
    case 'float':
      return 'float';
    case 'double':
      return 'double';
    case 'date':
      return 'date';
    case 'time':
      return 'time(6)';
    case 'timestamp':
    case 'timestamptz':
      return 'datetime(6)';
    case 'decimal':
      return decimalType(column, inKey);
    case 'bytes':
      return inKey ? `varbinary(${Math.min(column.maxLength ?? 255, 767)})` : 'longblob';
    case 'string':
      return stringType(column, keyCollation);
  }
}

/**
 * The catalogue is in the server's three-byte UTF-8: a symbol of ENUM or SET with a character beyond it comes out with
 * question marks, and a column made of that would not take the value.
 */
function isGarbled({ format, nativeType = '' }: Column): boolean {
  return (format === 'enum' || /^set\(/i.test(nativeType)) && nativeType.includes('?');
}

function decimalType(column: Column, inKey: boolean): string {
  const precision = column.precision ?? 65;
  const scale = column.scale ?? 0;
  if (precision <= 65 && scale >= 0 && scale <= 38 && scale <= precision)
    return `decimal(${precision},${scale})`;
  if (inKey)
    throw new SluiceError('SLUICE_TGT_COLUMN', {
      detail: `MySQL has no decimal(${precision},${scale}) for key column "${column.name}".`,
      place: column.name,
    });
  return 'longtext';
}

function stringType(column: Column, keyCollation: string | undefined): string {
  const inKey = keyCollation !== undefined;
  if (column.format === 'json' && !inKey) return 'json';
  if (column.format === 'uuid') return inKey ? `char(36) collate ${keyCollation}` : 'char(36)';
  // Keys that differ at the source must not merge.
  if (inKey) return `varchar(${Math.min(column.maxLength ?? KEY_LENGTH, 768)}) collate ${keyCollation}`;
  if (column.maxLength !== undefined && column.maxLength > 0 && column.maxLength <= 255)
    return `varchar(${column.maxLength})`;
  return 'longtext';
}
