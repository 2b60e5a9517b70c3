import {
  type BulkWrite,
  type DataSourceConfig,
  emptyAsNull,
  emptyColumns,
  type GenerationWork,
  type Parameters,
  type SqlDialect,
  SqlProgress,
  type TargetConnections,
  type TargetSession,
  type TargetTables,
} from '@sluice/connector-sdk';
import { KEYED_MODES, SluiceError, type WritePlan } from '@sluice/model';
import { describeTable, type NativeTable } from './catalog.ts';
import { connect, type Session } from './connection.ts';
import { CopyIn } from './copy-in.ts';
import { parseTable, quote } from './identifier.ts';
import { createStaging, discardStaging, stagingOf, swapStaging } from './overwrite.ts';
import { runnable } from './own-statements.ts';
import { rowEncoding } from './row-encoding.ts';
import { prepareTable } from './table.ts';
import { withGrant } from './grant.ts';
import { StagedLoad } from './staged-load.ts';

const DIALECT: SqlDialect = {
  quote,
  placeholder: (n) => `$${n}`,
  forUpdate: 'for update',
  ifAbsent: 'on conflict do nothing',
  insertWord: 'insert',
  types: { long: 'bigint', id: 'text', text: 'text' },
  // The rows are updated all the time: room on the page keeps the updates in place.
  tableOptions: ' with (fillfactor = 50)',
};

/** Types with a form for an empty text. */
const TEXTS: ReadonlySet<string> = new Set(['text', 'varchar', 'bpchar', 'char', 'name', 'citext']);

/** Lock timeout and idle limit of D-13; a commit that was answered is on disk. */
const SETTINGS = `set lock_timeout = '10s'; set idle_in_transaction_session_timeout = '60s'; set synchronous_commit = on;
  set temp_buffers = '32MB'`;

export class PostgresConnections implements TargetConnections {
  readonly #config: DataSourceConfig;
  readonly #parameters: Parameters;

  constructor(config: DataSourceConfig, parameters: Parameters) {
    this.#config = config;
    this.#parameters = parameters;
  }

  async open(application: string): Promise<PostgresTarget> {
    return new PostgresTarget(await connect(this.#config, 'target', application, SETTINGS), this.#parameters);
  }

  async terminate(application: string): Promise<void> {
    const session = await connect(this.#config, 'target', 'sluice terminate');
    try {
      await session.query(
        'select pg_terminate_backend(pid) from pg_stat_activity where application_name = $1',
        [application],
      );
    } finally {
      await session.close();
    }
  }
}

class PostgresTarget implements TargetSession {
  readonly #session: Session;
  readonly #table: string;
  readonly #emptyAsNull: boolean;
  /** The target's columns as this session found them; a session lives as long as one claim. */
  #native: NativeTable | undefined;
  readonly progress: SqlProgress;
  readonly tables: TargetTables;
  readonly work: GenerationWork;

  constructor(session: Session, parameters: Parameters) {
    const table = String(parameters['table']);
    this.#session = session;
    this.#table = table;
    this.#emptyAsNull = parameters['emptyAsNull'] === true;
    this.progress = new ProgressInSchema(session, parseTable(table).schema);
    this.tables = {
      prepare: async (plan) => {
        await prepareTable(session, table, plan);
        if (plan.mode === 'overwrite') await createStaging(session, table, plan);
      },
      insertDirty: (id, epoch, seq, dirty) => this.progress.insertDirty(id, epoch, seq, dirty),
      lastDirty: (id, limit) => this.progress.lastDirty(id, limit),
      takeDirty: (task, generation, keys) => this.progress.takeDirty(task, generation, keys),
      countDirty: (task, generation) => this.progress.countDirty(task, generation),
      removeOlder: (task, generation) => this.progress.removeOlder(task, generation),
    };
    this.work = {
      step: (body) => body(),
      statements: (_plan, texts, place) => runnable(session, table, texts, place),
      swap: (plan) => swapStaging(session, table, plan),
      discard: (plan) => discardStaging(session, table, plan),
    };
  }

  async begin(): Promise<void> {
    // Constraints that wait for the commit would make a whole unit fail for one record (D-16).
    await this.#session.query('begin; set constraints all immediate');
    this.#native ??= await describeTable(this.#session, this.#table);
  }

  async commit(): Promise<void> {
    await this.#session.query('commit');
  }

  async rollback(): Promise<void> {
    await this.#session.query('rollback').catch(() => undefined);
  }

  async savepoint(): Promise<void> {
    await this.#session.query('savepoint bulk');
  }

  async rollbackToSavepoint(): Promise<void> {
    await this.#session.query('rollback to bulk');
  }

  bulk(plan: WritePlan): BulkWrite {
    const { columns } = plan.schema;
    const native = this.#native;
    if (native === undefined) throw new SluiceError('SLUICE_TGT_TABLE', `There is no table ${this.#table}.`);
    const targets = columns.map(({ name }) => {
      const found = native.columns.find((column) => column.name === name);
      if (found === undefined)
        throw new SluiceError('SLUICE_TGT_COLUMN', {
          detail: `The target has no column ${name}.`,
          place: name,
        });
      return found;
    });
    const types = new Map(targets.map(({ name, typname }) => [name, typname]));
    const empty = this.#emptyAsNull
      ? emptyColumns(plan.schema, (name) => TEXTS.has(types.get(name)!))
      : undefined;
    const plain = rowEncoding(plan.schema, targets);
    const encoding =
      empty === undefined
        ? plain
        : { ...plain, encode: (rows: Buffer) => plain.encode(emptyAsNull(plan.schema, empty, rows)) };
    const names = columns.map(({ name }) => quote(name)).join(', ');
    const { quoted: target } =
      plan.mode === 'overwrite' ? stagingOf(this.#table, plan) : parseTable(this.#table);
    const into = (table: string): CopyIn =>
      new CopyIn(
        this.#session.client,
        `copy ${table} (${names}) from stdin (format ${encoding.format})`,
        encoding,
      );
    return KEYED_MODES.has(plan.mode) ? new StagedLoad(this.#session, target, plan, into) : into(target);
  }

  async exclusively(_task: string, body: () => Promise<void>): Promise<void> {
    await this.#session.query('begin');
    try {
      await body();
      await this.#session.query('commit');
    } catch (error) {
      await this.rollback();
      throw error;
    }
  }

  close(): Promise<void> {
    return this.#session.close();
  }
}

/** `create table if not exists` is not safe against itself here: the loser of the race finds the table with its second try. */
class ProgressInSchema extends SqlProgress {
  readonly #session: Session;
  readonly #schema: string;

  constructor(session: Session, schema: string) {
    super(session as never, DIALECT, `${quote(schema)}.`);
    this.#session = session;
    this.#schema = schema;
  }

  override async ensure(): Promise<void> {
    const [row] = await this.#session.query('select to_regclass($1)::text', [
      `${quote(this.#schema)}._sluice_dirty`,
    ]);
    if (row?.[0] !== null && row?.[0] !== undefined) return;
    for (let attempt = 0; ; attempt++) {
      try {
        await this.#session.query('begin; select pg_advisory_xact_lock(7308332045)');
        await super.ensure();
        await this.#session.query('commit');
        return;
      } catch (error) {
        await this.#session.query('rollback').catch(() => undefined);
        if (attempt >= 1) throw await withGrant(this.#session, this.#schema, error);
      }
    }
  }
}
