import { SqlStore } from '@sluice/store-sql';
import type { Store } from '@sluice/ports';
import { PostgresDatabase } from './postgres-database.ts';

/** The store on PostgreSQL, for any number of coordinators. Call `migrate` before anything else. */
export function openPostgresStore(url: string, options: { readonly max?: number } = {}): Store {
  return new SqlStore(new PostgresDatabase(url, options.max ?? 8));
}
