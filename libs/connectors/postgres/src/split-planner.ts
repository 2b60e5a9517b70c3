import type { Split } from '@sluice/model';
import { columnNamed, type NativeColumn, type NativeTable } from './catalog.ts';
import type { Session } from './connection.ts';
import { literal, quote } from './identifier.ts';

/** Columns that a split is ordered by: unique together and not null, but for the first, which may be null. */
export interface SplitOrder {
  readonly columns: readonly NativeColumn[];
}

/** Values of the first order column: above `from` up to and including `to`, as the server's text; or its nulls. */
export interface KeyRange {
  readonly from?: string;
  readonly to?: string;
  readonly nulls?: boolean;
}

/** What a split of this connector covers; stored with the run. */
export interface SplitRange {
  /** Absent: all rows, in no order. */
  readonly keys?: KeyRange;
  /** The table's columns when it was planned: one that it gets later changes nothing. */
  readonly columns: readonly string[];
}

/** Below this many rows cutting costs more than it gives. */
const SMALL = 20_000;
/** Splits a channel, so that unequal ones even out. */
const A_CHANNEL = 2;
const INTEGERS = new Set(['int2', 'int4', 'int8']);

/** D-7: positions use the unique key; another split column only cuts ranges and goes before it. No key: no order. */
export function splitOrder(table: NativeTable, splitKey: string | undefined): SplitOrder {
  const { columns, schema } = table;
  const key = schema.key.map((name) => columns.find((column) => column.name === name)!);
  if (splitKey === undefined || splitKey === '' || key.length === 0) return { columns: key };
  const cut = columnNamed(columns, splitKey, schema.name);
  return { columns: [cut, ...key.filter((column) => column !== cut)] };
}

export async function splitsOf(
  session: Session,
  quoted: string,
  table: NativeTable,
  order: SplitOrder,
  channels: number,
): Promise<{ splits: Split[]; notes: string[] }> {
  const [cut] = order.columns;
  const names = table.columns.map(({ name }) => name);
  if (cut === undefined)
    return {
      splits: [{ ordinal: 0, range: { columns: names }, label: 'all rows', resumable: false }],
      notes: [
        `Table ${table.schema.name} has no unique key: it is read as one split and written in one transaction.`,
      ],
    };
  const ranges: KeyRange[] = [];
  const small = channels === 1 || (table.estimate >= 0 && table.estimate < SMALL);
  const bounds = small ? [] : await boundaries(session, quoted, cut, Math.min(64, channels * A_CHANNEL));
  let from: string | undefined;
  for (const to of [...bounds, undefined]) {
    ranges.push({ ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) });
    from = to;
  }
  if (cut.nullable) ranges.push({ nulls: true });
  const splits = ranges.map((keys, ordinal) => ({
    ordinal,
    range: { keys, columns: names } satisfies SplitRange,
    label: label(cut.name, keys),
    resumable: true,
  }));
  return { splits, notes: [] };
}

/** Values that cut the column into about equal pieces: by width for integers, by a sample of rows for everything else. */
async function boundaries(
  session: Session,
  quoted: string,
  cut: NativeColumn,
  pieces: number,
): Promise<string[]> {
  const name = quote(cut.name);
  if (INTEGERS.has(cut.typname)) {
    const [row] = await session.query(`select min(${name})::text, max(${name})::text from ${quoted}`);
    const [min, max] = row!;
    if (min === null || max === null || min === undefined || max === undefined) return [];
    const [low, high] = [BigInt(min), BigInt(max)];
    const all = Array.from({ length: pieces - 1 }, (_, i) =>
      (low + ((high - low) * BigInt(i + 1)) / BigInt(pieces)).toString(),
    );
    return [...new Set(all)];
  }
  const rows = await session.query(
    `select distinct b::text, b from (select percentile_disc(array[${Array.from({ length: pieces - 1 }, (_, i) => (i + 1) / pieces).join(', ')}])
       within group (order by ${name}) as p from (select ${name} from ${quoted} where ${name} is not null limit 1000000) s) q, unnest(q.p) b order by b`,
  );
  return rows.map(([text]) => text!).filter((text) => text !== null);
}

function label(name: string, range: KeyRange): string {
  if (range.nulls === true) return `${name} is null`;
  const parts = [
    ...(range.from === undefined ? [] : [`${name} > ${literal(range.from)}`]),
    ...(range.to === undefined ? [] : [`${name} <= ${literal(range.to)}`]),
  ];
  return parts.join(' and ') || 'all rows';
}
