import type { DatabaseSync } from 'node:sqlite';
import { isUtf8 } from 'node:buffer';
import {
  type DataSourceConfig,
  type Parameters,
  type ReadBatch,
  type ReadColumn,
  type Reader,
  type ReadOptions,
  type ReadWish,
  RowBatchBuilder,
} from '@sluice/connector-sdk';
import {
  type Column,
  type DirtyRecord,
  MAX_RECORD_BYTES,
  type Position,
  type ReadPlan,
  type RowSchema,
  SluiceError,
  type Split,
} from '@sluice/model';
import { hasRowid, readableSchema } from './catalog.ts';
import { open, quote } from './connection.ts';
import { classify } from './errors.ts';
import { type Refusal, rowEncoder, rowText, type SqliteValue } from './row-encoder.ts';

/** Rows below which cutting a table is not worth a second query. */
const SMALL = 20_000;

interface Range {
  /** Rowids above `from` up to and including `to`, as text: they are 64-bit. */
  readonly from: string;
  readonly to: string;
}

/** Reads one table by rowid, a batch a query, so that the event loop is never held longer than one batch. */
export class SqliteReader implements Reader {
  readonly #config: DataSourceConfig;
  readonly #parameters: Parameters;

  constructor(config: DataSourceConfig, parameters: Parameters) {
    this.#config = config;
    this.#parameters = parameters;
  }

