import type { DatabaseSync } from 'node:sqlite';
import { isUtf8 } from 'node:buffer';
import {
  checkFilter,
  type DataSourceConfig,
  type FilterSyntax,
  type Parameters,
  type ReadBatch,
  type ReadColumn,
  type Reader,
  type ReadOptions,
  type ReadWish,
} from '@sluice/connector-sdk';
import {
  type Column,
  type Position,
  type ReadPlan,
  type RowSchema,
  SluiceError,
  type Split,
} from '@sluice/model';
import { hasRowid, readableSchema } from './catalog.ts';
import { open, quote } from './connection.ts';
import { classify } from './errors.ts';
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
}

interface Range {
  /** Rowids above `from` (null: from the least) up to and including `to`, as text: they are 64-bit. */
  readonly from: string | null;
  readonly to: string;
}

const FILTER: FilterSyntax = { backslash: 'none', hashComment: false, quotes: `'"\``, refused: '[' };

/** Reads one table by rowid, a batch a query, so that the event loop is never held longer than one batch. */
export class SqliteReader implements Reader {
  readonly #config: DataSourceConfig;
  readonly #parameters: Parameters;
  readonly #filter: string;

  constructor(config: DataSourceConfig, parameters: Parameters) {
    this.#config = config;
    this.#parameters = parameters;
    const filter = parameters['where'];
    this.#filter =
      filter === undefined || filter === '' ? 'true' : `(${checkFilter(String(filter), FILTER)}\n)`;
  }

  async plan(wish: ReadWish): Promise<ReadPlan> {
    const database = open(this.#config, 'source');
    try {
      const { schema } = this.#shape(database, wish.columns);
      const table = quote(this.#table);
      const notes: string[] = [];
      const columns = readableSchema(database, this.#table, this.#own)!.columns.map(({ name }) => name);
      const [count] = this.#all(database, `select count(*) from ${table} where ${this.#filter}`);
      const rows = { count: Number(count![0]), kind: 'exact' as const };
      if (!hasRowid(database, this.#table)) {
        notes.push('The table has no rowid: it is read as one split and written in one transaction.');
        return {
          splits: [{ ordinal: 0, range: { columns }, label: 'all rows', resumable: false }],
          schema,
          rows,
          notes,
        };
      }
      const [ends] = this.#all(database, `select min(rowid), max(rowid) from ${table}`);
      const [min, max] = ends as [bigint | null, bigint | null];
      const ranges = cut(min, max, rows.count, wish.channels);
      const splits = ranges.map((rowids, ordinal) => ({
        ordinal,
        range: { rowids, columns } satisfies SplitRange,
        label: label(rowids),
        resumable: true,
      }));
      return { splits, schema, rows, notes };
    } catch (error) {
      throw classify(error, 'source');
    } finally {
      database.close();
    }
  }

  async *read(split: Split, from: Position | null, options: ReadOptions): AsyncIterable<ReadBatch> {
    const database = open(this.#config, 'source');
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
    const { rowids: range, columns: planned } = split.range as SplitRange;
    const wanted = options.columns ?? planned.map((name) => ({ as: name, column: name }));
    const { schema, expressions } = this.#shape(database, wanted);
    const table = quote(this.#table);
    const { conditions, bound } = bounds(range, from);
    const sql =
      `select ${[range === undefined ? '0' : 'rowid', ...expressions].join(', ')} from ${table}` +
      ` where ${[...conditions, this.#filter].join(' and ')}${range === undefined ? '' : ' order by rowid'}`;
    // A transaction: one snapshot of the file for the whole split (WAL readers do not hold writers up).
    database.exec('begin');
    const statement = database.prepare(sql);
    statement.setReadBigInts(true);
    statement.setReturnArrays(true);
    const rows = statement.iterate(...bound) as unknown as Iterable<SqliteValue[]>;
    const assembly = new RowAssembly(schema.columns, options.limits, range !== undefined, (rowid, column) =>
      range === undefined ? false : isUtf8Stored(database, table, expressions[column]!, rowid),
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

  get #own(): string[] | undefined {
    return this.#parameters['columns'] as string[] | undefined;
  }

  get #table(): string {
    return String(this.#parameters['table']);
  }

  /** The schema of what is read, and an expression for each column of it. */
  #shape(
    database: DatabaseSync,
    columns: readonly ReadColumn[] | undefined,
  ): { schema: RowSchema; expressions: readonly string[] } {
    const all = readableSchema(database, this.#table, this.#own);
    if (all === undefined) throw new SluiceError('SLUICE_SRC_TABLE', `There is no table ${this.#table}.`);
    if (columns === undefined)
      return { schema: all, expressions: all.columns.map((column) => quote(column.name)) };
    const source = readableSchema(database, this.#table)!;
    const shaped = columns.map((wanted) => project(source, wanted));
    const renamed = source.key.map((name) => columns.find((wanted) => wanted.column === name)?.as);
    const key = renamed.every((name) => name !== undefined) ? renamed : [];
    return {
      schema: { ...source, columns: shaped.map(({ column }) => column), key },
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

/** Without a rowid nothing is certain about a text with replacement characters: it is then taken for ill-formed. */
function isUtf8Stored(database: DatabaseSync, table: string, expression: string, rowid: bigint): boolean {
  const statement = database.prepare(`select cast(${expression} as blob) as v from ${table} where rowid = ?`);
  return isUtf8(statement.get(rowid)!['v'] as Uint8Array);
}

function project(source: RowSchema, wanted: ReadColumn): { column: Column; expression: string } {
  if (wanted.column === undefined) return constant(wanted);
  const found = source.columns.find((column) => column.name === wanted.column);
  if (found === undefined)
    throw new SluiceError('SLUICE_SRC_COLUMN', {
      detail: `Table ${source.name} has no column ${wanted.column}.`,
      place: wanted.column,
    });
  return { column: { ...found, name: wanted.as }, expression: quote(found.name) };
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

/** Rowids of a range strictly after a position. */
function bounds(range: Range | undefined, from: Position | null): { conditions: string[]; bound: bigint[] } {
  if (range === undefined) return { conditions: [], bound: [] };
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
