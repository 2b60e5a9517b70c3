import type { Store } from '@sluice/ports';
import { migrate } from './migrations.ts';
import { SqlCollection } from './sql-collection.ts';
import { SqlAudit } from './sql-audit.ts';
import type { SqlDatabase } from './sql-database.ts';
import { SqlLogs } from './sql-logs.ts';
import { SqlSchemas } from './sql-schemas.ts';

/** The store on any SQL database that the small interface fits. */
export class SqlStore implements Store {
  readonly workspaces: Store['workspaces'];
  readonly accessKeys: Store['accessKeys'];
  readonly dataSources: Store['dataSources'];
  readonly secrets: Store['secrets'];
  readonly tasks: Store['tasks'];
  readonly runs: Store['runs'];
  readonly splits: Store['splits'];
  readonly workers: Store['workers'];
  readonly errands: Store['errands'];
  readonly events: Store['events'];
  readonly dirty: Store['dirty'];
  readonly idempotency: Store['idempotency'];
  readonly logs: Store['logs'];
  readonly schemas: Store['schemas'];
  readonly audit: Store['audit'];
  readonly #database: SqlDatabase;

  constructor(database: SqlDatabase) {
    this.#database = database;
    this.workspaces = new SqlCollection(database, 'workspace');
    this.accessKeys = new SqlCollection(database, 'access_key');
    this.dataSources = new SqlCollection(database, 'data_source');
    this.secrets = new SqlCollection(database, 'secret');
    this.tasks = new SqlCollection(database, 'task');
    this.runs = new SqlCollection(database, 'run');
    this.splits = new SqlCollection(database, 'split');
    this.workers = new SqlCollection(database, 'worker');
    this.errands = new SqlCollection(database, 'errand');
    this.events = new SqlCollection(database, 'event');
    this.dirty = new SqlCollection(database, 'dirty_record');
    this.idempotency = new SqlCollection(database, 'idempotency');
    this.logs = new SqlLogs(database);
    this.schemas = new SqlSchemas(database);
    this.audit = new SqlAudit(database, (inside) => new SqlStore(inside));
  }

  migrate(): Promise<void> {
    return migrate(this.#database);
  }

  close(): Promise<void> {
    return this.#database.close();
  }
}
