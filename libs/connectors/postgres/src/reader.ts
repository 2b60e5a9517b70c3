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
import type { Position, ReadPlan, Split } from '@sluice/model';
import { BatchAssembly } from './batch-assembly.ts';
import { connect, type Session } from './connection.ts';
import { CopyOut } from './copy-out.ts';
import { literal, quote } from './identifier.ts';
import { type ReaderSettings, readerSettings } from './reader-settings.ts';
import { checkKey, openRelation } from './relation.ts';
import { selection } from './selection.ts';
import { type KeyRange, splitOrder, type SplitOrder, type SplitRange, splitsOf } from './split-planner.ts';

/** Where the server can (14 and later), it looks once a second whether anybody is still there to read. */
const SETTINGS = `select set_config(name, '1000', false) from pg_settings where name = 'client_connection_check_interval'`;

/** Reads one table or query by `COPY (select ...) TO STDOUT (FORMAT binary)`, a connection and a snapshot a split. */
export class PostgresReader implements Reader {
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
    const session = await this.#connect('sluice plan');
    try {
      const relation = await openRelation(session, this.#settings);
      if (this.#settings.key !== undefined && relation.schema.key === this.#settings.key)
        await checkKey(session, relation);
      const order = splitOrder(relation, this.#settings.splitKey);
      const { schema } = selection(relation, this.#wanted(wish.columns), order);
      const { splits, notes } = await splitsOf(session, relation, order, wish.channels);
      const { estimate } = relation;
      const rows = estimate < 0 ? {} : { rows: { count: estimate, kind: 'estimate' as const } };
      return { splits, schema, notes, ...rows };
    } finally {
      await session.close();
    }
  }

  async *read(split: Split, from: Position | null, options: ReadOptions): AsyncIterable<ReadBatch> {
    const { signal } = options;
    if (signal.aborted) return;
    const session = await this.#connect('sluice read', SETTINGS);
    // A source that keeps us waiting wakes nobody: the socket is closed under whatever waits for it.
    const abort = (): void => session.destroy();
    signal.addEventListener('abort', abort, { once: true });
    try {
      // Meanwhile it may have been aborted, and a signal tells only once.
      if (signal.aborted) return;
      yield* this.#batches(session, split, from, options);
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      signal.removeEventListener('abort', abort);
      await session.close();
    }
  }

  async *#batches(
    session: Session,
    split: Split,
    from: Position | null,
    { limits, signal, columns }: ReadOptions,
  ): AsyncIterable<ReadBatch> {
    const relation = await openRelation(session, this.#settings);
    const order = splitOrder(relation, this.#settings.splitKey);
    const range = split.range as SplitRange;
    const chosen = selection(relation, this.#wanted(columns, range.columns), order);
    await session.query('begin isolation level repeatable read read only');
    const assembly = new BatchAssembly(chosen, fetched(limits, this.#parameters), chosen.orderFields > 0);
    const sql = `copy (select ${chosen.list} from ${relation.from} where ${this.#where(order, range.keys, from)}) to stdout (format binary)`;
    for await (const chunk of new CopyOut(session.client, sql)) {
      for (const batch of assembly.take(chunk)) {
        if (signal.aborted) return;
        yield batch;
      }
    }
    const last = assembly.rest();
    if (last !== undefined && !signal.aborted) yield last;
  }

  async close(): Promise<void> {}

  #connect(name: string, settings = ''): Promise<Session> {
    return connect(this.#config, 'source', name, [settings, ...this.#settings.session].join('; '));
  }

  /** The task's projection, else the reader's columns and expressions under their own names, else all that were planned. */
  #wanted(
    columns: readonly ReadColumn[] | undefined,
    planned?: readonly string[],
  ): readonly ReadColumn[] | undefined {
    const { columns: chosen, expressions } = this.#settings;
    const own = chosen === undefined ? planned : [...chosen, ...expressions.map(({ name }) => name)];
    return columns ?? own?.map((column) => ({ as: column, column }));
  }

  /** The split's range, strictly after the position, and the filter; with the order that makes positions mean something. */
  #where(order: SplitOrder, range: KeyRange | undefined, from: Position | null): string {
    const { filter } = this.#settings;
    const conditions = filter === undefined ? [] : [`(${filter}\n)`];
    if (range === undefined) return conditions.join(' and ') || 'true';
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
    const where = conditions.join(' and ') || 'true';
    if (!order.isResumable) return where;
    return `${where} order by ${ordered.map((column) => quote(column.name)).join(', ')}`;
  }
}
