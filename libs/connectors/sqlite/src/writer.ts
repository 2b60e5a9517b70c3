import type { DatabaseSync, StatementSync } from 'node:sqlite';
import {
  type BulkWrite,
  type DataSourceConfig,
  emptyAsNull,
  emptyColumns,
  type FilterSyntax,
  type GenerationWork,
  ownStatement,
  type Parameters,
  RowCursor,
  type SqlDialect,
  SqlProgress,
  type TargetConnections,
  type TargetSession,
  type TargetTables,
  Turns,
  whileBusy,
} from '@sluice/connector-sdk';
import { SluiceError, type WritePlan } from '@sluice/model';
import { schemaOf } from './catalog.ts';
import { open, pathOf, quote } from './connection.ts';
import { classify, isBusy } from './errors.ts';
import { createStaging, discardStaging, stagingOf, swapStaging } from './overwrite.ts';
import { rowDecoder } from './row-decoder.ts';
import type { SqliteValue } from './row-encoder.ts';
import { rowStatements } from './row-statements.ts';
import { prepareTable } from './table.ts';
import { declared } from './types.ts';

const DIALECT: SqlDialect = {
  quote,
  placeholder: () => '?',
  forUpdate: '',
  ifAbsent: 'on conflict do nothing',
  insertWord: 'insert',
  types: { long: 'integer', id: 'text', text: 'text' },
  tableOptions: '',
};

/** Quotes and comments of SQLite, for a task's own statements. */
const SYNTAX: FilterSyntax = { backslash: 'none', hashComment: false, quotes: `'"\``, refused: '[' };

/** Sessions on one file. SQLite has one writer at a time: sessions of this process take turns instead of polling its lock. */
export class SqliteConnections implements TargetConnections {
  readonly #config: DataSourceConfig;
  readonly #parameters: Parameters;

  constructor(config: DataSourceConfig, parameters: Parameters) {
    this.#config = config;
    this.#parameters = parameters;
  }

  async open(): Promise<SqliteSession> {
    return new SqliteSession(open(this.#config, 'target'), pathOf(this.#config), this.#parameters);
  }

  /** A session lives in its process: there is none to be ended from here. */
  async terminate(): Promise<void> {}
}

class SqliteSession implements TargetSession {
  readonly #database: DatabaseSync;
  readonly #turns: Turns;
  readonly #table: string;
  readonly #emptyAsNull: boolean;
  readonly #statements = new Map<string, StatementSync>();
  #leave: (() => void) | undefined;
  readonly progress: SqlProgress;
  readonly tables: TargetTables;
  readonly work: GenerationWork;

  constructor(database: DatabaseSync, path: string, parameters: Parameters) {
    const table = String(parameters['table']);
    this.#emptyAsNull = parameters['emptyAsNull'] === true;
    this.#database = database;
    this.#turns = Turns.of(path);
    this.#table = table;
    this.progress = new SqlProgress({ query: (sql, parameters) => this.#query(sql, parameters) }, DIALECT);
    this.tables = {
      prepare: async (plan) =>
        this.#run(() => {
          prepareTable(database, table, plan);
          if (plan.mode === 'overwrite') createStaging(database, table, plan);
        }),
      insertDirty: (id, epoch, seq, dirty) => this.progress.insertDirty(id, epoch, seq, dirty),
      lastDirty: (id, limit) => this.progress.lastDirty(id, limit),
      takeDirty: (task, generation, keys) => this.progress.takeDirty(task, generation, keys),
      countDirty: (task, generation) => this.progress.countDirty(task, generation),
      removeOlder: (task, generation) => this.progress.removeOlder(task, generation),
    };
    this.work = {
      step: (body) => body(),
      statements: (_plan, texts, place) =>
        texts.map((text, index) => {
          const { isOfSession, on } = ownStatement(text, SYNTAX, `${place}/${index}`);
          return {
            isOfSession,
            commits: false,
            run: async () => this.#run(() => database.exec(on(quote(table)))),
          };
        }),
      swap: async (plan) => this.#run(() => swapStaging(database, table, plan)),
      discard: async (plan) => this.#run(() => discardStaging(database, plan)),
    };
  }

  async begin(): Promise<void> {
    this.#leave ??= await this.#turns.enter();
    await this.#whileBusy(() => this.#database.exec('begin immediate'));
  }

  async commit(): Promise<void> {
    try {
      await this.#whileBusy(() => this.#database.exec('commit'));
    } finally {
      this.#end();
    }
  }

  async rollback(): Promise<void> {
    try {
      if (this.#database.isOpen && this.#database.isTransaction) this.#database.exec('rollback');
    } catch {
      // The connection is of no use any more: closing it rolls back.
    } finally {
      this.#end();
    }
  }

  async savepoint(): Promise<void> {
    this.#run(() => this.#database.exec('savepoint bulk'));
  }

  async rollbackToSavepoint(): Promise<void> {
    this.#run(() => this.#database.exec('rollback to bulk'));
  }

  bulk(plan: WritePlan): BulkWrite {
    const columns = plan.schema.columns;
    const table = plan.mode === 'overwrite' ? stagingOf(plan) : this.#table;
    const found = this.#run(() => schemaOf(this.#database, table));
    if (found === undefined) throw new SluiceError('SLUICE_TGT_TABLE', `There is no table ${this.#table}.`);
    const types = new Map(found.columns.map(({ name, nativeType = '' }) => [name, nativeType]));
    const decode = rowDecoder(columns, ({ name }) => types.get(name) ?? '');
    const empty = this.#emptyAsNull
      ? emptyColumns(plan.schema, (name) => declared(types.get(name) ?? '').kind === 'string')
      : undefined;
    const statements = rowStatements(table, plan).map(({ sql, takes }) => {
      const statement = this.#statement(sql);
      return (row: readonly SqliteValue[]) =>
        statement.run(...(takes === undefined ? row : takes.map((index) => row[index]!))).changes > 0;
    });
    const leaves = plan.mode === 'ignore' || plan.mode === 'update';
    const skipped: number[] = [];
    let count = 0;
    return {
      write: async (rows, recordCount) => {
        const cursor = new RowCursor(plan.schema, empty ? emptyAsNull(plan.schema, empty, rows) : rows);
        let alone = 0;
        this.#run(() => {
          while (cursor.more()) {
            const row = decode(cursor);
            let written = true;
            for (const run of statements) written = run(row);
            if (leaves && !written) alone++;
          }
        });
        skipped.push(alone);
        count += recordCount;
      },
      end: async () => count,
      abort: async () => undefined,
      skipped,
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
    if (this.#database.isOpen) this.#database.close();
  }

  async #query(sql: string, parameters: readonly (string | number | null)[]): Promise<unknown[][]> {
    const run = (): unknown[][] => {
      const statement = this.#statement(sql);
      statement.setReturnArrays(true);
      return statement.all(...parameters) as unknown as unknown[][];
    };
    if (this.#database.isTransaction) return this.#run(run);
    const leave = await this.#turns.enter();
    try {
      return await this.#whileBusy(run);
    } finally {
      leave();
    }
  }

  async #whileBusy<T>(body: () => T): Promise<T> {
    try {
      return await whileBusy(isBusy, body);
    } catch (error) {
      throw classify(error, 'target');
    }
  }

  #end(): void {
    this.#leave?.();
    this.#leave = undefined;
  }

  #run<T>(body: () => T): T {
    try {
      return body();
    } catch (error) {
      throw classify(error, 'target');
    }
  }

  #statement(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined)
      this.#statements.set(sql, (statement = this.#run(() => this.#database.prepare(sql))));
    return statement;
  }
}
