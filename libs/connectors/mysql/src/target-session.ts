import { createHash } from 'node:crypto';
import type {
  BulkWrite,
  GenerationWork,
  ProgressTable,
  TargetSession,
  TargetTables,
} from '@sluice/connector-sdk';
import { SluiceError, type WritePlan } from '@sluice/model';
import { InfileBulk } from './bulk-infile.ts';
import { InsertBulk } from './bulk-insert.ts';
import type { Link } from './connection.ts';
import { MysqlWork } from './generation-work.ts';
import { literal, type TableName } from './identifier.ts';
import { MysqlProgress } from './progress-table.ts';
import { stagingOf } from './overwrite.ts';
import { describeTarget, type TargetTable } from './target-table.ts';
import { MysqlTables } from './target-tables.ts';

/** What is the same for all sessions of one target. */
export interface TargetContext {
  readonly database: string;
  readonly user: string;
  readonly table: TableName;
  /** An empty text becomes a null where the column is no text. */
  readonly emptyAsNull?: boolean;
  /** The server takes LOAD DATA LOCAL. */
  readonly infile: boolean;
  readonly maxPacket: number;
}

const STRICT = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION,NO_AUTO_VALUE_ON_ZERO,ERROR_FOR_DIVISION_BY_ZERO';

/**
 * What another MySQL stores (zero dates, the 31st of February) may be stored again; from anywhere else such a date is an
 * error of the data.
 */
function sqlMode(dialect: string | undefined): string {
  return `${STRICT},${dialect === 'mysql' ? 'ALLOW_INVALID_DATES' : 'NO_ZERO_DATE,NO_ZERO_IN_DATE'}`;
}

/** A name for GET_LOCK (at most 64 characters) that stands for any text. */
export function lockName(purpose: string, text: string): string {
  return `sluice:${purpose}:${createHash('sha256').update(text).digest('hex').slice(0, 40)}`;
}

/** One connection to a target; see TargetSession for the promises. */
export class MysqlSession implements TargetSession {
  readonly progress: ProgressTable;
  readonly tables: TargetTables;
  readonly work: GenerationWork;
  readonly #link: Link;
  readonly #context: TargetContext;
  #mode: string | undefined;
  #target: { readonly plan: WritePlan; readonly table: TargetTable } | undefined;

  constructor(link: Link, context: TargetContext) {
    this.#link = link;
    this.#context = context;
    this.progress = new MysqlProgress(link, context.database, context.user);
    this.work = new MysqlWork(link, context.table, (plan) => this.#inMode(plan));
    this.tables = new MysqlTables(link, context.table, (plan) => this.#inMode(plan));
  }

  async begin(): Promise<void> {
    await this.#link.protocol('start transaction read write');
  }

  async commit(): Promise<void> {
    await this.#link.protocol('commit');
  }

  async rollback(): Promise<void> {
    try {
      await this.#link.protocol('rollback');
    } catch {
      // What cannot be rolled back must not go on: the server does it when the connection is gone.
      this.#link.destroy();
    }
  }

  async savepoint(): Promise<void> {
    await this.#link.protocol('savepoint sluice');
  }

  async rollbackToSavepoint(): Promise<void> {
    await this.#link.protocol('rollback to savepoint sluice');
  }

  bulk(plan: WritePlan, strict: boolean): BulkWrite {
    const target = (): Promise<TargetTable> => this.#describe(plan);
    return strict || !this.#context.infile
      ? new InsertBulk(this.#link, plan, target, this.#context.maxPacket)
      : new InfileBulk(this.#link, plan, target);
  }

  async exclusively(task: string, body: () => Promise<void>): Promise<void> {
    const name = literal(lockName('task', `${this.#context.database}\0${task}`));
    const answer = await this.#link.protocol(`select get_lock(${name}, 10)`);
    if (answer.rows[0]?.[0] !== '1')
      throw new SluiceError('SLUICE_TGT_INTERRUPTED', 'Another session prepares or ends the task.');
    try {
      await body();
    } finally {
      await this.#link.protocol(`do release_lock(${name})`).catch(() => this.#link.destroy());
    }
  }

  close(): Promise<void> {
    return this.#link.end();
  }

  async #describe(plan: WritePlan): Promise<TargetTable> {
    await this.#inMode(plan);
    if (this.#target?.plan !== plan)
      this.#target = { plan, table: await describeTarget(this.#link, this.#tableOf(plan), plan) };
    const { empty, ...table } = this.#target.table;
    return this.#context.emptyAsNull === true && empty !== undefined ? { ...table, empty } : table;
  }

  #tableOf(plan: WritePlan): TableName {
    return plan.mode === 'overwrite' ? stagingOf(this.#context.table, plan) : this.#context.table;
  }

  async #inMode(plan: WritePlan): Promise<void> {
    const mode = sqlMode(plan.schema.dialect);
    if (mode === this.#mode) return;
    await this.#link.protocol(`set session sql_mode = '${mode}'`);
    this.#mode = mode;
  }
}
