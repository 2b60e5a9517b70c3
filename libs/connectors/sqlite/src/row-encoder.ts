import {
  parseDate,
  parseDecimal,
  parseTime,
  parseTimestamp,
  type RowBatchBuilder,
} from '@sluice/connector-sdk';
import type { Column } from '@sluice/model';

/** What node:sqlite gives with bigints on. */
export type SqliteValue = null | bigint | number | string | Uint8Array;

/** Appends one value as its declared kind; answers false, with nothing appended, when it does not fit. */
export type FieldEncoder = (builder: RowBatchBuilder, value: SqliteValue) => boolean;

const INT64 = 2n ** 63n;

function encoderOf(column: Column): FieldEncoder {
  const { kind, scale = 0, precision = 0 } = column;
  const limit = 10n ** BigInt(precision);
  switch (kind) {
    case 'boolean':
      return (builder, value) => {
        if (value !== 0n && value !== 1n) return false;
        builder.boolean(value === 1n);
        return true;
      };
    case 'long':
      return (builder, value) => {
        if (typeof value !== 'bigint') return false;
        builder.longBigint(value);
        return true;
      };
    case 'double':
      return (builder, value) => {
        if (typeof value !== 'number') return false;
        builder.double(value);
        return true;
      };
    case 'bytes':
      return (builder, value) => {
        if (!(value instanceof Uint8Array)) return false;
        const buffer = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
        builder.bytes(buffer, 0, buffer.length);
        return true;
      };
    case 'decimal':
      return (builder, value) => {
        if (value === null || value instanceof Uint8Array) return false;
        const unscaled = parseDecimal(String(value), scale);
        if (unscaled === undefined || unscaled >= limit || unscaled <= -limit) return false;
        builder.decimal(unscaled);
        return true;
      };
    case 'date':
      return text((builder, value) => {
        const days = parseDate(value);
        if (days !== undefined) builder.int(days);
        return days !== undefined;
      });
    case 'time':
      return text((builder, value) => {
        const micros = parseTime(value);
        if (micros !== undefined) builder.longNumber(micros);
        return micros !== undefined;
      });
    case 'timestamp':
    case 'timestamptz':
      return text((builder, value) => {
        const micros = parseTimestamp(value, kind === 'timestamptz');
        if (micros === undefined || micros >= INT64 || micros < -INT64) return false;
        builder.longBigint(micros);
        return true;
      });
    default:
      if (column.format === 'numeric') return numeric;
      return column.format === 'json' ? json : text(plain);
  }
}

const text =
  (encode: (builder: RowBatchBuilder, value: string) => boolean): FieldEncoder =>
  (builder, value) =>
    typeof value === 'string' && encode(builder, value);

const plain = (builder: RowBatchBuilder, value: string): boolean => {
  builder.string(value);
  return true;
};

/** NUMERIC without precision: the number's own text. */
const numeric: FieldEncoder = (builder, value) => {
  if (value === null || value instanceof Uint8Array) return false;
  builder.string(String(value));
  return true;
};

/** A column declared JSON has NUMERIC affinity: SQLite keeps a text that is a whole number as that number. */
const json: FieldEncoder = (builder, value) => {
  if (typeof value !== 'string' && typeof value !== 'bigint') return false;
  builder.string(String(value));
  return true;
};

/**
 * Encodes the fields of whole rows of a schema and leaves the row open; answers the name of a column whose value does not fit,
 * with the row dropped.
 */
export function rowEncoder(
  columns: readonly Column[],
): (builder: RowBatchBuilder, row: readonly SqliteValue[]) => string | undefined {
  const encoders = columns.map(encoderOf);
  return (builder, row) => {
    for (let i = 0; i < encoders.length; i++) {
      const value = row[i]!;
      if (value === null) builder.nul();
      else if (!encoders[i]!(builder, value)) {
        builder.dropRow();
        return columns[i]!.name;
      }
    }
    return undefined;
  };
}

/** A row as JSON text for a dirty record: exact integers, bytes in hex. */
export function rowText(columns: readonly Column[], row: readonly SqliteValue[]): string {
  const shown = columns.map((column, i) => {
    const value = row[i]!;
    return [
      column.name,
      value instanceof Uint8Array
        ? Buffer.from(value).toString('hex')
        : typeof value === 'bigint'
          ? String(value)
          : value,
    ];
  });
  return JSON.stringify(Object.fromEntries(shown)).slice(0, 65_536);
}
