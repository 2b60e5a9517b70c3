import type { ConnectorSpec, RowSchema } from '@sluice/model';
import type { Reader } from './reader.ts';
import type { Writer } from './writer.ts';

/** Settings of a data source, secrets included, as its spec's `dataSource` schema describes them. */
export type DataSourceConfig = Readonly<Record<string, unknown>>;
/** Parameters of a reader or writer, as the spec describes them. */
export type Parameters = Readonly<Record<string, unknown>>;

/** One stage of a connection check, in order: resolve, connect, tls, authenticate, list, privileges, settings. */
export interface CheckStage {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
  readonly code?: string;
  readonly remedy?: string;
  readonly milliseconds: number;
}

/** Which tables are wanted. */
export interface TableQuery {
  /** Part of the name, whatever its case. */
  readonly search?: string;
  /** Schema or database; absent: all that the data source shows. */
  readonly namespace?: string;
  /** Only what comes strictly behind this one: the last of the page before. */
  readonly after?: { readonly schema?: string; readonly name: string };
  readonly limit: number;
}

export interface TableEntry {
  /** Schema or database, where the store has such. */
  readonly schema?: string;
  readonly name: string;
  /** What a reader's `table` parameter takes for it: parts quoted where needed. */
  readonly qualified: string;
  readonly kind: 'table' | 'view';
  readonly rowsEstimate?: number;
}

/**
 * The code for one type of store. Methods open their own connections and close them before they return; they throw
 * SluiceError only, classified in the connector's errors.ts. `side` says whose codes to use: SRC or TGT.
 */
export interface Connector {
  readonly spec: ConnectorSpec;
  /** Tests the connection from here, in stages; a failed stage is an answer, not a throw. */
  check(config: DataSourceConfig, signal: AbortSignal): Promise<readonly CheckStage[]>;
  /** Schemas or databases that tables can be in, by name; absent: the store has none. */
  namespaces?(config: DataSourceConfig): Promise<readonly string[]>;
  /** Lists tables by schema and name, in an order of their bytes, at most `limit`. */
  tables(config: DataSourceConfig, query: TableQuery): Promise<readonly TableEntry[]>;
  /** Columns and key of one table as a reader would yield them; undefined when it does not exist. */
  describe(
    config: DataSourceConfig,
    parameters: Parameters,
    side: 'source' | 'target',
  ): Promise<RowSchema | undefined>;
  /**
   * The statement by which a run would make the target table for rows of this schema; connects only where the server's answer changes
   * it. Absent: the store needs none.
   */
  createTable?(config: DataSourceConfig, parameters: Parameters, schema: RowSchema): Promise<string>;
  /** What can be said of a reader's parameters without its source, beyond the spec. Throws SLUICE_CFG_INVALID with places. */
  checkReader?(parameters: Parameters): void;
  /** Cheap; connects lazily. */
  openReader?(config: DataSourceConfig, parameters: Parameters): Promise<Reader>;
  openWriter?(config: DataSourceConfig, parameters: Parameters): Promise<Writer>;
}
