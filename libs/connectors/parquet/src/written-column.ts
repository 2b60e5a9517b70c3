import type { RowCursor } from '@sluice/connector-sdk';
import { unfit } from '@sluice/file-kit';
import type { Column } from '@sluice/model';
import type { SchemaElement } from 'hyparquet';

/** A value as the writer takes it: physical, with nothing left to be converted. */
export type Physical = boolean | number | bigint | Uint8Array | null;

/** How a column is stored. */
export interface WrittenColumn {
  /** As the file's schema has it. */
  readonly element: SchemaElement;
  /** The same without its meaning: the writer then stores values as they are given. */
  readonly physical: SchemaElement;
  /** The value that the cursor stands on (branch 1). Throws a data error for one that has no form. */
  readonly value: (cursor: RowCursor) => Physical;
  /** Plain pages only: a dictionary would take 0 and -0 for the same. */
  readonly isPlain: boolean;
}

/** Digits that 32 and 64 bits hold. */
const INT32_DIGITS = 9;
const INT64_DIGITS = 18;
const DAY_MICROS = 86_400_000_000;

type Form = Pick<WrittenColumn, 'value'> & {
  readonly stored: Partial<SchemaElement> & { type: SchemaElement['type'] };
};

export function writtenColumn(column: Column): WrittenColumn {
  const { stored, value } = formOf(column);
  const base = {
    name: column.name,
    repetition_type: column.nullable ? ('OPTIONAL' as const) : ('REQUIRED' as const),
  };
  const { type, type_length } = stored;
  return {
    element: { ...base, ...stored } as SchemaElement,
    physical: { ...base, type, ...(type_length === undefined ? {} : { type_length }) } as SchemaElement,
    value,
    isPlain: column.kind === 'float' || column.kind === 'double',
  };
}

function formOf(column: Column): Form {
  switch (column.kind) {
    case 'boolean':
      return { stored: { type: 'BOOLEAN' }, value: (cursor) => cursor.boolean() };
    case 'int':
      return { stored: { type: 'INT32' }, value: (cursor) => cursor.int() };
    case 'long':
      return { stored: { type: 'INT64' }, value: (cursor) => cursor.longBigint() };
    case 'float':
      return { stored: { type: 'FLOAT' }, value: (cursor) => cursor.float() };
    case 'double':
      return { stored: { type: 'DOUBLE' }, value: (cursor) => cursor.double() };
    case 'decimal':
      return decimalForm(column);
    case 'string':
      return {
        stored:
          column.format === 'json'
            ? { type: 'BYTE_ARRAY', converted_type: 'JSON', logical_type: { type: 'JSON' } }
            : { type: 'BYTE_ARRAY', converted_type: 'UTF8', logical_type: { type: 'STRING' } },
        value: (cursor) => cursor.bytes(),
      };
    case 'bytes':
      return { stored: { type: 'BYTE_ARRAY' }, value: (cursor) => cursor.bytes() };
    case 'date':
      return {
        stored: { type: 'INT32', converted_type: 'DATE', logical_type: { type: 'DATE' } },
        value: (cursor) => cursor.int(),
      };
    case 'time':
      return {
        stored: {
          type: 'INT64',
          converted_type: 'TIME_MICROS',
          logical_type: { type: 'TIME', isAdjustedToUTC: false, unit: 'MICROS' },
        },
        value: (cursor) => {
          const micros = cursor.longNumber();
          if (micros >= DAY_MICROS) throw unfit(column, 'a time of day in Parquet ends before 24:00:00');
          return BigInt(micros);
        },
      };
    case 'timestamp':
    case 'timestamptz':
      return timestampForm(column.kind === 'timestamptz');
  }
}

/** Without a zone there is no older name for the type: readers that do not know the newer one would take it for an instant. */
function timestampForm(isInstant: boolean): Form {
  return {
    stored: {
      type: 'INT64',
      ...(isInstant ? { converted_type: 'TIMESTAMP_MICROS' as const } : {}),
      logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: isInstant, unit: 'MICROS' },
    },
    value: (cursor) => cursor.longBigint(),
  };
}

function decimalForm(column: Column): Form {
  const { precision = 38, scale = 0 } = column;
  const meaning = {
    converted_type: 'DECIMAL' as const,
    precision,
    scale,
    logical_type: { type: 'DECIMAL' as const, precision, scale },
  };
  if (precision <= INT32_DIGITS)
    return { stored: { type: 'INT32', ...meaning }, value: (cursor) => Number(cursor.decimal()) };
  if (precision <= INT64_DIGITS)
    return { stored: { type: 'INT64', ...meaning }, value: (cursor) => cursor.decimal() };
  const length = bytesOf(precision);
  return {
    stored: { type: 'FIXED_LEN_BYTE_ARRAY', type_length: length, ...meaning },
    // Both are big-endian two's complement: the sign is drawn out to the left.
    value: ({ buffer, start, end }) => {
      const bytes = Buffer.alloc(length, buffer[start]! >= 0x80 && end > start ? 0xff : 0);
      if (end - start > length) throw unfit(column, `it has more than ${precision} digits`);
      buffer.copy(bytes, length - (end - start), start, end);
      return bytes;
    },
  };
}

/** The least number of bytes for so many digits and a sign. */
function bytesOf(precision: number): number {
  let bytes = 1;
  while (2n ** BigInt(bytes * 8 - 1) <= 10n ** BigInt(precision)) bytes++;
  return bytes;
}
