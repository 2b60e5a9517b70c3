import type { Column, ColumnKind, StringFormat } from '@sluice/model';

interface Declared {
  readonly kind: ColumnKind;
  readonly format?: StringFormat;
  readonly precision?: number;
  readonly scale?: number;
}

/** Digits of a decimal that is declared without precision: read as exact text. */
const NUMERIC: Declared = { kind: 'string', format: 'numeric' };

/**
 * What a declared type means. SQLite stores any value anywhere; here the declaration is the contract and a value that does
 * not fit it is a dirty record. The order of the tests is that of SQLite's affinity rules, after the exact names.
 */
export function declared(type: string): Declared {
  const text = type.trim().toLowerCase();
  const decimal = /^(?:decimal|numeric|number|dec|decimal_text)\s*\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?\)$/.exec(
    text,
  );
  if (decimal !== null)
    return { kind: 'decimal', precision: Number(decimal[1]), scale: Number(decimal[2] ?? 0) };
  const name = text.replace(/\s*\(.*$/, '');
  switch (name) {
    case 'boolean':
    case 'bool':
      return { kind: 'boolean' };
    case 'date':
      return { kind: 'date' };
    case 'time':
      return { kind: 'time' };
    case 'datetime':
    case 'timestamp':
      return { kind: 'timestamp' };
    case 'timestamptz':
    case 'timestamp with time zone':
      return { kind: 'timestamptz' };
    case 'json':
    case 'jsonb':
    case 'json_text':
      return { kind: 'string', format: 'json' };
    case 'uuid':
    case 'uuid_text':
      return { kind: 'string', format: 'uuid' };
    case 'decimal':
    case 'numeric':
    case 'number':
    case 'numeric_text':
      return NUMERIC;
  }
  if (name.includes('int')) return { kind: 'long' };
  if (name.includes('char') || name.includes('clob') || name.includes('text')) return { kind: 'string' };
  if (name === '' || name.includes('blob') || name.includes('binary')) return { kind: 'bytes' };
  if (name.includes('real') || name.includes('floa') || name.includes('doub')) return { kind: 'double' };
  return NUMERIC;
}

/** A column of a table or query by its declared type. */
export function declaredColumn(name: string, nativeType: string, nullable: boolean): Column {
  const { kind, format, precision, scale } = declared(nativeType);
  return {
    name,
    kind,
    nullable,
    nativeType,
    ...(format === undefined ? {} : { format }),
    ...(precision === undefined ? {} : { precision, scale: scale ?? 0 }),
  };
}

/** Whether a column of this type makes a number of a text that looks like one (affinity INTEGER, REAL or NUMERIC). */
export function makesNumbers(type: string): boolean {
  const name = type.toLowerCase();
  if (name.includes('int')) return true;
  return !/char|clob|text|blob/.test(name) && name.trim() !== '';
}

/** The declaration for a column that came from elsewhere; it reads back as the same kind. */
export function declaration(column: Column, dialect: string | undefined): string {
  if (dialect === 'sqlite' && column.nativeType !== undefined) return column.nativeType;
  switch (column.kind) {
    case 'boolean':
      return 'BOOLEAN';
    case 'int':
    case 'long':
      return 'INTEGER';
    case 'float':
    case 'double':
      return 'REAL';
    case 'decimal':
      // TEXT affinity: as NUMERIC, SQLite would keep more than 15 digits as a binary fraction.
      return `DECIMAL_TEXT(${column.precision ?? 38}, ${column.scale ?? 0})`;
    case 'bytes':
      return 'BLOB';
    case 'date':
      return 'DATE';
    case 'time':
      return 'TIME';
    case 'timestamp':
      return 'DATETIME';
    case 'timestamptz':
      return 'TIMESTAMPTZ';
    case 'string':
      if (column.format === 'json') return 'JSON_TEXT';
      if (column.format === 'uuid') return 'UUID_TEXT';
      if (column.format === 'numeric') return 'NUMERIC_TEXT';
      return 'TEXT';
  }
}
