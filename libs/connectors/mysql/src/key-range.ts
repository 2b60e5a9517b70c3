import { type Position, SluiceError } from '@sluice/model';
import { hexLiteral, literal } from './identifier.ts';
import type { KeyColumn } from './row-layout.ts';

/** What a split of this connector covers; stored with the run. */
export interface KeyRange {
  /** Leading columns that the bounds are of; empty: the whole table. */
  readonly columns: readonly string[];
  /** Exact texts; the range is (lo, hi]. */
  readonly lo: readonly string[] | null;
  readonly hi: readonly string[] | null;
  /** The rows whose split column is null. */
  readonly nulls?: boolean;
  /** The table's columns when it was planned. */
  readonly read?: readonly string[];
}

const NUMBER = /^-?\d+(?:\.\d+)?(?:e[+-]?\d+)?$/i;

function keyLiteral(column: KeyColumn, text: string): string {
  if (column.literal === 'hex') return hexLiteral(text);
  if (column.literal === 'text') return literal(text);
  if (!NUMBER.test(text))
    throw new SluiceError('SLUICE_OFF_LEDGER', `A position of "${column.name}" is not a number.`);
  return text;
}

/**
 * Row-value comparison written out so that the index is used: `a >= 1 and (a > 1 or (a = 1 and b > 2))`. Compared by the
 * server, under the columns' own collations.
 */
function compare(
  columns: readonly KeyColumn[],
  values: readonly string[],
  strict: '<' | '>',
  last: '<=' | '>',
): string {
  const [column, ...rest] = columns;
  const [value, ...others] = values;
  const text = keyLiteral(column!, value!);
  const { expression } = column!;
  if (rest.length === 0) return `${expression} ${last} ${text}`;
  const inner = compare(rest, others, strict, last);
  return `${expression} ${strict}= ${text} and (${expression} ${strict} ${text} or (${expression} = ${text} and ${inner}))`;
}

export const isAfter = (columns: readonly KeyColumn[], values: readonly string[]): string =>
  compare(columns, values, '>', '>');

export const isUpTo = (columns: readonly KeyColumn[], values: readonly string[]): string =>
  compare(columns, values, '<', '<=');

/** Conditions of a range and of a position within it. `order` is what the split is read ordered by. */
export function rangeConditions(
  range: KeyRange,
  order: readonly KeyColumn[],
  from: Position | null,
): readonly string[] {
  const bounded = order.slice(0, range.columns.length);
  const conditions: string[] = [];
  if (range.nulls === true) conditions.push(`${bounded[0]!.expression} is null`);
  if (range.hi !== null) conditions.push(`(${isUpTo(bounded, range.hi)})`);
  if (from === null) {
    if (range.lo !== null) conditions.push(`(${isAfter(bounded, range.lo)})`);
    return conditions;
  }
  const values = parsePosition(from);
  // In the split of nulls the split column is the same everywhere: the unique key behind it decides.
  const skipped = range.nulls === true ? 1 : 0;
  if (values.length !== order.length)
    throw new SluiceError('SLUICE_OFF_LEDGER', 'A position does not fit the key of the table.');
  const texts = values.slice(skipped).map((value) => {
    if (value === null) throw new SluiceError('SLUICE_OFF_LEDGER', 'A position has a null in its key.');
    return value;
  });
  conditions.push(`(${isAfter(order.slice(skipped), texts)})`);
  return conditions;
}

function parsePosition(position: Position): readonly (string | null)[] {
  const parsed = JSON.parse(position) as unknown;
  if (!Array.isArray(parsed) || !parsed.every((value) => value === null || typeof value === 'string'))
    throw new SluiceError('SLUICE_OFF_LEDGER', 'A position cannot be read.');
  return parsed as (string | null)[];
}

/** For people. */
export function rangeLabel(range: KeyRange): string {
  if (range.nulls === true) return `${range.columns[0]} is null`;
  const name = range.columns.join(', ');
  const lo = range.lo === null ? undefined : `${name} > ${range.lo.join(', ')}`;
  const hi = range.hi === null ? undefined : `${name} <= ${range.hi.join(', ')}`;
  return [lo, hi].filter((part) => part !== undefined).join(' and ') || 'all rows';
}
