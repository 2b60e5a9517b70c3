import {
  checkFilter,
  type FilterSyntax,
  type Parameters,
  type ReadBatch,
  type ReadColumn,
  type Reader,
  type ReadOptions,
  type ReadWish,
} from '@sluice/connector-sdk';
import { type Position, type ReadPlan, SluiceError, type Split } from '@sluice/model';
import { type NativeTable, readTable } from './catalog.ts';
import type { Link, Settings } from './connection.ts';
import { parseTable, quoteTable, type TableName, writeTable } from './identifier.ts';
import { type KeyRange, rangeConditions } from './key-range.ts';
import { beginSnapshot, endSession, nameSession, openReadSession } from './read-session.ts';
import { RowAssembler } from './row-assembler.ts';
import { findColumn, type KeyColumn, keyColumn, layOut, namedColumns } from './row-layout.ts';
import { streamRows } from './row-stream.ts';
import { planSplits } from './split-planner.ts';

/** Parameters of a reader after validation. */
interface ReaderParameters {
  readonly table: TableName;
  readonly columns: readonly string[] | undefined;
  readonly where: string | undefined;
  readonly splitKey: string | undefined;
}

const FILTER: FilterSyntax = { backslash: 'all', hashComment: true, quotes: `'"\``, refused: '' };

/** Data types between whose ends numbers can be computed. */
const INTEGER = /^(?:tinyint|smallint|mediumint|int|integer|bigint|year)$/;

export function readParameters(parameters: Parameters): ReaderParameters {
  const text = (name: string): string | undefined => {
    const value = parameters[name];
    if (value === undefined || value === null || value === '') return undefined;
    if (typeof value === 'string') return value;
    throw new SluiceError('SLUICE_CFG_INVALID', { detail: `"${name}" is not text.`, place: name });
  };
  const table = text('table');
  if (table === undefined)
    throw new SluiceError('SLUICE_CFG_INVALID', { detail: 'No table is named.', place: 'table' });
  const columns = parameters['columns'];
  if (columns !== undefined && !(Array.isArray(columns) && columns.every((name) => typeof name === 'string')))
    throw new SluiceError('SLUICE_CFG_INVALID', { detail: 'Columns are names.', place: 'columns' });
  const where = text('where');
  return {
    table: parseTable(table),
    columns: columns === undefined || columns.length === 0 ? undefined : (columns as string[]),
    where: where === undefined ? undefined : checkFilter(where, FILTER),
    splitKey: text('splitKey'),
  };
}

/** How the table is cut and ordered. */
interface Cut {
  /** What splits are read ordered by: split column, then unique key; empty: no order. */
  readonly order: readonly KeyColumn[];
  /** The leading columns that ranges are bounded by. */
  readonly bounds: readonly KeyColumn[];
  readonly resumable: boolean;
  readonly notes: readonly string[];
}

/** Reads one table through connections of its own: one to plan, one a split. */
export class MysqlReader implements Reader {
  readonly #settings: Settings;
  readonly #parameters: ReaderParameters;

  constructor(settings: Settings, parameters: Parameters) {
    this.#settings = settings;
    this.#parameters = readParameters(parameters);
  }

