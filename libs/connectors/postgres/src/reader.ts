import {
  type DataSourceConfig,
  type Parameters,
  type ReadBatch,
  type ReadColumn,
  type Reader,
  type ReadOptions,
  type ReadWish,
} from '@sluice/connector-sdk';
import { type Position, type ReadPlan, SluiceError, type Split } from '@sluice/model';
import { BatchAssembly } from './batch-assembly.ts';
import { describeTable, type NativeTable } from './catalog.ts';
import { connect, type Session } from './connection.ts';
import { CopyOut } from './copy-out.ts';
import { literal, parseTable, quote } from './identifier.ts';
import { selection } from './selection.ts';
import { type KeyRange, splitOrder, type SplitOrder, splitsOf } from './split-planner.ts';

/** Reads one table by `COPY (select ...) TO STDOUT (FORMAT binary)`, a connection and a snapshot a split. */
export class PostgresReader implements Reader {
  readonly #config: DataSourceConfig;
  readonly #parameters: Parameters;

  constructor(config: DataSourceConfig, parameters: Parameters) {
    this.#config = config;
    this.#parameters = parameters;
  }

  async plan(wish: ReadWish): Promise<ReadPlan> {
    const session = await connect(this.#config, 'source', 'sluice plan');
    try {
      const table = await this.#describe(session);
      const order = splitOrder(table, this.#parameters['splitKey'] as string | undefined);
      const { schema } = selection(table, this.#wanted(wish.columns), order);
      const { splits, notes } = await splitsOf(
        session,
        parseTable(this.#table).quoted,
        table,
        order,
        wish.channels,
      );
      const rows = table.estimate < 0 ? {} : { rows: { count: table.estimate, kind: 'estimate' as const } };
      return { splits, schema, notes, ...rows };
    } finally {
      await session.close();
    }
  }

  async *read(split: Split, from: Position | null, options: ReadOptions): AsyncIterable<ReadBatch> {
    const session = await connect(this.#config, 'source', 'sluice read');
    try {
      const table = await this.#describe(session);
      const order = splitOrder(table, this.#parameters['splitKey'] as string | undefined);
      const range = split.range as KeyRange | null;
      const chosen = selection(table, this.#wanted(options.columns), order);
      await session.query('begin isolation level repeatable read read only');
      const assembly = new BatchAssembly(chosen, options.limits, range !== null);
      const sql = `copy (select ${chosen.list} from ${parseTable(this.#table).quoted} where ${this.#where(order, range, from)}) to stdout (format binary)`;
      for await (const chunk of new CopyOut(session.client, sql)) {
        for (const batch of assembly.take(chunk)) {
          yield batch;
          if (options.signal.aborted) return;
        }
      }
      const last = assembly.rest();
      if (last !== undefined) yield last;
    } finally {
      // Closing the socket ends a COPY that nobody wants any more.
      if (options.signal.aborted) session.client.end().catch(() => undefined);
      else await session.close();
    }
  }

  async close(): Promise<void> {}

  get #table(): string {
    return String(this.#parameters['table']);
  }

  async #describe(session: Session): Promise<NativeTable> {
    const table = await describeTable(session, this.#table);
    if (table === undefined)
      throw new SluiceError('SLUICE_SRC_TABLE', {
        detail: `There is no table ${this.#table}.`,
        place: '/table',
      });
    return table;
  }

  /** The task's projection, else the reader's columns under their own names, else all. */
  #wanted(columns: readonly ReadColumn[] | undefined): readonly ReadColumn[] | undefined {
    const own = this.#parameters['columns'] as readonly string[] | undefined;
    return columns ?? own?.map((column) => ({ as: column, column }));
  }

  /** The split's range, strictly after the position, and the filter; with the order that makes positions mean something. */
  #where(order: SplitOrder, range: KeyRange | null, from: Position | null): string {
    const conditions: string[] = [];
    const filter = this.#parameters['where'];
    if (filter !== undefined && filter !== '') {
      if (/;|--|\/\*/.test(String(filter)))
        throw new SluiceError('SLUICE_CFG_INVALID', {
          detail: 'A filter is one condition without ; and comments.',
          place: '/where',
        });
      conditions.push(`(${String(filter)})`);
    }
    if (range === null) return conditions.join(' and ') || 'true';
    const value = (text: string, column: { nativeType?: string }): string =>
      `${literal(text)}::${column.nativeType}`;
    const [cut] = order.columns;
    if (range.nulls === true) conditions.push(`${quote(cut!.name)} is null`);
    if (range.from !== undefined) conditions.push(`${quote(cut!.name)} > ${value(range.from, cut!)}`);
    if (range.to !== undefined) conditions.push(`${quote(cut!.name)} <= ${value(range.to, cut!)}`);
    const ordered = range.nulls === true ? order.columns.slice(1) : order.columns;
    if (range.nulls !== true && cut!.nullable) conditions.push(`${quote(cut!.name)} is not null`);
    if (from !== null) {
      const texts = (JSON.parse(from) as string[]).slice(-ordered.length);
      const names = ordered.map((column) => quote(column.name));
      const values = ordered.map((column, i) => value(texts[i]!, column));
      conditions.push(`(${names.join(', ')}) > (${values.join(', ')})`);
    }
    return `${conditions.join(' and ') || 'true'} order by ${ordered.map((column) => quote(column.name)).join(', ')}`;
  }
}
