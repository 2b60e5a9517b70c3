import { SluiceError } from '@sluice/model';
import type { Parameters } from './connector.ts';
import { checkExpression, type FilterSyntax, READER_PARAMETERS } from './sql-filter.ts';

/** One table or query of those that a reader reads. */
export interface ReaderPart {
  /** For people: the table, or `query 1`. */
  readonly name: string;
  /** Where it stands in the task document. */
  readonly place: string;
  /** Parameters with `table` or `querySql` alone. */
  readonly parameters: Parameters;
}

/** A column that the source computes. */
export interface ExpressionColumn {
  readonly name: string;
  readonly sql: string;
  readonly place: string;
}

const WAYS = ['table', 'tables', 'querySql', 'queries'] as const;
/** Tables that one reader reads at most. */
const MOST_TABLES = 1024;

/** What a reader reads: exactly one of `table`, `tables`, `querySql` and `queries`. Throws SLUICE_CFG_INVALID. */
export function readerParts(parameters: Parameters): readonly ReaderPart[] {
  const { table, tables, querySql, queries, ...others } = parameters;
  const given = WAYS.filter((way) => !isBlank(parameters[way]));
  const [way] = given;
  if (way === undefined)
    throw invalid(
      `${READER_PARAMETERS}/table`,
      'The reader has neither a table nor a query.',
      'Give exactly one of table, tables, querySql and queries.',
    );
  if (given.length > 1)
    throw invalid(
      `${READER_PARAMETERS}/${given[1]}`,
      `Both ${given[0]} and ${given[1]} are given.`,
      'Keep one of them.',
    );
  const place = `${READER_PARAMETERS}/${way}`;
  if (way === 'table') return [{ name: text(table, place), place, parameters: { ...others, table } }];
  if (way === 'querySql')
    return [{ name: 'query', place, parameters: { ...others, querySql: text(querySql, place) } }];
  if (way === 'queries')
    return list(queries, place).map((one, index) => ({
      name: `query ${index + 1}`,
      place: `${place}/${index}`,
      parameters: { ...others, querySql: one },
    }));
  return expandTables(list(tables, place), place).map((one) => ({
    ...one,
    parameters: { ...others, table: one.name },
  }));
}

/** `t_[00-15]` is sixteen tables, `t_00` to `t_15`. Throws SLUICE_CFG_INVALID for crossed, too large and repeated ones. */
export function expandTables(
  tables: readonly string[],
  place: string,
): readonly { readonly name: string; readonly place: string }[] {
  const found: { name: string; place: string }[] = [];
  for (const [index, pattern] of tables.entries()) {
    const at = `${place}/${index}`;
    for (const name of expand(pattern, at)) {
      if (found.some((one) => one.name === name))
        throw invalid(at, `The table ${name} is there twice.`, 'Name each table once.');
      found.push({ name, place: at });
      if (found.length > MOST_TABLES)
        throw invalid(at, `These are more than ${MOST_TABLES} tables.`, 'Read them by several tasks.');
    }
  }
  return found;
}

function expand(pattern: string, place: string): string[] {
  const range = /\[(\d{1,9})-(\d{1,9})\]/.exec(pattern);
  if (range === null) return [pattern];
  const [all, low = '', high = ''] = range;
  const [from, to] = [Number(low), Number(high)];
  if (from > to || to - from >= MOST_TABLES)
    throw invalid(
      place,
      `${all} is no range of at most ${MOST_TABLES} tables.`,
      'Write the lower number first, e.g. t_[00-15].',
    );
  const before = pattern.slice(0, range.index);
  // Zeros in front say how wide all of the numbers are.
  const width = low.startsWith('0') ? low.length : 1;
  const rest = expand(pattern.slice(range.index + all.length), place);
  return Array.from({ length: to - from + 1 }, (_, n) => String(from + n).padStart(width, '0')).flatMap(
    (number) => rest.map((after) => before + number + after),
  );
}

/**
 * The parameter `expressions`. Throws SLUICE_CFG_INVALID for one without name or SQL, whose SQL is more than an expression, or of a name
 * that is there already.
 */
export function expressionColumns(parameters: Parameters, syntax: FilterSyntax): readonly ExpressionColumn[] {
  const given = parameters['expressions'];
  if (given === undefined || given === null) return [];
  const place = `${READER_PARAMETERS}/expressions`;
  if (!Array.isArray(given))
    throw invalid(place, 'Expressions are a list.', 'Write [{ "name": "n", "sql": "a + 1" }].');
  const names = new Set((parameters['columns'] as readonly unknown[] | undefined) ?? []);
  return (given as readonly unknown[]).map((one, index) => {
    const { name, sql, ...rest } = (typeof one === 'object' && one !== null ? one : {}) as Record<
      string,
      unknown
    >;
    const at = `${place}/${index}`;
    if (typeof name !== 'string' || name === '' || typeof sql !== 'string' || Object.keys(rest).length > 0)
      throw invalid(
        at,
        'An expression has a name and its SQL, and nothing else.',
        'Write { "name": "n", "sql": "a + 1" }.',
      );
    if (names.has(name))
      throw invalid(`${at}/name`, `There are two columns ${name}.`, 'Give the expression another name.');
    names.add(name);
    return { name, sql: checkExpression(sql, syntax, `${at}/sql`), place: `${at}/sql` };
  });
}

/** An expression must not hide a column of the table or query. */
export function checkNames(expressions: readonly ExpressionColumn[], columns: readonly string[]): void {
  for (const { name, place } of expressions)
    if (columns.includes(name))
      throw invalid(
        place.replace(/sql$/, 'name'),
        `The source has a column ${name} itself.`,
        'Give the expression another name.',
      );
}

/** The parameter `fetchSize` as a limit of a batch; absent: there is none. */
export function fetched<T extends { readonly maxRecords: number }>(limits: T, parameters: Parameters): T {
  const size = parameters['fetchSize'];
  return typeof size === 'number' && size >= 1 && size < limits.maxRecords
    ? { ...limits, maxRecords: size }
    : limits;
}

export function invalid(place: string, detail: string, hint: string): SluiceError {
  return new SluiceError('SLUICE_CFG_INVALID', {
    detail,
    place,
    hint,
    fields: [{ pointer: place, detail, hint }],
  });
}

const isBlank = (value: unknown): boolean =>
  value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0);

function text(value: unknown, place: string): string {
  if (typeof value === 'string') return value;
  throw invalid(place, 'It is not a text.', 'Write it as one text.');
}

function list(value: unknown, place: string): readonly string[] {
  if (Array.isArray(value) && value.every((one) => typeof one === 'string' && one !== ''))
    return value as string[];
  throw invalid(place, 'It is not a list of texts.', 'Write it as a list of texts.');
}
