import {
  checkFilter,
  checkQuery,
  expressionColumns,
  type ExpressionColumn,
  type FilterSyntax,
  type Parameters,
  READER_PARAMETERS,
  sessionSettings,
  type SessionSyntax,
} from '@sluice/connector-sdk';

export const SYNTAX: FilterSyntax = { backslash: 'E', hashComment: false, quotes: `'"`, refused: '$' };

/** Settings that change how fast or how long the server works, and no value that it sends. */
const SESSION: SessionSyntax = {
  statement: 'set',
  allowed: new Set(
    (
      'statement_timeout lock_timeout idle_in_transaction_session_timeout work_mem hash_mem_multiplier temp_buffers ' +
      'effective_cache_size effective_io_concurrency random_page_cost seq_page_cost cpu_tuple_cost jit ' +
      'max_parallel_workers_per_gather parallel_setup_cost parallel_tuple_cost from_collapse_limit join_collapse_limit ' +
      'enable_bitmapscan enable_hashagg enable_hashjoin enable_indexonlyscan enable_indexscan enable_material ' +
      'enable_mergejoin enable_nestloop enable_seqscan enable_sort enable_tidscan'
    ).split(' '),
  ),
};

/** Parameters of a reader of one table or query, checked as far as that needs no server. */
export interface ReaderSettings {
  /** The table's name or the query; exactly one of both. */
  readonly table: string | undefined;
  readonly query: string | undefined;
  readonly columns: readonly string[] | undefined;
  readonly expressions: readonly ExpressionColumn[];
  readonly filter: string | undefined;
  readonly splitKey: string | undefined;
  /** Columns that tell the rows apart, where nothing at the server proves it. */
  readonly key: readonly string[] | undefined;
  /** Statements that begin each session. */
  readonly session: readonly string[];
}

/** Throws SLUICE_CFG_INVALID with the place. */
export function readerSettings(parameters: Parameters): ReaderSettings {
  const { table, querySql, where, splitKey } = parameters;
  const list = (name: string): readonly string[] | undefined => {
    const value = parameters[name] as readonly string[] | undefined;
    return value === undefined || value.length === 0 ? undefined : value;
  };
  return {
    table: querySql === undefined ? String(table) : undefined,
    query:
      querySql === undefined
        ? undefined
        : checkQuery(String(querySql), SYNTAX, `${READER_PARAMETERS}/querySql`),
    columns: list('columns'),
    expressions: expressionColumns(parameters, SYNTAX),
    filter: where === undefined || where === '' ? undefined : checkFilter(String(where), SYNTAX),
    splitKey: splitKey === undefined || splitKey === '' ? undefined : String(splitKey),
    key: list('key'),
    session: sessionSettings(parameters['session'], SESSION),
  };
}
