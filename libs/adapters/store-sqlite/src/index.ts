import { SqlStore } from '@sluice/store-sql';
import type { Store } from '@sluice/ports';
import { SqliteDatabase } from './sqlite-database.ts';

/** Opens (and creates) the embedded store; `:memory:` is one that nobody shares. Call `migrate` before anything else. */
export function openSqliteStore(path: string): Store {
  return new SqlStore(new SqliteDatabase(path));
}
