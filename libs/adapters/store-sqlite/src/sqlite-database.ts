import { chmodSync } from 'node:fs';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { SluiceError } from '@sluice/model';
import type { SqlDatabase, SqlRow, SqlValue } from '@sluice/store-sql';

/** SQLite's result codes (low byte of the extended code). */
const BUSY = 5;
const LOCKED = 6;
const CONSTRAINT = 19;
/** Waits for another process at most this often, this long (milliseconds): the transactions of a store are short. */
const BUSY_TRIES = 500;
const BUSY_WAIT = 10;

/** One SQLite file in WAL mode, fully synchronous: what was answered is on disk. */
export class SqliteDatabase implements SqlDatabase {
  readonly dialect = 'sqlite';
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  /** Transactions of this process, one after the other; they must not see each other's statements. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(path: string) {
    try {
      this.#database = new DatabaseSync(path);
      if (path !== ':memory:') chmodSync(path, 0o600);
      this.#database.exec('pragma journal_mode = wal; pragma synchronous = full; pragma busy_timeout = 50');
    } catch (cause) {
      throw new SluiceError('SLUICE_SYS_HOME', {
        detail: `The store file cannot be opened: ${codeOf(cause)}.`,
        cause,
      });
    }
  }

  query(sql: string, parameters: readonly SqlValue[] = []): Promise<readonly SqlRow[]> {
    return this.#inTurn(() =>
      this.#run(() => this.#statement(sql).all(...parameters) as unknown as SqlRow[]),
    );
  }

  change(sql: string, parameters: readonly SqlValue[] = []): Promise<number> {
    return this.#inTurn(() => this.#run(() => Number(this.#statement(sql).run(...parameters).changes)));
  }

  alone<T>(_name: string, body: (database: SqlDatabase) => Promise<T>): Promise<T> {
    return this.#inTurn(async () => {
      await this.#run(() => this.#database.exec('begin immediate'));
      const inside: SqlDatabase = {
        dialect: 'sqlite',
        query: async (sql, parameters = []) => this.#statement(sql).all(...parameters) as unknown as SqlRow[],
        change: async (sql, parameters = []) => Number(this.#statement(sql).run(...parameters).changes),
        alone: (_inner, inner) => inner(inside),
        close: async () => undefined,
      };
      try {
        const result = await body(inside);
        await this.#run(() => this.#database.exec('commit'));
        return result;
      } catch (error) {
        if (this.#database.isTransaction) this.#database.exec('rollback');
        throw classify(error);
      }
    });
  }

  async close(): Promise<void> {
    await this.#turn.catch(() => undefined);
    if (this.#database.isOpen) this.#database.close();
  }

  #inTurn<T>(body: () => Promise<T>): Promise<T> {
    const mine = this.#turn.then(body, body);
    this.#turn = mine.catch(() => undefined);
    return mine;
  }

  /** Tries again while another process holds the lock, without blocking this one's event loop. */
  async #run<T>(body: () => T): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return body();
      } catch (error) {
        const code = codeOf(error) & 0xff;
        if ((code !== BUSY && code !== LOCKED) || attempt >= BUSY_TRIES) throw classify(error);
        await new Promise((resolve) => setTimeout(resolve, BUSY_WAIT));
      }
    }
  }

  #statement(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) this.#statements.set(sql, (statement = this.#database.prepare(sql)));
    return statement;
  }
}

function codeOf(error: unknown): number {
  return Number((error as { errcode?: number }).errcode ?? 0);
}

function classify(error: unknown): unknown {
  if (error instanceof SluiceError) return error;
  if ((codeOf(error) & 0xff) === CONSTRAINT)
    return new SluiceError('SLUICE_CFG_CONFLICT', {
      detail: 'An object of this id or name exists.',
      cause: error,
    });
  return new SluiceError('SLUICE_SYS_STORE', {
    detail: `The store answers with code ${codeOf(error)}.`,
    cause: error,
  });
}
