import {
  fetched,
  type Parameters,
  type ReadBatch,
  type ReadColumn,
  type Reader,
  type ReadOptions,
  type ReadWish,
} from '@sluice/connector-sdk';
import type { Position, ReadPlan, Split } from '@sluice/model';
import type { NativeTable } from './catalog.ts';
import type { Link, Settings } from './connection.ts';
import { type KeyRange, rangeConditions } from './key-range.ts';
import { type ReaderSettings, readerSettings } from './reader-settings.ts';
import { beginSnapshot, endSession, nameSession, openReadSession } from './read-session.ts';
import { checkKey, countRows, openRelation, orderColumn, type Relation } from './relation.ts';
import { RowAssembler } from './row-assembler.ts';
import { findColumn, type KeyColumn, layOut, namedColumns } from './row-layout.ts';
import { streamRows } from './row-stream.ts';
import { planSplits } from './split-planner.ts';

/** Data types between whose ends numbers can be computed. */
const INTEGER = /^(?:tinyint|smallint|mediumint|int|integer|bigint|year)$/;
/** Data types whose order cuts a table well; others are read as one split. */
const CUTTING =
  /^(?:tinyint|smallint|mediumint|int|integer|bigint|year|decimal|numeric|char|varchar|binary|varbinary|tinytext|text|mediumtext|longtext|date|datetime|timestamp|time|uuid|enum)$/;

/** How the table is cut and ordered. */
interface Cut {
  /** What splits are read ordered by: split column, then unique key; empty: no order. */
  readonly order: readonly KeyColumn[];
  /** The leading columns that ranges are bounded by. */
  readonly bounds: readonly KeyColumn[];
  readonly resumable: boolean;
  readonly notes: readonly string[];
}

/** Reads one table or query through connections of its own: one to plan, one a split. */
export class MysqlReader implements Reader {
  readonly #settings: Settings;
  readonly #given: Parameters;
  readonly #parameters: ReaderSettings;

  /** `parameters` name one table or query. Throws SLUICE_CFG_INVALID. */
  constructor(settings: Settings, parameters: Parameters) {
    this.#settings = settings;
    this.#given = parameters;
    this.#parameters = readerSettings(parameters);
  }

  async plan(wish: ReadWish): Promise<ReadPlan> {
    const { name, where } = this.#parameters;
    const link = await this.#connect();
    try {
      const relation = await this.#sized(link, await openRelation(link, this.#parameters), wish.channels);
      await checkKey(link, relation);
      const cut = this.#cut(relation);
      const columns = this.#wish(relation, wish.columns);
      const { schema } = layOut(name, relation, columns, cut.order, cut.resumable);
      const own = { columns: relation.own };
      const first = cut.bounds[0] === undefined ? undefined : findColumn(own, cut.bounds[0].name);
      const splits = await planSplits(link, {
        table: relation,
        from: relation.from,
        where,
        channels: wish.channels,
        columns: cut.bounds,
        nullable: first?.nullable ?? false,
        integer: cut.bounds.length === 1 && INTEGER.test(first?.dataType ?? ''),
        resumable: cut.resumable,
        isGiven: this.#parameters.splitKey !== undefined,
      });
      const count = relation.rowsEstimate;
      return {
        splits: splits.map((split) => ({ ...split, range: { ...split.range, read: everyName(relation) } })),
        schema,
        ...(where === undefined && !relation.view ? { rows: { count, kind: 'estimate' as const } } : {}),
        notes: [...cut.notes, ...nullNotes(splits)],
      };
    } finally {
      await link.end();
    }
  }

