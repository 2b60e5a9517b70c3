import {
  checkFilter,
  checkQuery,
  expressionColumns,
  type ExpressionColumn,
  type FilterSyntax,
  invalid,
  type Parameters,
  READER_PARAMETERS,
  sessionSettings,
  type SessionSyntax,
} from '@sluice/connector-sdk';
import { parseTable, type TableName, writeTable } from './identifier.ts';

export const SYNTAX: FilterSyntax = { backslash: 'all', hashComment: true, quotes: `'"\``, refused: '' };

/** Settings that change how fast or how long the server works, and no value that it sends. */
const SESSION: SessionSyntax = {
  statement: 'set',
  allowed: new Set(
    (
      'max_statement_time max_execution_time lock_wait_timeout innodb_lock_wait_timeout net_read_timeout join_buffer_size ' +
      'join_cache_level sort_buffer_size read_buffer_size read_rnd_buffer_size tmp_table_size max_heap_table_size ' +
      'group_concat_max_len optimizer_switch optimizer_search_depth optimizer_prune_level optimizer_use_condition_selectivity ' +
      'use_stat_tables eq_range_index_dive_limit long_query_time'
    ).split(' '),
  ),
};

/** Parameters of a reader of one table or query, checked as far as that needs no server. */
export interface ReaderSettings {
  /** Exactly one of table and query. */
  readonly table: TableName | undefined;
  readonly query: string | undefined;
  /** For people. */
  readonly name: string;
  readonly columns: readonly string[] | undefined;
  readonly expressions: readonly ExpressionColumn[];
  readonly where: string | undefined;
  readonly splitKey: string | undefined;
  /** Columns that tell the rows apart, where nothing at the server proves it. */
  readonly key: readonly string[] | undefined;
  /** Statements that begin each session. */
  readonly session: readonly string[];
}

/** Throws SLUICE_CFG_INVALID with the place. */
export function readerSettings(parameters: Parameters): ReaderSettings {
  const text = (name: string): string | undefined => {
    const value = parameters[name];
    if (value === undefined || value === null || value === '') return undefined;
    if (typeof value === 'string') return value;
    throw invalid(`${READER_PARAMETERS}/${name}`, `"${name}" is not text.`, 'Write it as one text.');
  };
  const names = (name: string): readonly string[] | undefined => {
    const value = parameters[name];
    if (value === undefined) return undefined;
    if (!Array.isArray(value) || !value.every((one) => typeof one === 'string'))
      throw invalid(
        `${READER_PARAMETERS}/${name}`,
        `"${name}" is not a list of names.`,
        'Write a list of names.',
      );
    return value.length === 0 ? undefined : (value as string[]);
  };
  const [query, where] = [text('querySql'), text('where')];
  const table = query === undefined ? parseTable(text('table') ?? '') : undefined;
  return {
    table,
    query: query === undefined ? undefined : checkQuery(query, SYNTAX, `${READER_PARAMETERS}/querySql`),
    name: table === undefined ? 'query' : writeTable(table),
    columns: names('columns'),
    expressions: expressionColumns(parameters, SYNTAX),
    where: where === undefined ? undefined : checkFilter(where, SYNTAX),
    splitKey: text('splitKey'),
    key: names('key'),
    session: sessionSettings(parameters['session'], SESSION),
  };
}
