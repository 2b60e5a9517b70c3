import type { Split } from '@sluice/model';
import type { NativeTable } from './catalog.ts';
import type { Link } from './connection.ts';
import { isAfter, type KeyRange, rangeLabel } from './key-range.ts';
import type { KeyColumn } from './row-layout.ts';

/** Rows below which a table is not worth cutting. */
const SMALL_TABLE = 20_000;
/** Rows a split is aimed at. */
const SPLIT_ROWS = 250_000;
/** Splits a channel at most. */
const SPLITS_PER_CHANNEL = 64;
/** Splits a channel at least; of ranges of a column that the task names more, because they hold less equal numbers of rows. */
const A_CHANNEL = 2;
const A_CHANNEL_GIVEN = 5;
/** Above this a walk over the index costs more than uneven splits of an integer key. */
const WALK_ROWS = 20_000_000;

export interface SplitWish {
  readonly table: NativeTable;
  /** Quoted name. */
  readonly from: string;
  /** Condition of the task, parenthesised; or nothing. */
  readonly where: string | undefined;
  readonly channels: number;
  /** Columns the ranges are cut by. */
  readonly columns: readonly KeyColumn[];
  /** The first of them may be null. */
  readonly nullable: boolean;
  /** It is an integer, so that numbers between its ends can be computed. */
  readonly integer: boolean;
  readonly resumable: boolean;
  /** The task names the split column. */
  readonly isGiven: boolean;
}

export interface KeySplit extends Split {
  readonly range: KeyRange;
}

/** Cuts a table into key ranges: one when it is small or has one channel. */
export async function planSplits(link: Link, wish: SplitWish): Promise<readonly KeySplit[]> {
  const wanted = splitCount(wish);
  const bounds = wanted < 2 ? [] : await boundaries(link, wish, wanted);
  const columns = wish.columns.map((column) => column.name);
  const ranges: KeyRange[] = [];
  for (let i = 0; i <= bounds.length; i++)
    ranges.push({ columns, lo: bounds[i - 1] ?? null, hi: bounds[i] ?? null });
  // A comparison never finds a null: where there are bounds, nulls need a range of their own.
  const whole = bounds.length === 0;
  if (wish.nullable) {
    if (whole) ranges[0] = { columns, lo: null, hi: null };
    else ranges.push({ columns, lo: null, hi: null, nulls: true });
  }
  return ranges.map((range, ordinal) => ({
    ordinal,
    range,
    label: rangeLabel(range),
    resumable: wish.resumable,
  }));
}

function splitCount(wish: SplitWish): number {
  const rows = wish.table.rowsEstimate;
  if (wish.columns.length === 0 || wish.channels < 2 || rows < SMALL_TABLE) return 1;
  const bySize = Math.ceil(rows / SPLIT_ROWS);
  const least = wish.channels * (wish.isGiven ? A_CHANNEL_GIVEN : A_CHANNEL);
  return Math.min(Math.max(least, bySize), wish.channels * SPLITS_PER_CHANNEL);
}

async function boundaries(link: Link, wish: SplitWish, wanted: number): Promise<readonly string[][]> {
  if (wish.integer) {
    const ends = await integerEnds(link, wish);
    if (ends === undefined) return [];
    const span = ends.max - ends.min + 1n;
    const dense = Number(span) <= wish.table.rowsEstimate * 2;
    if (dense || wish.table.rowsEstimate > WALK_ROWS) return evenly(ends, wanted);
  }
  return walk(link, wish, wanted);
}

async function integerEnds(link: Link, wish: SplitWish): Promise<{ min: bigint; max: bigint } | undefined> {
  const { expression } = wish.columns[0]!;
  const answer = await link.query(`select min(${expression}), max(${expression}) from ${wish.from}`);
  const [min, max] = answer.rows[0] ?? [];
  if (typeof min !== 'string' || typeof max !== 'string') return undefined;
  return { min: BigInt(min), max: BigInt(max) };
}

function evenly(ends: { min: bigint; max: bigint }, wanted: number): string[][] {
  const span = ends.max - ends.min + 1n;
  const bounds: string[][] = [];
  for (let i = 1; i < wanted; i++) {
    const bound = (ends.min + (span * BigInt(i)) / BigInt(wanted) - 1n).toString();
    if (bounds.at(-1)?.[0] !== bound && BigInt(bound) >= ends.min) bounds.push([bound]);
  }
  return bounds;
}

/** Every n-th key, in the server's own order, by walking the index: one query a boundary. */
async function walk(link: Link, wish: SplitWish, wanted: number): Promise<readonly string[][]> {
  const step = Math.max(1, Math.ceil(wish.table.rowsEstimate / wanted));
  const list = wish.columns.map((column) =>
    column.literal === 'hex' ? `lower(hex(${column.expression}))` : column.expression,
  );
  const order = wish.columns.map((column) => column.expression).join(', ');
  const bounds: string[][] = [];
  // The estimate may be far off: never more than twice the splits asked for.
  while (bounds.length < wanted * 2) {
    const last = bounds.at(-1);
    const conditions = [
      ...(wish.nullable ? [`${wish.columns[0]!.expression} is not null`] : []),
      ...(last === undefined ? [] : [`(${isAfter(wish.columns, last)})`]),
    ];
    const answer = await link.query(
      `select ${list.join(', ')} from ${wish.from}${conditions.length === 0 ? '' : ` where ${conditions.join(' and ')}`}
       order by ${order} limit 1 offset ${step - 1}`,
    );
    const row = answer.rows[0];
    if (row === undefined || row.some((cell) => cell === null)) break;
    bounds.push(row as string[]);
  }
  return bounds;
}
