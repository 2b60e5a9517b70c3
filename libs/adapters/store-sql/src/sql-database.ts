export type SqlValue = string | number | null;
export type SqlRow = Readonly<Record<string, SqlValue>>;

/**
 * What the repositories need of a database. Placeholders are `?`; 64-bit integers come as numbers (all of ours are safe).
 * Throws SluiceError: SLUICE_SYS_STORE when it cannot be reached, SLUICE_CFG_CONFLICT for a unique violation.
 */
export interface SqlDatabase {
  readonly dialect: 'sqlite' | 'postgres';
  query(sql: string, parameters?: readonly SqlValue[]): Promise<readonly SqlRow[]>;
  /** Runs a change; answers the number of rows it touched. */
  change(sql: string, parameters?: readonly SqlValue[]): Promise<number>;
  /** Runs statements in one transaction, alone among all processes of the store where `name` is the same. */
  alone<T>(name: string, body: (database: SqlDatabase) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}
