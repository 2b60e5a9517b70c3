import type { Column, RowSchema } from '@sluice/model';
import type { RowBatchBuilder } from './row-batch-builder.ts';
import { parseDate, parseDecimal, parseTime, parseTimestamp } from './value-text.ts';

/**
 * Appends the row that a dirty record keeps as JSON (rowsToJson of wire): numbers that JSON cannot hold, decimals, dates and times are
 * text, bytes are base64. Answers the column whose value is none of its kind, and then has appended nothing.
 */
export function appendJsonRow(
  builder: RowBatchBuilder,
  schema: RowSchema,
  row: Readonly<Record<string, unknown>>,
): Column | undefined {
  for (const column of schema.columns) {
    const value = Object.hasOwn(row, column.name) ? row[column.name] : null;
    if (append(builder, column, value)) continue;
    builder.dropRow();
    return column;
  }
  builder.endRow();
  return undefined;
}

/** Whether the value has the form of its kind. */
function append(builder: RowBatchBuilder, column: Column, value: unknown): boolean {
  if (value === null || value === undefined) return (builder.nul(), true);
  switch (column.kind) {
    case 'boolean':
      if (typeof value !== 'boolean') return false;
      builder.boolean(value);
      return true;
    case 'int':
      if (typeof value !== 'number' || (value | 0) !== value) return false;
      builder.int(value);
      return true;
    case 'long': {
      const text = String(value);
      if (!/^-?\d{1,19}$/.test(text) || BigInt.asIntN(64, BigInt(text)) !== BigInt(text)) return false;
      builder.longBigint(BigInt(text));
      return true;
    }
    case 'float':
    case 'double': {
      const number = floating(value);
      if (number === undefined) return false;
      if (column.kind === 'float') builder.float(number);
      else builder.double(number);
      return true;
    }
    case 'string':
      if (typeof value !== 'string') return false;
      builder.string(value);
      return true;
    case 'bytes': {
      if (typeof value !== 'string') return false;
      const bytes = Buffer.from(value, 'base64');
      builder.bytes(bytes, 0, bytes.length);
      return true;
    }
    default:
      if (typeof value !== 'string') return false;
      appendText(builder, column, value);
      return true;
  }
}

/** A text of a kind with an escape branch: what the kind cannot hold goes there, as it came from the source. */
function appendText(builder: RowBatchBuilder, column: Column, text: string): void {
  if (column.kind === 'decimal') {
    const unscaled = parseDecimal(text, column.scale ?? 0);
    return unscaled === undefined ? builder.text(text) : builder.decimal(unscaled);
  }
  if (column.kind === 'date') {
    const days = parseDate(text);
    return days === undefined ? builder.text(text) : builder.int(days);
  }
  if (column.kind === 'time') {
    const micros = parseTime(text);
    return micros === undefined ? builder.text(text) : builder.longNumber(micros);
  }
  const micros = parseTimestamp(text, column.kind === 'timestamptz');
  return micros === undefined ? builder.text(text) : builder.longBigint(micros);
}

const SPECIAL: ReadonlyMap<unknown, number> = new Map([
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
  ['-0', -0],
]);

const floating = (value: unknown): number | undefined =>
  typeof value === 'number' ? value : SPECIAL.get(value);
