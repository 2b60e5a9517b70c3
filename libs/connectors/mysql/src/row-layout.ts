import { constantColumn, type ReadColumn } from '@sluice/connector-sdk';
import { type Column, type RowSchema, SluiceError } from '@sluice/model';
import type { NativeColumn, NativeTable } from './catalog.ts';
import { quoteName } from './identifier.ts';
import { CODE, type Code, readable } from './types.ts';

/** How a key column is ordered, compared and remembered. */
export interface KeyColumn {
  readonly name: string;
  /** SQL that is selected, compared and ordered by. */
  readonly expression: string;
  /** `number`: the text is the literal; `text`: it is quoted; `hex`: raw bytes. */
  readonly literal: 'number' | 'text' | 'hex';
}

/** One expression of the select list. */
export interface SelectItem {
  readonly expression: string;
  /** How it is decoded; absent: only remembered for the position. */
  readonly code?: Code;
  readonly bits: number;
}

/** What is selected, and where its parts go. */
export interface RowLayout {
  readonly schema: RowSchema;
  readonly items: readonly SelectItem[];
  /**
   * The row's fields in order: index of a select item, or the encoded bytes of a constant.
   */
  readonly fields: readonly (number | Buffer)[];
  /** For each key column the select item that has its text. */
  readonly keyItems: readonly number[];
}

const NUMERIC: ReadonlySet<Code> = new Set<Code>([
  CODE.int,
  CODE.long,
  CODE.decimal,
  CODE.float,
  CODE.double,
]);

/** Formats of types whose own order is not relied on: their text is ordered instead, at the price of a sort. */
const NO_ORDER: ReadonlySet<string> = new Set(['uuid', 'other']);

/** How the server orders a column, in a form whose text is exact. */
export function keyColumn(native: NativeColumn): KeyColumn {
  const { name } = native;
  const quoted = quoteName(name);
  const { column, code, wrap } = readable(native, name);
  // An ENUM or SET is ordered by its number but compared as text; a BIT has no text: both by their number.
  if (['enum', 'set', 'bit'].includes(native.dataType))
    return { name, expression: `(${quoted} + 0)`, literal: 'number' };
  if (NUMERIC.has(code)) return { name, expression: wrap?.(quoted) ?? quoted, literal: 'number' };
  // MariaDB orders UUIDs of no known version differently by index and by comparison: a range scan would miss rows.
  if (NO_ORDER.has(column.format ?? ''))
    return { name, expression: `cast(${quoted} as char)`, literal: 'text' };
  return { name, expression: quoted, literal: code === CODE.bytes ? 'hex' : 'text' };
}

/** Lays out the select list for a wish. Throws SLUICE_SRC_COLUMN for columns that are not there. */
export function layOut(
  name: string,
  table: NativeTable,
  wish: readonly ReadColumn[],
  key: readonly KeyColumn[],
  positions: boolean,
): RowLayout {
  const items: SelectItem[] = [];
  const columns: Column[] = [];
  const fields: (number | Buffer)[] = [];
  for (const wanted of wish) {
    if (wanted.column === undefined) {
      const constant = constantColumn(wanted);
      columns.push(constant.column);
      fields.push(constant.bytes);
      continue;
    }
    const native = findColumn(table, wanted.column);
    const { column, code, wrap, bits } = readable(native, wanted.as);
    const quoted = native.sql ?? quoteName(native.name);
    columns.push(column);
    fields.push(items.length);
    items.push({ expression: wrap?.(quoted) ?? quoted, code, bits: bits ?? 0 });
  }
  const keyItems = positions
    ? key.map(({ expression }) => {
        const at = items.findIndex((item) => item.expression === expression);
        return at >= 0 ? at : items.push({ expression, bits: 0 }) - 1;
      })
    : [];
  // A row of constants alone still needs something to count.
  if (items.length === 0) items.push({ expression: '1', bits: 0 });
  return { schema: { name, columns, key: keyNames(wish, table), dialect: 'mysql' }, items, fields, keyItems };
}

export function findColumn(table: Pick<NativeTable, 'columns'>, name: string): NativeColumn {
  const found = table.columns.find((column) => column.name === name);
  if (found === undefined)
    throw new SluiceError('SLUICE_SRC_COLUMN', { detail: `The table has no column "${name}".`, place: name });
  return found;
}

/** The first key whose columns are all read, by output name. */
function keyNames(wish: readonly ReadColumn[], table: NativeTable): readonly string[] {
  for (const key of table.keys) {
    if (table.columns.some(({ name, sql }) => sql !== undefined && key.columns.includes(name))) continue;
    const names = key.columns.map((column) => wish.find((wanted) => wanted.column === column)?.as);
    if (names.every((name) => name !== undefined)) return names;
  }
  return [];
}

/** All columns of a table under their own names. */
export function everyColumn(table: NativeTable): readonly ReadColumn[] {
  return table.columns.map(({ name }) => ({ as: name, column: name }));
}

/** The parameter `columns` as a wish. */
export function namedColumns(names: readonly string[]): readonly ReadColumn[] {
  return names.map((name) => ({ as: name, column: name }));
}
