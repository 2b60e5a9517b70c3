import type { RowBatchBuilder } from '@sluice/connector-sdk';
import type { Column, ColumnKind } from '@sluice/model';
import type { Integer } from '../integer.ts';
import { ExpressionError, type ExpressionType, type Term, type TypeName, type Value } from './term.ts';

const KINDS: Readonly<Partial<Record<TypeName, ColumnKind>>> = {
  bool: 'boolean',
  int: 'long',
  double: 'double',
  decimal: 'decimal',
  string: 'string',
  bytes: 'bytes',
  date: 'date',
  time: 'time',
  timestamp: 'timestamp',
  timestamptz: 'timestamptz',
  null: 'string',
};

/** The column that an expression makes. Throws ExpressionError for a type that no column has. */
export function resultColumn(name: string, term: Term): Column {
  const kind = KINDS[term.type.name];
  if (kind === undefined)
    throw new ExpressionError(
      term.type.name === 'duration'
        ? 'A duration is no type of a column: write toSeconds(x) or toMicros(x).'
        : 'A secret can only be the key of hmacSha256.',
      term,
    );
  const { precision, scale } = term.type;
  const digits = kind === 'decimal' ? { precision: precision!, scale: scale! } : {};
  return { name, kind, ...digits, nullable: term.nullable };
}

/** Appends a value (not null) of a type as a field of its own kind. */
export function encoder(type: ExpressionType): (builder: RowBatchBuilder, value: NonNullable<Value>) => void {
  switch (type.name) {
    case 'bool':
      return (builder, value) => builder.boolean(value as boolean);
    case 'double':
      return (builder, value) => builder.double(value as number);
    case 'decimal':
      return (builder, value) =>
        typeof value === 'number' ? builder.decimalNumber(value) : builder.decimal(value as bigint);
    case 'string':
      return (builder, value) => builder.string(value as string);
    case 'bytes':
      return (builder, value) => builder.bytes(value as Buffer, 0, (value as Buffer).length);
    case 'date':
      return (builder, value) => builder.int(value as number);
    default:
      return (builder, value) => long(builder, value as Integer);
  }
}

function long(builder: RowBatchBuilder, value: Integer): void {
  if (typeof value === 'number') builder.longNumber(value);
  else builder.longBigint(value);
}
