import type { Json } from '../syntax/node.ts';
import { readColumnText, writeColumnText } from './column-text.ts';
import type { Losses } from './losses.ts';
import type { Rest } from './rest.ts';
import type { Family } from './types.ts';

type Keyed = { readonly [key: string]: Json };

/** `column` of both ends; undefined: the end has none. */
export interface ColumnLists {
  readonly reader?: readonly Json[];
  readonly writer?: readonly Json[];
  /** Names of the columns in the order of the record, for headers and transformers; undefined: not listed. */
  readonly record?: readonly { readonly to?: string; readonly from?: string }[];
}

interface Ends {
  readonly reader: { readonly family: Family; readonly connector: string };
  readonly writer: { readonly family: Family; readonly connector: string };
}

const ALL = ['*'];

/** Columns pair by position in all dialects: a mapping becomes two lists of the same length. */
export function exportColumns(rest: Rest, ends: Ends, losses: Losses): ColumnLists {
  const mapping = rest.take('/mapping') ?? 'name';
  // What is kept as it stands has its columns among its parameters.
  const isKept = ends.reader.family === 'other';
  const columns = isKept
    ? undefined
    : (rest.take('/reader/parameters/columns') as readonly Json[] | undefined);
  // A query brings its own.
  const isQuery = ['querySql', 'queries'].some(
    (name) => rest.get(`/reader/parameters/${name}`) !== undefined,
  );
  const expressions = (rest.take('/reader/parameters/expressions') ?? []) as readonly {
    readonly name: string;
    readonly sql: string;
  }[];
  if (!Array.isArray(mapping)) {
    const names =
      columns?.every((name) => typeof name === 'string') === true
        ? (columns as readonly string[])
        : undefined;
    if (mapping === 'name' && names === undefined)
      losses.add(
        '/mapping',
        'Columns pair by position there: list the columns of the reader, or the fields.',
      );
    const reader =
      names?.map((name) => writeColumnText({ kind: 'name', name }, ends.reader.connector)) ?? ALL;
    const written =
      mapping === 'name'
        ? names?.map((name) => writeColumnText({ kind: 'name', name }, ends.writer.connector))
        : undefined;
    return {
      ...(isKept || isQuery
        ? {}
        : { reader: ends.reader.family === 'file' ? (fileColumns(columns) ?? ALL) : reader }),
      ...(ends.writer.family === 'table' ? { writer: written ?? ALL } : {}),
      ...(names === undefined ? {} : { record: names.map((from) => ({ from })) }),
    };
  }
  const fields = mapping as readonly Keyed[];
  const isAll = columns === undefined && fields.every((field, index) => field['position'] === index);
  const read = fields.map((field, index) => {
    const at = `/mapping/${index}`;
    if (field['expression'] !== undefined) {
      losses.add(`${at}/expression`, 'The dialects compute nothing between reader and writer.');
      return null;
    }
    if (ends.reader.family === 'file') return fileColumn(field, columns ?? [], at, losses);
    if (field['cast'] !== undefined)
      losses.add(`${at}/cast`, 'The types of a table are what they are there.');
    return isAll ? null : tableColumn(field, columns ?? [], expressions, ends.reader.connector, at, losses);
  });
  const names = fields.map(({ to }) => String(to));
  return {
    ...(isKept || isQuery ? {} : { reader: isAll ? ALL : read }),
    ...(ends.writer.family === 'table'
      ? { writer: names.map((name) => writeColumnText({ kind: 'name', name }, ends.writer.connector)) }
      : {}),
    record: fields.map(({ to, from }) => ({ to: String(to), ...(typeof from === 'string' ? { from } : {}) })),
  };
}

function tableColumn(
  field: Keyed,
  columns: readonly Json[],
  expressions: readonly { readonly name: string; readonly sql: string }[],
  connector: string,
  at: string,
  losses: Losses,
): Json {
  if (field['constant'] !== undefined) {
    const text = writeColumnText({ kind: 'constant', value: field['constant'] as string }, connector);
    const back = readColumnText(text, connector);
    if (back.kind !== 'constant' || back.value !== field['constant'])
      losses.add(`${at}/constant`, 'It has no form in SQL that means the same.');
    return text;
  }
  const { from, position } = field;
  const name = typeof from === 'string' ? from : typeof position === 'number' ? columns[position] : undefined;
  if (typeof name !== 'string') {
    losses.add(
      `${at}/position`,
      'A column by its position needs the list of columns, or all of them in order.',
    );
    return '*';
  }
  const sql = expressions.find((one) => one.name === name)?.sql;
  return sql ?? writeColumnText({ kind: 'name', name }, connector);
}

const FILE_TYPES: ReadonlyMap<unknown, string> = new Map([
  ['long', 'long'],
  ['int', 'long'],
  ['numeric', 'double'],
  ['double', 'double'],
  ['boolean', 'boolean'],
  ['timestamp', 'date'],
]);

/** A column of a file by its place in the line. */
function fileColumn(field: Keyed, columns: readonly Json[], at: string, losses: Losses): Json {
  const { constant, from, cast } = field;
  if (constant !== undefined) {
    const type =
      typeof constant === 'boolean'
        ? 'boolean'
        : typeof constant !== 'number'
          ? 'string'
          : Number.isInteger(constant)
            ? 'long'
            : 'double';
    return { value: typeof constant === 'string' ? constant : String(constant), type };
  }
  const column = columns.find(
    (one) => typeof one === 'object' && one !== null && (one as Keyed)['name'] === from,
  ) as Keyed | undefined;
  const position = typeof field['position'] === 'number' ? field['position'] : column?.['index'];
  if (typeof position !== 'number') {
    losses.add(
      `${at}/from`,
      'Columns of a file are read by their place there: give index in the columns of the reader.',
    );
    return { index: 0, type: 'string' };
  }
  const format = typeof cast === 'object' && cast !== null ? ((cast as Keyed)['format'] ?? null) : null;
  if (typeof format === 'string') return { index: position, type: 'date', format };
  if (cast !== undefined)
    losses.add(`${at}/cast`, 'A file has the types string, long, double, boolean and date there.');
  return { index: position, type: FILE_TYPES.get(column?.['type']) ?? 'string' };
}

function fileColumns(columns: readonly Json[] | undefined): readonly Json[] | undefined {
  return columns?.map((column) => {
    const { index = 0, type } = typeof column === 'object' && column !== null ? (column as Keyed) : {};
    return { index, type: FILE_TYPES.get(type) ?? 'string' };
  });
}
