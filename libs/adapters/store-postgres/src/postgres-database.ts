import { createHash } from 'node:crypto';
import { SluiceError } from '@sluice/model';
import type { SqlDatabase, SqlRow, SqlValue } from '@sluice/store-sql';
import { Pool, type PoolClient, type QueryResult } from 'pg';

const UNIQUE_VIOLATION = '23505';
/** A NUL, which its texts cannot hold. */
const BAD_CHARACTER = '22021';

/** A pool of connections; every statement outside `alone` commits by itself. */
export class PostgresDatabase implements SqlDatabase {
  readonly dialect = 'postgres';
  readonly #pool: Pool;

  constructor(url: string, max: number) {
    this.#pool = new Pool({
      connectionString: url,
      max,
      connectionTimeoutMillis: 5000,
      statement_timeout: 15_000,
      application_name: 'sluice coordinator',
    });
    // A connection that breaks while idle is replaced at the next use; it is nobody's error.
    this.#pool.on('error', () => undefined);
  }

  async query(sql: string, parameters: readonly SqlValue[] = []): Promise<readonly SqlRow[]> {
    return (await run(this.#pool, sql, parameters)).rows as SqlRow[];
  }

  async change(sql: string, parameters: readonly SqlValue[] = []): Promise<number> {
    return (await run(this.#pool, sql, parameters)).rowCount ?? 0;
  }

  async alone<T>(name: string, body: (database: SqlDatabase) => Promise<T>): Promise<T> {
    const client = await this.#pool.connect().catch((error: unknown) => {
      throw classify(error);
    });
    let broken = false;
    try {
      await run(client, 'begin', []);
      const key = createHash('sha256').update(name).digest().readBigInt64BE().toString();
      await run(client, 'select pg_advisory_xact_lock(?)', [key]);
      const result = await body(inside(client));
      await run(client, 'commit', []);
      return result;
    } catch (error) {
      broken = await run(client, 'rollback', []).then(
        () => false,
        () => true,
      );
      throw error;
    } finally {
      client.release(broken);
    }
  }

  close(): Promise<void> {
    return this.#pool.end();
  }
}

function inside(client: PoolClient): SqlDatabase {
  const database: SqlDatabase = {
    dialect: 'postgres',
    query: async (sql, parameters = []) => (await run(client, sql, parameters)).rows as SqlRow[],
    change: async (sql, parameters = []) => (await run(client, sql, parameters)).rowCount ?? 0,
    alone: (_name, body) => body(database),
    close: async () => undefined,
  };
  return database;
}

/** Placeholders are `?` in the repositories; none of their statements has one in a literal. */
async function run(
  client: Pool | PoolClient,
  sql: string,
  parameters: readonly SqlValue[],
): Promise<QueryResult> {
  let n = 0;
  try {
    return await client.query(
      sql.replaceAll('?', () => `$${++n}`),
      [...parameters],
    );
  } catch (error) {
    throw classify(error);
  }
}

function classify(error: unknown): SluiceError {
  if (error instanceof SluiceError) return error;
  const code = (error as { code?: string }).code ?? 'unknown';
  if (code === UNIQUE_VIOLATION)
    return new SluiceError('SLUICE_CFG_CONFLICT', {
      detail: 'An object of this id or name exists.',
      cause: error,
    });
  if (code === BAD_CHARACTER)
    return new SluiceError('SLUICE_CFG_INVALID', {
      detail: 'An id, a name or a cursor has a NUL character.',
      hint: 'Leave it out: no object has one.',
    });
  return new SluiceError('SLUICE_SYS_STORE', { detail: `The store answers with ${code}.`, cause: error });
}
