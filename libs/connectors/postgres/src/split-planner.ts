import type { Split } from '@sluice/model';
import { columnNamed, type NativeColumn } from './catalog.ts';
import type { Session } from './connection.ts';
import { literal, quote } from './identifier.ts';
import type { Relation } from './relation.ts';

/** Columns that a split is ordered by: unique together and not null, but for the first, which may be null. */
export interface SplitOrder {
  readonly columns: readonly NativeColumn[];
  /** They tell rows apart: reading can resume. */
  readonly isResumable: boolean;
  /** The first one is the split column that the task names. */
  readonly isGiven?: boolean;
  /** A split column that the task names, of a type that cuts nothing. */
  readonly uncut?: NativeColumn;
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
/** The same for a split column that the task names, whose ranges hold less equal numbers of rows. */
const A_CHANNEL_GIVEN = 5;
const INTEGERS = new Set(['int2', 'int4', 'int8']);

/** Kinds whose order cuts a table well; others are read as one split. */
const CUTTING: ReadonlySet<string> = new Set([
  'int',
  'long',
  'decimal',
  'string',
  'date',
  'time',
  'timestamp',
  'timestamptz',
]);
const ODD_TEXTS: ReadonlySet<string> = new Set(['json', 'array', 'bits', 'interval', 'other']);

/**
 * D-7: positions use the unique key; another split column only cuts ranges and goes before it. Without a key there are no positions;
 * a split column that cannot cut is left alone.
 */
export function splitOrder({ own, schema }: Relation, splitKey: string | undefined): SplitOrder {
  const key = schema.key.map((name) => own.find((column) => column.name === name)!);
  const isResumable = key.length > 0;
  if (splitKey === undefined) return { columns: key, isResumable };
  const cut = columnNamed(own, splitKey, schema.name);
  if (!canCut(cut)) return { columns: key, isResumable, uncut: cut };
  return { columns: [cut, ...key.filter((column) => column !== cut)], isResumable, isGiven: true };
}

function canCut({ kind, format }: NativeColumn): boolean {
  return CUTTING.has(kind) && (format === undefined || !ODD_TEXTS.has(format));
}

export async function splitsOf(
  session: Session,
  table: Relation,
  order: SplitOrder,
  channels: number,
): Promise<{ splits: Split[]; notes: string[] }> {
  const { columns, isResumable, uncut } = order;
  const [cut] = columns;
  const names = table.columns.map(({ name }) => name);
  const notes = isResumable
    ? []
    : [`${table.schema.name} has no unique key: reading cannot resume inside a split.`];
  if (uncut !== undefined)
    notes.push(
      `The type of ${uncut.name}, ${String(uncut.nativeType)}, cuts no table: it is read as one split.`,
    );
  if (cut === undefined)
    return {
      splits: [{ ordinal: 0, range: { columns: names }, label: 'all rows', resumable: false }],
      notes: [...notes, 'It is written in one transaction.'],
    };
  const ranges: KeyRange[] = [];
  const small = channels === 1 || uncut !== undefined || (table.estimate >= 0 && table.estimate < SMALL);
  const pieces = channels * (order.isGiven === true ? A_CHANNEL_GIVEN : A_CHANNEL);
  const bounds = small ? [] : await boundaries(session, table.from, cut, Math.min(64, pieces));
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
    resumable: isResumable,
  }));
  return { splits, notes };
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
