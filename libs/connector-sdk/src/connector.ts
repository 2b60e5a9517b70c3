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

export interface TableEntry {
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
  /** Lists tables, at most `limit`, by name; `search` is a part of the name. */
  tables(config: DataSourceConfig, query: { search?: string; limit: number }): Promise<readonly TableEntry[]>;
  /** Columns and key of one table as a reader would yield them; undefined when it does not exist. */
  describe(
    config: DataSourceConfig,
    parameters: Parameters,
    side: 'source' | 'target',
  ): Promise<RowSchema | undefined>;
  /** Cheap; connects lazily. */
  openReader?(config: DataSourceConfig, parameters: Parameters): Promise<Reader>;
  openWriter?(config: DataSourceConfig, parameters: Parameters): Promise<Writer>;
}
