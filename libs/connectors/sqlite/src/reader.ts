import type { DatabaseSync } from 'node:sqlite';
import { isUtf8 } from 'node:buffer';
import {
  type DataSourceConfig,
  fetched,
  type Parameters,
  type ReadBatch,
  type ReadColumn,
  type Reader,
  type ReadOptions,
  type ReadWish,
} from '@sluice/connector-sdk';
import type { Column, Position, ReadPlan, RowSchema, Split } from '@sluice/model';
import { open, quote } from './connection.ts';
import { classify } from './errors.ts';
import { positionOf, valuesOf } from './key-position.ts';
import { type ReaderSettings, readerSettings } from './reader-settings.ts';
import { checkKey, columnNamed, openRelation, reference, type Relation } from './relation.ts';
import { RowAssembly } from './row-assembly.ts';
import type { SqliteValue } from './row-encoder.ts';

/** Rows below which cutting a table is not worth a second query. */
const SMALL = 20_000;

/** What a split covers; stored with the run. */
interface SplitRange {
  /** Absent: all rows, in no order. */
  readonly rowids?: Range;
  /** The columns when it was planned: one that the table gets later changes nothing. */
  readonly columns: readonly string[];
  /** Columns without a type of their own, as they were found then. */
  readonly found?: Relation['found'];
}

interface Range {
  /** Rowids above `from` (null: from the least) up to and including `to`, as text: they are 64-bit. */
  readonly from: string | null;
  readonly to: string;
}

/** Reads one table by rowid, or a query, a batch at a time, so that the event loop is never held longer than one batch. */
export class SqliteReader implements Reader {
  readonly #config: DataSourceConfig;
  readonly #parameters: Parameters;
  readonly #settings: ReaderSettings;

  /** `parameters` name one table or query. Throws SLUICE_CFG_INVALID. */
  constructor(config: DataSourceConfig, parameters: Parameters) {
    this.#config = config;
    this.#parameters = parameters;
    this.#settings = readerSettings(parameters);
  }

