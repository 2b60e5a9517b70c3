import type { RowCursor } from '@sluice/connector-sdk';
import type { Column, RowSchema } from '@sluice/model';
import { integer, type Integer, integerOf } from '../integer.ts';
import {
  BOOL,
  BYTES,
  DATE,
  DOUBLE,
  type Evaluate,
  type ExpressionType,
  INT,
  MAX_DIGITS,
  type ScopeColumn,
  SpecialValue,
  STRING,
  TIME,
  TIMESTAMP,
  TIMESTAMPTZ,
  type Value,
} from './term.ts';

/** The type that a column has in expressions. */
export function typeOfColumn(column: Column): ExpressionType {
  switch (column.kind) {
    case 'boolean':
      return BOOL;
    case 'int':
    case 'long':
      return INT;
    case 'float':
    case 'double':
      return DOUBLE;
    case 'decimal':
      return { name: 'decimal', precision: column.precision ?? MAX_DIGITS, scale: column.scale ?? 0 };
    case 'string':
      return STRING;
    case 'bytes':
      return BYTES;
    case 'date':
      return DATE;
    case 'time':
      return TIME;
    case 'timestamp':
      return TIMESTAMP;
    case 'timestamptz':
      return TIMESTAMPTZ;
  }
}

/**
 * The columns of a source as expressions see them.
 * @param replaced indexes of columns that transformers have made a text of
 */
export function scopeColumns(source: RowSchema, replaced: ReadonlySet<number>): ScopeColumn[] {
  return source.columns.map((column, index): ScopeColumn => {
    const { name } = column;
    if (replaced.has(index))
      return { name, type: STRING, nullable: true, evaluate: (row) => row.replaced[index]! };
    return {
      name,
      type: typeOfColumn(column),
      nullable: column.nullable,
      evaluate: reader(column, index),
      field: index,
    };
  });
}

function reader(column: Column, index: number): Evaluate {
  const read = valueReader(column);
  const { name } = column;
  return (row) => {
    const cursor = row.stand(index);
    if (cursor.branch === 1) return read(cursor);
    if (cursor.branch === 0) return null;
    // The place is that of the column's name in the expression, which whoever catches this knows better.
    throw new SpecialValue(
      `column ${name} holds ${special(cursor.text())}, with which nothing can be computed`,
      {
        start: -1,
        end: -1,
      },
    );
  };
}

/** Values beyond their type are few words; anything else is not repeated. */
function special(text: string): string {
  return /^-?(infinity|nan)$/i.test(text) ? text : 'a value beyond its type';
}

function valueReader(column: Column): (cursor: RowCursor) => Value {
  switch (column.kind) {
    case 'boolean':
      return (cursor) => cursor.boolean();
    case 'int':
    case 'date':
      return (cursor) => cursor.int();
    case 'float':
      return (cursor) => cursor.float();
    case 'double':
      return (cursor) => cursor.double();
    case 'decimal':
      return decimalValue;
    case 'string':
      return (cursor) => cursor.text();
    case 'bytes':
      return (cursor) => cursor.bytes();
    default:
      return (cursor) => integerOf(cursor.longHigh(), cursor.low);
  }
}

function decimalValue(cursor: RowCursor): Integer {
  const length = cursor.end - cursor.start;
  if (length <= 6) return length === 0 ? 0 : cursor.buffer.readIntBE(cursor.start, length);
  return integer(cursor.decimal());
}
