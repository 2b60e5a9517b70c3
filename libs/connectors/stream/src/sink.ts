import {
  type BulkWrite,
  type DataSourceConfig,
  type Parameters,
  RowCursor,
  type SqlDialect,
  SqlProgress,
  type SqlValue,
  type TargetConnections,
  type TargetSession,
  type TargetTables,
} from '@sluice/connector-sdk';
import { SluiceError, type WritePlan } from '@sluice/model';
import { NOTHING, plus, type Totals, totalsOf } from './checksum.ts';
import { SinkStore } from './sink-store.ts';

const DIALECT: SqlDialect = {
  quote: (name) => `"${name}"`,
  placeholder: () => '?',
  forUpdate: '',
  ifAbsent: 'on conflict do nothing',
  insertWord: 'insert',
  types: { long: 'integer', id: 'text', text: 'text' },
  tableOptions: '',
};

/** Sessions of sinks; those of this process by their application, so that one can be ended. */
export class SinkConnections implements TargetConnections {
  static readonly #sessions = new Set<SinkSession>();
  readonly #config: DataSourceConfig;
  readonly #table: string;

  constructor(config: DataSourceConfig, parameters: Parameters) {
    this.#config = config;
    this.#table = String(parameters['table']);
  }

  async open(application: string): Promise<SinkSession> {
    const session: SinkSession = new SinkSession(SinkStore.open(this.#config), this.#table, application, () =>
      SinkConnections.#sessions.delete(session),
    );
    SinkConnections.#sessions.add(session);
    return session;
  }

  /** A session of another process ends with that process. */
  async terminate(application: string): Promise<void> {
    for (const session of SinkConnections.#sessions) if (session.application === application) session.end();
  }
}

/** Counts and sums up rows; what a transaction counted is added to the sink's totals by its commit. */
export class SinkSession implements TargetSession {
  readonly application: string;
  readonly #store: SinkStore;
  readonly #table: string;
  readonly #gone: () => void;
  #ended = false;
  /** Ends the turn of the open transaction. */
  #leave: (() => void) | undefined;
  #counted: Totals = NOTHING;
  #saved: Totals = NOTHING;
  readonly progress: SqlProgress;
  readonly tables: TargetTables;

  constructor(store: SinkStore, table: string, application: string, gone: () => void) {
    this.#store = store;
    this.#table = table;
    this.application = application;
    this.#gone = gone;
    this.progress = new SqlProgress({ query: (sql, parameters) => this.#query(sql, parameters) }, DIALECT);
    this.tables = {
      prepare: (plan) => this.#prepare(plan),
      insertDirty: (id, epoch, seq, dirty) => this.progress.insertDirty(id, epoch, seq, dirty),
      lastDirty: (id, limit) => this.progress.lastDirty(id, limit),
      countDirty: (task, generation) => this.progress.countDirty(task, generation),
      removeOlder: (task, generation) => this.progress.removeOlder(task, generation),
    };
  }

  async begin(): Promise<void> {
    this.#check();
    this.#leave ??= await this.#store.turns.enter();
    this.#check();
    await this.#store.patiently('begin immediate');
    this.#counted = NOTHING;
  }

  async commit(): Promise<void> {
    this.#check();
    const { records, bytes, checksum } = this.#counted;
    if (records > 0) {
      const [row] = this.#store.run('select records, bytes, checksum from _sluice_sink where name = ?', [
        this.#table,
      ]);
      if (row === undefined) throw new SluiceError('SLUICE_TGT_TABLE', `The sink ${this.#table} is gone.`);
      const [known, size, sum] = row as [number, number, number];
      const all = plus({ records: known, bytes: size, checksum: sum }, { records, bytes, checksum });
      this.#store.run('update _sluice_sink set records = ?, bytes = ?, checksum = ? where name = ?', [
        all.records,
        all.bytes,
        all.checksum,
        this.#table,
      ]);
    }
    await this.#store.patiently('commit');
    this.#end();
  }

  async rollback(): Promise<void> {
    if (this.#leave === undefined) return;
    this.#store.rollback();
    this.#end();
  }

  async savepoint(): Promise<void> {
    this.#check();
    this.#saved = this.#counted;
  }

  async rollbackToSavepoint(): Promise<void> {
    this.#check();
    this.#counted = this.#saved;
  }

  bulk(plan: WritePlan): BulkWrite {
    const before = this.#counted.records;
    return {
      write: async (rows) => {
        this.#check();
        this.#counted = plus(this.#counted, totalsOf(rows, offsetsOf(plan, rows)));
      },
      end: async () => {
        this.#check();
        return this.#counted.records - before;
      },
      abort: async () => undefined,
    };
  }

  async exclusively(_task: string, body: () => Promise<void>): Promise<void> {
    await this.begin();
    try {
      await body();
      await this.commit();
    } catch (error) {
      await this.rollback();
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.rollback();
    if (this.#ended) return;
    this.end();
  }

  /** Ends the session under whoever uses it: its transaction is rolled back, and it is of no use any more. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    if (this.#leave !== undefined) this.#store.rollback();
    this.#end();
    this.#gone();
    this.#store.close();
  }

  #end(): void {
    this.#leave?.();
    this.#leave = undefined;
  }

  #check(): void {
    if (this.#ended) throw new SluiceError('SLUICE_TGT_INTERRUPTED', 'The session was ended.');
  }

  async #prepare(plan: WritePlan): Promise<void> {
    if (plan.mode !== 'insert')
      throw new SluiceError('SLUICE_TGT_KEY', 'A sink only counts: it has no rows to be updated.');
    this.#store.run('insert into _sluice_sink values (?, 0, 0, 0) on conflict do nothing', [this.#table]);
    if (plan.truncateFirst)
      this.#store.run('update _sluice_sink set records = 0, bytes = 0, checksum = 0 where name = ?', [
        this.#table,
      ]);
  }

  async #query(sql: string, parameters: readonly SqlValue[]): Promise<unknown[][]> {
    this.#check();
    if (this.#leave !== undefined) return this.#store.run(sql, parameters);
    const leave = await this.#store.turns.enter();
    try {
      return this.#store.run(sql, parameters);
    } finally {
      leave();
    }
  }
}

/** Where rows begin and end; a null where the schema has none is what a sink refuses. */
function offsetsOf({ schema }: WritePlan, rows: Buffer): number[] {
  const { columns } = schema;
  const cursor = new RowCursor(schema, rows);
  const offsets = [0];
  while (cursor.more()) {
    for (const { nullable, name } of columns) {
      cursor.field();
      if (cursor.isNull && !nullable)
        throw new SluiceError('SLUICE_TGT_CONSTRAINT', { detail: `${name} must not be null.`, place: name });
    }
    offsets.push(cursor.offset);
  }
  return offsets;
}