  async plan(wish: ReadWish): Promise<ReadPlan> {
    const database = open(this.#config, 'source');
    try {
      const { schema } = this.#shape(database, wish.columns);
      const table = quote(this.#table);
      const notes: string[] = [];
      const [count] = this.#all(database, `select count(*) from ${table}`);
      const rows = { count: Number(count![0]), kind: 'exact' as const };
      if (!hasRowid(database, this.#table)) {
        notes.push('The table has no rowid: it is read as one split and written in one transaction.');
        return {
          splits: [{ ordinal: 0, range: null, label: 'all rows', resumable: false }],
          schema,
          rows,
          notes,
        };
      }
      const [bounds] = this.#all(database, `select min(rowid), max(rowid) from ${table}`);
      return {
        splits: cut(bounds![0] as bigint | null, bounds![1] as bigint | null, rows.count, wish.channels),
        schema,
        rows,
        notes,
      };
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
    const { schema, expressions } = this.#shape(database, options.columns);
    const select = expressions.join(', ');
    const range = split.range as Range | null;
    const where = this.#where();
    const sql =
      range === null
        ? `select 0, ${select} from ${quote(this.#table)} where ${where}`
        : `select rowid, ${select} from ${quote(this.#table)} where rowid > ? and rowid <= ? and ${where} order by rowid`;
    // A transaction: one snapshot of the file for the whole split (WAL readers do not hold writers up).
    database.exec('begin');
    const statement = database.prepare(sql);
    statement.setReadBigInts(true);
    statement.setReturnArrays(true);
    const bound = range === null ? [] : [BigInt(from ?? range.from), BigInt(range.to)];
    const rows = statement.iterate(...bound) as unknown as Iterable<SqliteValue[]>;
    const table = quote(this.#table);
    const assembly = new Assembly(schema.columns, range !== null, (rowid, column) =>
      range === null ? false : isUtf8Stored(database, table, expressions[column]!, rowid),
    );
    for (const row of rows) {
      assembly.add(row);
      if (!assembly.isFull(options.limits)) continue;
      yield assembly.take();
      await new Promise((resolve) => setImmediate(resolve));
      if (options.signal.aborted) return;
    }
    if (!assembly.isEmpty) yield assembly.take();
  }

  get #table(): string {
    return String(this.#parameters['table']);
  }

  #where(): string {
    const where = this.#parameters['where'];
    if (where === undefined || where === '') return 'true';
    if (/;|--|\/\*/.test(String(where)))
      throw new SluiceError('SLUICE_CFG_INVALID', {
        detail: 'A filter is one condition without ; and comments.',
        place: '/where',
      });
    return `(${String(where)})`;
  }

  /** The schema of what is read, and an expression for each column of it. */
  #shape(
    database: DatabaseSync,
    columns: readonly ReadColumn[] | undefined,
  ): { schema: RowSchema; expressions: readonly string[] } {
    const all = readableSchema(database, this.#table, this.#parameters['columns'] as string[] | undefined);
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

/** Rows on their way into one batch. */
class Assembly {
  readonly #columns: readonly Column[];
  readonly #resumable: boolean;
  readonly #encode: ReturnType<typeof rowEncoder>;
  readonly #builder = new RowBatchBuilder();
  #dirty: DirtyRecord[] = [];
  #index = 0;
  #last: SqliteValue = null;
  readonly #isSound: (rowid: bigint, column: number) => boolean;

  /** `isSound`: whether a text that came with replacement characters is stored with them. */
  constructor(
    columns: readonly Column[],
    resumable: boolean,
    isSound: (rowid: bigint, column: number) => boolean,
  ) {
    this.#isSound = isSound;
    this.#columns = columns;
    this.#resumable = resumable;
    this.#encode = rowEncoder(columns);
  }

  get isEmpty(): boolean {
    return this.#index === 0;
  }

  isFull(limits: ReadOptions['limits']): boolean {
    return this.#index >= limits.maxRecords || this.#builder.byteLength >= limits.maxBytes;
  }

  add(row: readonly SqliteValue[]): void {
    const [rowid, ...values] = row;
    this.#last = rowid!;
    const ill = this.#illFormed(rowid as bigint, values);
    if (ill !== undefined) {
      this.#reject('SLUICE_SRC_VALUE', `The text of ${ill} is not valid UTF-8.`, values, ill);
      this.#index++;
      return;
    }
    const refused = this.#encode(this.#builder, values);
    if (refused !== undefined) this.#refuse(refused, values);
    this.#index++;
  }

  take(): ReadBatch {
    const { rows, recordCount } = this.#builder.take();
    const batch = {
      rows,
      recordCount,
      dirty: this.#dirty,
      position: this.#resumable ? String(this.#last) : null,
    };
    this.#dirty = [];
    this.#index = 0;
    return batch;
  }

  /** SQLite stores any bytes as text, and the driver makes replacement characters of what is no UTF-8. */
  #illFormed(rowid: bigint, values: readonly SqliteValue[]): string | undefined {
    for (let i = 0; i < values.length; i++) {
      const value = values[i];
      if (typeof value !== 'string' || this.#columns[i]!.kind !== 'string' || !value.includes('\ufffd'))
        continue;
      if (!this.#isSound(rowid, i)) return this.#columns[i]!.name;
    }
    return undefined;
  }

  #refuse(refused: Refusal, values: readonly SqliteValue[]): void {
    if ('column' in refused) {
      const reason = `The value does not fit the declared type of ${refused.column}.`;
      return this.#reject('SLUICE_SRC_VALUE', reason, values, refused.column);
    }
    const reason = `The record has ${refused.bytes} bytes, the bus carries ${MAX_RECORD_BYTES}.`;
    const code = 'SLUICE_SRC_ROW_TOO_LARGE';
    this.#dirty.push({ index: this.#index, code, reason, record: `{"rowid":"${String(this.#last)}"}` });
  }

  #reject(code: string, reason: string, values: readonly SqliteValue[], column: string): void {
    this.#dirty.push({ index: this.#index, code, column, reason, record: rowText(this.#columns, values) });
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

/** Ranges of rowids of about the same width: rowids are dense unless much was deleted. */
function cut(min: bigint | null, max: bigint | null, rows: number, channels: number): Split[] {
  const low = (min ?? 0n) - 1n;
  const high = max ?? 0n;
  const pieces = rows < SMALL ? 1 : Math.min(channels, 64);
  return Array.from({ length: pieces }, (_, ordinal) => {
    const at = (n: number): bigint =>
      n === pieces ? high : low + ((high - low) * BigInt(n)) / BigInt(pieces);
    const range: Range = { from: at(ordinal).toString(), to: at(ordinal + 1).toString() };
    return { ordinal, range, label: `rowid > ${range.from} and rowid <= ${range.to}`, resumable: true };
  });
}