  async plan(wish: ReadWish): Promise<ReadPlan> {
    const { filter, splitKey, query } = this.#settings;
    const database = this.#open();
    try {
      const relation = openRelation(database, this.#settings);
      checkKey(database, relation);
      const { from, order, found } = relation;
      const { schema } = this.#shape(relation, wish.columns);
      const notes: string[] = [];
      const planned = { columns: relation.schema.columns.map(({ name }) => name), found };
      const rows =
        query === undefined
          ? Number(this.#all(database, `select count(*) from ${from} where ${filter}`)[0]![0])
          : undefined;
      const counted = rows === undefined ? {} : { rows: { count: rows, kind: 'exact' as const } };
      if (splitKey !== undefined) {
        columnNamed(relation.schema.columns, splitKey, this.#settings);
        notes.push('SQLite cuts a table by its rowid, whatever the split key.');
      }
      if (!relation.hasRowid) {
        const resumable = order.length > 0;
        if (!resumable)
          notes.push(
            `The ${query === undefined ? 'table has no rowid' : 'query has no key'}: it is read as one split and written in one transaction.`,
          );
        return {
          splits: [{ ordinal: 0, range: planned satisfies SplitRange, label: 'all rows', resumable }],
          schema,
          ...counted,
          notes,
        };
      }
      const [ends] = this.#all(database, `select min(rowid), max(rowid) from ${from}`);
      const [min, max] = ends as [bigint | null, bigint | null];
      const ranges = cut(min, max, rows ?? 0, wish.channels);
      const splits = ranges.map((rowids, ordinal) => ({
        ordinal,
        range: { rowids, ...planned } satisfies SplitRange,
        label: label(rowids),
        resumable: true,
      }));
      return { splits, schema, ...counted, notes };
    } catch (error) {
      throw classify(error, 'source');
    } finally {
      database.close();
    }
  }

  async *read(split: Split, from: Position | null, options: ReadOptions): AsyncIterable<ReadBatch> {
    const database = this.#open();
    try {
      yield* this.#batches(database, split, from, options);
    } catch (error) {
      throw classify(error, 'source');
    } finally {
      database.close();
    }
  }

  async close(): Promise<void> {}

  async *#batches(
    database: DatabaseSync,
    split: Split,
    from: Position | null,
    options: ReadOptions,
  ): AsyncIterable<ReadBatch> {
    if (options.signal.aborted) return;
    const { rowids: range, columns: planned, found } = split.range as SplitRange;
    // A transaction: one snapshot of the file for the whole split (WAL readers do not hold writers up).
    database.exec('begin');
    const relation = openRelation(database, this.#settings, found);
    const own = chosenNames(this.#settings) ?? planned;
    const wanted = options.columns ?? own.map((name) => ({ as: name, column: name }));
    const { schema, expressions } = this.#shape(relation, wanted);
    const { conditions, bound } = bounds(range, relation.order, from);
    const isResumed = range !== undefined || (!relation.hasRowid && relation.order.length > 0);
    const order = isResumed
      ? relation.order.map((name) => (range === undefined ? quote(name) : name))
      : ['0'];
    const sql =
      `select ${[...order, ...expressions].join(', ')} from ${relation.from}` +
      ` where ${[...conditions, this.#settings.filter].join(' and ')}${isResumed ? ` order by ${order.join(', ')}` : ''}`;
    const statement = database.prepare(sql);
    statement.setReadBigInts(true);
    statement.setReturnArrays(true);
    const rows = statement.iterate(...bound) as unknown as Iterable<SqliteValue[]>;
    const limits = fetched(options.limits, this.#parameters);
    const position = range === undefined ? positionOf : ([rowid]: readonly SqliteValue[]) => String(rowid);
    const assembly = new RowAssembly(
      schema.columns,
      limits,
      order.length,
      isResumed ? position : undefined,
      (rowid, column) =>
        range === undefined ? false : isUtf8Stored(database, relation.from, expressions[column]!, rowid),
    );
    for (const row of rows) {
      const full = assembly.add(row);
      for (const batch of full) {
        yield batch;
        await new Promise((resolve) => setImmediate(resolve));
        if (options.signal.aborted) return;
      }
    }
    const last = assembly.rest();
    if (last !== undefined) yield last;
  }

  #open(): DatabaseSync {
    return openSession(this.#config, this.#settings);
  }

  /** The schema of what is read, and an expression for each column of it. */
  #shape(
    relation: Relation,
    columns: readonly ReadColumn[] | undefined,
  ): { schema: RowSchema; expressions: readonly string[] } {
    const { schema } = relation;
    const names = chosenNames(this.#settings) ?? schema.columns.map(({ name }) => name);
    const wanted: readonly ReadColumn[] = columns ?? names.map((name) => ({ as: name, column: name }));
    const shaped = wanted.map((one) => {
      if (one.column === undefined) return constant(one);
      const found = columnNamed(schema.columns, one.column, this.#settings);
      return { column: { ...found, name: one.as }, expression: reference(relation, found.name) };
    });
    const renamed = schema.key.map((name) => wanted.find(({ column }) => column === name)?.as);
    return {
      schema: {
        ...schema,
        columns: shaped.map(({ column }) => column),
        key: renamed.every((name) => name !== undefined) ? renamed : [],
      },
      expressions: shaped.map(({ expression }) => expression),
    };
  }

  #all(database: DatabaseSync, sql: string): SqliteValue[][] {
    const statement = database.prepare(sql);
    statement.setReadBigInts(true);
    statement.setReturnArrays(true);
    return statement.all() as unknown as SqliteValue[][];
  }
}

/** The file with the settings of the task. Throws a classified error. */
function openSession(config: DataSourceConfig, { session }: ReaderSettings): DatabaseSync {
  const database = open(config, 'source');
  try {
    for (const statement of session) database.exec(statement);
    return database;
  } catch (error) {
    database.close();
    throw classify(error, 'source');
  }
}

/** The columns and expressions that are read; undefined: all. */
function chosenNames({ columns, expressions }: ReaderSettings): readonly string[] | undefined {
  return columns && [...columns, ...expressions.map(({ name }) => name)];
}

/** Columns and key of one table or query as the reader yields them; undefined: there is no such table. */
export function describeSource(config: DataSourceConfig, parameters: Parameters): RowSchema | undefined {
  const settings = readerSettings(parameters);
  const database = openSession(config, settings);
  try {
    const { schema } = openRelation(database, settings);
    const columns = chosenNames(settings)?.map((name) => columnNamed(schema.columns, name, settings));
    if (columns === undefined) return schema;
    const isRead = schema.key.every((name) => columns.some((column) => column.name === name));
    return { ...schema, columns, key: isRead ? schema.key : [] };
  } catch (thrown) {
    const error = classify(thrown, 'source');
    if (error.code === 'SLUICE_SRC_TABLE' && error.cause === undefined) return undefined;
    throw error;
  } finally {
    database.close();
  }
}

/** Without a rowid nothing is certain about a text with replacement characters: it is then taken for ill-formed. */
function isUtf8Stored(database: DatabaseSync, table: string, expression: string, rowid: bigint): boolean {
  const statement = database.prepare(`select cast(${expression} as blob) as v from ${table} where rowid = ?`);
  return isUtf8(statement.get(rowid)!['v'] as Uint8Array);
}

function constant({ as, constant: value = null }: ReadColumn): { column: Column; expression: string } {
  if (typeof value === 'boolean')
    return { column: { name: as, kind: 'boolean', nullable: false }, expression: value ? '1' : '0' };
  if (typeof value === 'number')
    return Number.isSafeInteger(value)
      ? { column: { name: as, kind: 'long', nullable: false }, expression: String(value) }
      : { column: { name: as, kind: 'double', nullable: false }, expression: `cast(${value} as real)` };
  const expression = value === null ? 'null' : `'${value.replaceAll("'", "''")}'`;
  return { column: { name: as, kind: 'string', nullable: value === null }, expression };
}

/** Rows of a range strictly after a position. */
function bounds(
  range: Range | undefined,
  order: readonly string[],
  from: Position | null,
): { conditions: string[]; bound: Exclude<SqliteValue, null>[] } {
  if (range === undefined) {
    if (from === null) return { conditions: [], bound: [] };
    const marks = order.map(() => '?').join(', ');
    return { conditions: [`(${order.map(quote).join(', ')}) > (${marks})`], bound: valuesOf(from) };
  }
  const low = from ?? range.from;
  return {
    conditions: [...(low === null ? [] : ['rowid > ?']), 'rowid <= ?'],
    bound: [...(low === null ? [] : [BigInt(low)]), BigInt(range.to)],
  };
}

/** Ranges of rowids of about the same width: rowids are dense unless much was deleted. */
function cut(min: bigint | null, max: bigint | null, rows: number, channels: number): Range[] {
  const low = (min ?? 0n) - 1n;
  const high = max ?? 0n;
  const pieces = rows < SMALL ? 1 : Math.min(channels, 64);
  const at = (n: number): string => (low + ((high - low) * BigInt(n)) / BigInt(pieces)).toString();
  return Array.from({ length: pieces }, (_, n) => ({ from: n === 0 ? null : at(n), to: at(n + 1) }));
}

const label = ({ from, to }: Range): string => `${from === null ? '' : `rowid > ${from} and `}rowid <= ${to}`;
