import type { RowBatchBuilder } from '@sluice/connector-sdk';
import type { Column, ColumnKind } from '@sluice/model';
import { formatted, isFormatted } from './cast-format.ts';
import { boolean, decimal, floating, integer } from './cast-number.ts';
import { bytes, string } from './cast-text.ts';
import { date, time, timestamp, timestamptz } from './cast-time.ts';
import type { CastType } from './cast-type.ts';
import type { FieldValue } from './field-value.ts';

/**
 * Casts a value (not null) and appends it; answers why it cannot, in words that follow
 * "the value ...", or nothing when it did. After a reason the row under way is to be dropped. Nothing is ever rounded,
 * cut or replaced.
 */
export type Cast = (value: FieldValue, builder: RowBatchBuilder) => string | void;

const MAKERS: Readonly<Record<ColumnKind, (source: Column, type: CastType) => Cast | undefined>> = {
  boolean,
  int: integer,
  long: integer,
  float: floating,
  double: floating,
  decimal,
  string,
  bytes,
  date,
  time,
  timestamp,
  timestamptz,
};

/** The cast of a column to a type, or undefined when no value could ever be cast. */
export function compileCast(source: Column, type: CastType): Cast | undefined {
  return isFormatted(type) ? formatted(source, type) : MAKERS[type.kind](source, type);
}