  async *read(split: Split, from: Position | null, options: ReadOptions): AsyncGenerator<ReadBatch> {
    if (options.signal.aborted) return;
    const { name, where: filter } = this.#parameters;
    const link = await this.#connect();
    try {
      const relation = await openRelation(link, this.#parameters);
      const cut = this.#cut(relation);
      const range = split.range as KeyRange;
      const columns = this.#wish(relation, options.columns, range.read);
      const layout = layOut(name, relation, columns, cut.order, split.resumable && cut.resumable);
      const key = layout.keyItems.length === 0 ? [] : cut.order;
      const order = key.length === 0 ? range.columns.map((column) => orderColumn(relation, column)) : key;
      const conditions = rangeConditions(range, order, from);
      const list = layout.items.map(({ expression }, i) => selected(expression, i)).join(', ');
      const all = [...conditions, ...(filter === undefined ? [] : [`(${filter}\n)`])];
      const sql =
        `select ${list} from ${relation.from}` +
        (all.length === 0 ? '' : ` where ${all.join(' and ')}`) +
        (key.length === 0 ? '' : ` order by ${key.map((column) => column.expression).join(', ')}`);
      const session = await nameSession(link);
      await beginSnapshot(link);
      if (options.signal.aborted) return;
      const assembler = new RowAssembler(layout, key, fetched(options.limits, this.#given));
      yield* streamRows(link, sql, assembler, options.signal, () => void endSession(this.#settings, session));
    } finally {
      await link.end();
    }
  }

  async close(): Promise<void> {}

  #connect(): Promise<Link> {
    return openReadSession(this.#settings, 'source', this.#parameters.session);
  }

  /** A query whose splits are to be of a size has its rows counted. */
  async #sized(link: Link, relation: Relation, channels: number): Promise<Relation> {
    const isCut = channels > 1 && (relation.keys.length > 0 || this.#parameters.splitKey !== undefined);
    return relation.isQuery && isCut
      ? { ...relation, rowsEstimate: await countRows(link, relation) }
      : relation;
  }

  /** `planned`: the columns that the table had when it was planned, which a column added since must not change. */
  #wish(
    table: NativeTable,
    wish: readonly ReadColumn[] | undefined,
    planned: readonly string[] = everyName(table),
  ): readonly ReadColumn[] {
    return wish ?? namedColumns(chosenNames(this.#parameters) ?? planned);
  }

  #cut(relation: Relation): Cut {
    const keyColumns = (relation.keys[0]?.columns ?? []).map((name) => orderColumn(relation, name));
    const { splitKey } = this.#parameters;
    const none = keyColumns.length === 0;
    const notes = none ? ['There is no unique, not-null key: reading cannot resume inside a split.'] : [];
    if (splitKey === undefined) return { order: keyColumns, bounds: keyColumns, resumable: !none, notes };
    const native = findColumn({ columns: relation.own }, splitKey);
    if (!CUTTING.test(native.dataType))
      return {
        order: keyColumns,
        bounds: [],
        resumable: !none,
        notes: [
          ...notes,
          `The type of ${splitKey}, ${native.columnType}, cuts no table: it is read as one split.`,
        ],
      };
    const split = orderColumn(relation, splitKey);
    if (keyColumns[0]?.name === splitKey)
      return { order: keyColumns, bounds: keyColumns.slice(0, 1), resumable: true, notes: [] };
    const order = none ? [split] : [split, ...keyColumns.filter((column) => column.name !== splitKey)];
    return { order, bounds: [split], resumable: !none, notes };
  }
}

/** Names of columns that the driver takes for properties of its own objects and refuses. */
const DRIVERS_OWN = /^`__(?:proto|(?:define|lookup)[GS]etter)__`$/;

/** An entry of the select list; only where it must it has another name, as names may be meant in ORDER BY. */
const selected = (expression: string, index: number): string =>
  DRIVERS_OWN.test(expression) ? `${expression} as _sluice_${index}` : expression;

/** The columns and expressions that are read; undefined: all. */
export function chosenNames({ columns, expressions }: ReaderSettings): readonly string[] | undefined {
  return columns && [...columns, ...expressions.map(({ name }) => name)];
}

const everyName = (table: NativeTable): readonly string[] => table.columns.map((column) => column.name);

function nullNotes(splits: readonly Split[]): readonly string[] {
  const nulls = splits.find((split) => (split.range as KeyRange).nulls === true);
  return nulls === undefined
    ? []
    : [`Rows whose split column is null are split ${nulls.ordinal} (${nulls.label}).`];
}
