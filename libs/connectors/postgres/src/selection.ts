import type { ReadColumn } from '@sluice/connector-sdk';
import type { Column, RowSchema } from '@sluice/model';
import { columnNamed, type NativeColumn, type NativeTable } from './catalog.ts';
import { fieldDecoder, type FieldDecoder } from './field-decoders.ts';
import { literal, quote } from './identifier.ts';
import { isComputed, plain, reference, type Relation } from './relation.ts';
import type { SplitOrder } from './split-planner.ts';

/** What one COPY selects, and how its fields are decoded. */
export interface Selection {
  readonly list: string;
  readonly schema: RowSchema;
  readonly decoders: readonly FieldDecoder[];
  /** Fields behind the decoders: the order columns as text, for positions. */
  readonly orderFields: number;
}

export function selection(
  table: Relation,
  wanted: readonly ReadColumn[] | undefined,
  order: SplitOrder,
): Selection {
  const all: readonly ReadColumn[] = wanted ?? table.columns.map(({ name }) => ({ as: name, column: name }));
  const chosen = all.map((column) => select(table, column));
  const ordered = order.isResumable ? order.columns : [];
  const keys = table.schema.key.map((name) => all.find((column) => column.column === name)?.as);
  return {
    // Outputs get names of ours: a name of the table's would catch the `order by` of the raw column.
    list: [
      ...chosen.map(({ expression }) => expression),
      ...ordered.map(({ name }) => `${quote(name)}::text`),
    ]
      .map((expression, i) => `${expression} as _${i}`)
      .join(', '),
    schema: {
      name: table.schema.name,
      columns: chosen.map(({ column }) => column),
      key: keys.every((key) => key !== undefined) && !isComputed(table.columns, table.schema.key) ? keys : [],
      dialect: 'postgres',
    },
    decoders: chosen.map(({ decoder }) => decoder),
    orderFields: ordered.length,
  };
}

interface Selected {
  readonly column: Column;
  readonly expression: string;
  readonly decoder: FieldDecoder;
}

function select(table: NativeTable, wanted: ReadColumn): Selected {
  if (wanted.column === undefined) return constant(wanted);
  const native = columnNamed(table.columns, wanted.column, table.schema.name);
  const name = reference(native);
  return {
    column: { ...plain(native), name: wanted.as },
    expression: native.binary ? name : textOf(native, name),
    decoder: fieldDecoder(native.kind, native.binary ? native.typname : 'text', native.scale),
  };
}

/** The text that the server prints: for inet the cast to text adds /32 to an address that has no netmask. */
function textOf({ typname }: NativeColumn, quoted: string): string {
  return typname === 'inet' ? `textin(inet_out(${quoted}))` : `${quoted}::text`;
}

function constant({ as, constant: value = null }: ReadColumn): Selected {
  if (typeof value === 'boolean')
    return {
      column: { name: as, kind: 'boolean', nullable: false },
      expression: String(value),
      decoder: fieldDecoder('boolean', 'bool'),
    };
  if (typeof value === 'number' && Number.isSafeInteger(value))
    return {
      column: { name: as, kind: 'long', nullable: false },
      expression: `${value}::int8`,
      decoder: fieldDecoder('long', 'int8'),
    };
  if (typeof value === 'number')
    return {
      column: { name: as, kind: 'double', nullable: false },
      expression: `${value}::float8`,
      decoder: fieldDecoder('double', 'float8'),
    };
  const expression = value === null ? 'null::text' : `${literal(value)}::text`;
  return {
    column: { name: as, kind: 'string', nullable: value === null },
    expression,
    decoder: fieldDecoder('string', 'text'),
  };
}
