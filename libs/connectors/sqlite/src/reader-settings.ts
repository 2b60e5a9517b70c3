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

export const SYNTAX: FilterSyntax = { backslash: 'none', hashComment: false, quotes: `'"\``, refused: '[' };

/** Settings that change how fast SQLite works, and no value that it gives. */
const SESSION: SessionSyntax = {
  statement: 'pragma',
  allowed: new Set(['cache_size', 'cache_spill', 'mmap_size', 'temp_store', 'threads']),
};

/** Parameters of a reader of one table or query, checked as far as that needs no file. */
export interface ReaderSettings {
  /** Exactly one of table and query. */
  readonly table: string | undefined;
  readonly query: string | undefined;
  readonly columns: readonly string[] | undefined;
  readonly expressions: readonly ExpressionColumn[];
  /** A condition behind WHERE; `true` where the task has none. */
  readonly filter: string;
  readonly splitKey: string | undefined;
  /** Columns that tell the rows apart, where the table has no rowid. */
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
    filter: where === undefined || where === '' ? 'true' : `(${checkFilter(String(where), SYNTAX)}\n)`,
    splitKey: splitKey === undefined || splitKey === '' ? undefined : String(splitKey),
    key: list('key'),
    session: sessionSettings(parameters['session'], SESSION),
  };
}
