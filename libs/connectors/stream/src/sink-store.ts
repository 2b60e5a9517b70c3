import { resolve } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { type DataSourceConfig, type SqlValue, Turns, whileBusy } from '@sluice/connector-sdk';
import { SluiceError } from '@sluice/model';
import { classify, isBusy } from './errors.ts';

const MEMORY = ':memory:';

const SCHEMA = `create table if not exists _sluice_sink
  (name text primary key, records integer not null, bytes integer not null, checksum integer not null)`;

/**
 * Where sinks keep what they counted, and their progress: one database a process and file, or the one in its memory. Everybody
 * in the process shares the connection and takes turns.
 */
export class SinkStore {
  static readonly #stores = new Map<string, SinkStore>();
  readonly #path: string;
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  readonly turns: Turns;
  #users = 0;

  private constructor(path: string) {
    this.#path = path;
    this.turns = Turns.of(`stream:${path}`);
    this.#database = new DatabaseSync(path);
    try {
      // Survives the death of every process; a power cut may take the last commits, counts and progress together.
      this.#database.exec('pragma busy_timeout = 20; pragma journal_mode = wal; pragma synchronous = normal');
      this.#database.exec(SCHEMA);
    } catch (error) {
      this.#database.close();
      throw error;
    }
  }

  /** Every `open` is followed by one `close`. */
  static open(config: DataSourceConfig): SinkStore {
    const path = pathOf(config);
    let store = this.#stores.get(path);
    try {
      if (store === undefined) this.#stores.set(path, (store = new SinkStore(path)));
    } catch (error) {
      throw classify(error);
    }
    store.#users++;
    return store;
  }

  /** The last user of a file closes it; what is in memory stays. */
  close(): void {
    if (--this.#users > 0 || this.#path === MEMORY) return;
    SinkStore.#stores.delete(this.#path);
    this.#database.close();
  }

  run(sql: string, parameters: readonly SqlValue[] = []): unknown[][] {
    try {
      let statement = this.#statements.get(sql);
      if (statement === undefined) this.#statements.set(sql, (statement = this.#database.prepare(sql)));
      statement.setReturnArrays(true);
      return statement.all(...parameters) as unknown as unknown[][];
    } catch (error) {
      throw classify(error);
    }
  }

  /** The same, again while another process has the file. */
  async patiently(sql: string): Promise<void> {
    try {
      await whileBusy(isBusy, () => this.#database.exec(sql));
    } catch (error) {
      throw classify(error);
    }
  }

  /** Ends the open transaction, if there is one; never throws. */
  rollback(): void {
    try {
      if (this.#database.isTransaction) this.#database.exec('rollback');
    } catch {
      // Closing the database rolls back.
    }
  }
}

function pathOf(config: DataSourceConfig): string {
  const file = config['file'];
  if (file === undefined) return MEMORY;
  if (typeof file === 'string' && file !== '') return resolve(file);
  throw new SluiceError('SLUICE_CFG_INVALID', { detail: 'The file is no path.', place: 'file' });
}