  async plan(wish: ReadWish): Promise<ReadPlan> {
    const link = await openReadSession(this.#settings);
    try {
      const table = await this.#table(link);
      const cut = this.#cut(table);
      const { schema } = layOut(
        this.#name(),
        table,
        this.#wish(table, wish.columns),
        cut.order,
        cut.resumable,
      );
      const first = cut.bounds[0] === undefined ? undefined : findColumn(table, cut.bounds[0].name);
      const splits = await planSplits(link, {
        table,
        from: quoteTable(this.#parameters.table),
        where: this.#parameters.where,
        channels: wish.channels,
        columns: cut.bounds,
        nullable: first?.nullable ?? false,
        integer: cut.bounds.length === 1 && INTEGER.test(first?.dataType ?? ''),
        resumable: cut.resumable,
      });
      const count = table.rowsEstimate;
      return {
        splits: splits.map((split) => ({ ...split, range: { ...split.range, read: everyName(table) } })),
        schema,
        ...(this.#parameters.where === undefined && !table.view
          ? { rows: { count, kind: 'estimate' as const } }
          : {}),
        notes: [...cut.notes, ...nullNotes(splits)],
      };
    } finally {
      await link.end();
    }
  }

  async *read(split: Split, from: Position | null, options: ReadOptions): AsyncGenerator<ReadBatch> {
    if (options.signal.aborted) return;
    const link = await openReadSession(this.#settings);
    try {
      const table = await this.#table(link);
      const cut = this.#cut(table);
      const range = split.range as KeyRange;
      const layout = layOut(
        this.#name(),
        table,
        this.#wish(table, options.columns, range.read),
        cut.order,
        split.resumable && cut.resumable,
      );
      const key = layout.keyItems.length === 0 ? [] : cut.order;
      const order = key.length === 0 ? this.#columnsOf(table, range) : key;
      const conditions = rangeConditions(range, order, from);
      const list = layout.items.map((item) => item.expression).join(', ');
      const where = this.#parameters.where === undefined ? [] : [`(${this.#parameters.where}\n)`];
      const all = [...conditions, ...where];
      const sql =
        `select ${list} from ${quoteTable(this.#parameters.table)}` +
        (all.length === 0 ? '' : ` where ${all.join(' and ')}`) +
        (key.length === 0 ? '' : ` order by ${key.map((column) => column.expression).join(', ')}`);
      const name = await nameSession(link);
      await beginSnapshot(link);
      if (options.signal.aborted) return;
      const assembler = new RowAssembler(layout, key, options.limits);
      yield* streamRows(link, sql, assembler, options.signal, () => void endSession(this.#settings, name));
    } finally {
      await link.end();
    }
  }

  async close(): Promise<void> {}

  #name(): string {
    return writeTable(this.#parameters.table);
  }

  #columnsOf(table: NativeTable, range: KeyRange): readonly KeyColumn[] {
    return range.columns.map((name) => keyColumn(findColumn(table, name)));
  }

  async #table(link: Link): Promise<NativeTable> {
    const table = await readTable(link, this.#parameters.table);
    if (table === undefined)
      throw new SluiceError('SLUICE_SRC_TABLE', `There is no table ${this.#name()}, or no right to see it.`);
    return table;
  }

  /** `planned`: the columns that the table had when it was planned, which a column added since must not change. */
  #wish(
    table: NativeTable,
    wish: readonly ReadColumn[] | undefined,
    planned: readonly string[] = everyName(table),
  ): readonly ReadColumn[] {
    return wish ?? namedColumns(this.#parameters.columns ?? planned);
  }

  #cut(table: NativeTable): Cut {
    const keyColumns = (table.keys[0]?.columns ?? []).map((name) => keyColumn(findColumn(table, name)));
    const { splitKey } = this.#parameters;
    const none = keyColumns.length === 0;
    const note = 'The table has no unique, not-null key: reading cannot resume inside a split.';
    if (splitKey === undefined)
      return { order: keyColumns, bounds: keyColumns, resumable: !none, notes: none ? [note] : [] };
    const split = keyColumn(findColumn(table, splitKey));
    if (keyColumns[0]?.name === splitKey)
      return { order: keyColumns, bounds: keyColumns.slice(0, 1), resumable: true, notes: [] };
    const order = none ? [split] : [split, ...keyColumns.filter((column) => column.name !== splitKey)];
    return { order, bounds: [split], resumable: !none, notes: none ? [note] : [] };
  }
}

const everyName = (table: NativeTable): readonly string[] => table.columns.map((column) => column.name);

function nullNotes(splits: readonly Split[]): readonly string[] {
  const nulls = splits.find((split) => (split.range as KeyRange).nulls === true);
  return nulls === undefined
    ? []
    : [`Rows whose split column is null are split ${nulls.ordinal} (${nulls.label}).`];
}
