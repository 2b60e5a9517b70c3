export { SqlStore } from './sql-store.ts';
export type { SqlDatabase, SqlRow, SqlValue } from './sql-database.ts';
