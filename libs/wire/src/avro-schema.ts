import { readFileSync } from 'node:fs';
import {
  type Column,
  type ColumnKind,
  isEscapable,
  type RowSchema,
  SluiceError,
  type StringFormat,
} from '@sluice/model';
import { avroNames } from './avro-name.ts';

/** A named, union or annotated Avro type as JSON. */
export type AvroType = string | readonly AvroType[] | { readonly [property: string]: unknown };

export interface AvroField {
  readonly name: string;
  readonly type: AvroType;
  readonly doc?: string;
  readonly default?: unknown;
  readonly [property: `sluice.${string}`]: unknown;
}

/** An Avro record schema as JSON. */
export interface AvroRecord {
  readonly type: 'record';
  readonly name: string;
  readonly namespace?: string;
  readonly doc?: string;
  readonly fields: readonly AvroField[];
  readonly [property: `sluice.${string}`]: unknown;
}

/** More columns than any store we know of; bounds what a registered schema may cost. */
const MAX_COLUMNS = 4096;

/** The precision that Avro is told for a decimal whose source declares none. */
const OPEN_PRECISION = 1000;

/** The envelope with an empty Row: the file other languages read is the one we use. */
const ENVELOPE = JSON.parse(
  readFileSync(new URL('../../../schemas/batch.avsc', import.meta.url), 'utf8'),
) as AvroRecord;

const PLAIN: Readonly<Partial<Record<ColumnKind, AvroType>>> = {
  boolean: 'boolean',
  int: 'int',
  long: 'long',
  float: 'float',
  double: 'double',
  string: 'string',
  bytes: 'bytes',
  date: { type: 'int', logicalType: 'date' },
  time: { type: 'long', logicalType: 'time-micros' },
  timestamp: { type: 'long', logicalType: 'local-timestamp-micros' },
  timestamptz: { type: 'long', logicalType: 'timestamp-micros' },
};

/**
 * The whole schema of one table's batches (D-3): the envelope with the table's Row. Fields are in column order; what
 * Avro has no word for rides in properties `sluice.*`, so that `parseRowSchema` gives the RowSchema back.
 * Throws SLUICE_CFG_INVALID for a table without columns, with too many, or with two of one name.
 */
export function batchAvroSchema(schema: RowSchema): AvroRecord {
  const row = rowRecord(schema);
  return {
    ...ENVELOPE,
    fields: ENVELOPE.fields.map((field) =>
      field.name === 'records' ? { ...field, type: { type: 'array', items: row } } : field,
    ),
  };
}

function rowRecord(schema: RowSchema): AvroRecord {
  const names = schema.columns.map((column) => column.name);
  if (names.length === 0) throw invalid(`Table ${schema.name} has no columns.`);
  if (names.length > MAX_COLUMNS) throw invalid(`Table ${schema.name} has more than ${MAX_COLUMNS} columns.`);
  const double = names.find((name, index) => names.indexOf(name) !== index);
  if (double !== undefined) throw invalid(`Table ${schema.name} has two columns named ${double}.`);
  const fieldNames = avroNames(names);
  return {
    type: 'record',
    name: 'Row',
    'sluice.table': schema.name,
    'sluice.key': schema.key,
    ...(schema.dialect === undefined ? {} : { 'sluice.dialect': schema.dialect }),
    fields: schema.columns.map((column, index) => rowField(column, fieldNames[index]!)),
  };
}

function rowField(column: Column, name: string): AvroField {
  const value = valueType(column);
  const branches: AvroType[] = ['null', value];
  if (isEscapable(column.kind)) branches.push('string');
  return {
    name,
    type: branches,
    default: null,
    'sluice.column': column.name,
    'sluice.nullable': column.nullable,
    ...(column.format === undefined ? {} : { 'sluice.format': column.format }),
    ...(column.nativeType === undefined ? {} : { 'sluice.nativeType': column.nativeType }),
    ...(column.maxLength === undefined ? {} : { 'sluice.maxLength': column.maxLength }),
    ...(column.kind === 'decimal' ? { 'sluice.precision': column.precision ?? null } : {}),
  };
}

function valueType(column: Column): AvroType {
  if (column.kind === 'decimal') {
    const scale = column.scale ?? 0;
    return {
      type: 'bytes',
      logicalType: 'decimal',
      precision: column.precision ?? Math.max(OPEN_PRECISION, scale),
      scale,
    };
  }
  if (column.kind === 'string' && column.format === 'uuid') return { type: 'string', logicalType: 'uuid' };
  return PLAIN[column.kind]!;
}

/**
 * The RowSchema of a batch schema that `batchAvroSchema` made; a decimal's absent scale comes back as 0.
 * Throws SLUICE_BUS_UNDECODABLE for any other schema.
 */
export function parseRowSchema(avro: AvroRecord): RowSchema {
  const records = avro.fields?.find((field) => field.name === 'records')?.type;
  const row = isObject(records) ? (records['items'] as AvroRecord | undefined) : undefined;
  const name = row?.['sluice.table'];
  const key = row?.['sluice.key'];
  if (!row || !Array.isArray(row.fields) || row.fields.length > MAX_COLUMNS) throw foreign();
  if (typeof name !== 'string' || !Array.isArray(key)) throw foreign();
  const dialect = row['sluice.dialect'];
  return {
    name,
    columns: row.fields.map(parseField),
    key: key.map(String),
    ...(typeof dialect === 'string' ? { dialect } : {}),
  };
}

function parseField(field: AvroField): Column {
  const name = field['sluice.column'];
  const value = Array.isArray(field.type) ? (field.type[1] as AvroType | undefined) : undefined;
  const kind = kindOf(value);
  if (typeof name !== 'string' || kind === undefined) throw foreign();
  const format = field['sluice.format'];
  const nativeType = field['sluice.nativeType'];
  const maxLength = field['sluice.maxLength'];
  const precision = field['sluice.precision'];
  return {
    name,
    kind,
    nullable: field['sluice.nullable'] !== false,
    ...(kind === 'decimal' && typeof precision === 'number' ? { precision } : {}),
    ...(kind === 'decimal' && isObject(value) ? { scale: Number(value['scale'] ?? 0) } : {}),
    ...(typeof format === 'string' ? { format: format as StringFormat } : {}),
    ...(typeof nativeType === 'string' ? { nativeType } : {}),
    ...(typeof maxLength === 'number' ? { maxLength } : {}),
  };
}

function kindOf(value: AvroType | undefined): ColumnKind | undefined {
  if (!isObject(value)) return Object.entries(PLAIN).find(([, type]) => type === value)?.[0] as ColumnKind;
  const logical = value['logicalType'];
  if (logical === 'decimal') return 'decimal';
  if (logical === 'uuid') return 'string';
  const found = Object.entries(PLAIN).find(([, type]) => isObject(type) && type['logicalType'] === logical);
  return found?.[0] as ColumnKind | undefined;
}

function isObject(value: unknown): value is { readonly [property: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function invalid(detail: string): SluiceError {
  return new SluiceError('SLUICE_CFG_INVALID', detail);
}

function foreign(): SluiceError {
  return new SluiceError('SLUICE_BUS_UNDECODABLE', 'The schema is not one of a batch.');
}
