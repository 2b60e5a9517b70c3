import { type Json, type Member, type Node, toJson } from '../syntax/node.ts';
import { hasVariable, trimmed } from '../syntax/json-text.ts';
import { type ColumnText, readColumnName, readColumnText } from './column-text.ts';
import type { Draft } from './draft.ts';
import { itemsOf } from './envelope.ts';
import type { Side } from './field-table.ts';
import type { Keys } from './reading.ts';

/** One column that a reader gives: what a field of the mapping says of its origin. */
export interface ReadColumn {
  readonly field: { readonly [key: string]: Json };
  readonly node: Node;
}

/** Columns of one end in the order of the script; undefined: all of the table, in its own order. */
export interface EndColumns {
  readonly reader?: readonly ReadColumn[];
  readonly writer?: readonly string[];
  /** `column`, for places. */
  readonly at: Node;
}

/** The entries of `column`; undefined: all. What is missing or mixed is said. */
export function columnEntries(
  draft: Draft,
  keys: Keys,
  side: Side,
  also: readonly string[] = [],
): { readonly entries?: readonly Node[]; readonly at: Node } {
  const { reading } = draft;
  const member = keys.take('column', also);
  if (member === undefined || isEmpty(member)) {
    if (member !== undefined) reading.ignored(member, undefined, 'It says nothing.');
    reading.problem(member?.value ?? keys.node, {
      code: 'SCRIPT_REQUIRED',
      cause: `The ${side} has no column.`,
      remedy: 'List the columns, or write ["*"] for all.',
    });
    return { at: member?.value ?? keys.node };
  }
  reading.mapped(member, '/mapping');
  const entries = itemsOf(member.value);
  if (entries.length === 1 && isStar(entries[0]!)) return { at: member.value };
  const star = entries.find(isStar);
  if (star === undefined) return { entries, at: member.value };
  const remedy = 'Name every column, or write ["*"] alone.';
  reading.problem(star, { code: 'SCRIPT_COLUMN', cause: '* stands among other columns.', remedy });
  return { at: member.value };
}

function isStar(node: Node): boolean {
  return node.kind === 'scalar' && trimmed(String(node.value)) === '*';
}

function isEmpty({ value }: Member): boolean {
  const written = toJson(value);
  return written === null || written === '' || (Array.isArray(written) && written.length === 0);
}

/** Columns of a reader by SQL: names, constants, expressions. They go into `columns` and `expressions` of its parameters. */
export function importReadColumns(
  draft: Draft,
  keys: Keys,
  connector: string,
  writes: readonly string[] | undefined,
): EndColumns {
  const { entries, at } = columnEntries(draft, keys, 'reader', ['columns']);
  if (entries === undefined) return { at };
  const texts = entries.map((node) => ({ node, text: columnText(draft, node, connector) }));
  const names = [...new Set(texts.flatMap(({ text }) => (text?.kind === 'name' ? [text.name] : [])))];
  const expressions: { name: string; sql: string }[] = [];
  const reader = texts.map(({ node, text }, index): ReadColumn => {
    if (text?.kind === 'constant') return { node, field: { constant: text.value } };
    if (text?.kind !== 'expression') return { node, field: { from: text?.name ?? '' } };
    let name = writes?.[index] ?? `column_${index}`;
    while (names.includes(name) || expressions.some((one) => one.name === name)) name += '_';
    expressions.push({ name, sql: text.sql });
    if (!draft.supports('/reader/parameters/expressions'))
      draft.reading.problem(node, {
        code: 'SCRIPT_UNSUPPORTED',
        cause: `The column is an SQL expression, ${text.sql.slice(0, 60)}, which no reader evaluates yet.`,
        remedy: 'Make a view of it in the source, or leave it out.',
      });
    return { node, field: { from: name } };
  });
  // A list without a name would read every column: then the first one is not needed, and none is.
  if (names.length > 0) draft.set('/reader/parameters/columns', names);
  if (expressions.length > 0) draft.set('/reader/parameters/expressions', expressions);
  return { reader, at };
}

function columnText(draft: Draft, node: Node, connector: string): ColumnText | undefined {
  const value = node.kind === 'scalar' ? node.value : undefined;
  if (value === undefined || (typeof value === 'string' && trimmed(value) === '')) {
    draft.reading.problem(node, {
      code: 'SCRIPT_COLUMN',
      cause: 'A column of a table is a text: a name, a constant or an expression.',
    });
    return undefined;
  }
  if (typeof value !== 'string') return { kind: 'constant', value };
  if (hasVariable(value))
    draft.reading.problem(node, {
      code: 'SCRIPT_VARIABLE',
      cause: 'The column holds a variable of a schedule, which would be taken as it stands.',
    });
  return readColumnText(trimmed(value), connector);
}

/** Columns of a writer: names. */
export function importWriteColumns(draft: Draft, keys: Keys, connector: string): EndColumns {
  const { entries, at } = columnEntries(draft, keys, 'writer', ['columns']);
  if (entries === undefined) return { at };
  const writer: string[] = [];
  for (const node of entries) {
    // Some plug-ins give each column with its type.
    const own =
      node.kind === 'object'
        ? node.members.findLast(({ key }) => trimmed(key).toLowerCase() === 'name')?.value
        : node;
    const value = own?.kind === 'scalar' ? own.value : undefined;
    if (node.kind === 'object') for (const member of node.members) draft.reading.mapped(member, '/mapping');
    if (typeof value !== 'string' || trimmed(value) === '') {
      draft.reading.problem(node, {
        code: 'SCRIPT_COLUMN',
        cause: 'A column of the writer is a name.',
        remedy: 'Write the name of the column.',
      });
      continue;
    }
    const name = readColumnName(trimmed(value), connector);
    if (writer.includes(name))
      draft.reading.problem(node, {
        code: 'SCRIPT_COLUMN',
        cause: `The column ${name.slice(0, 60)} is written twice.`,
        remedy: 'Keep one of them.',
      });
    writer.push(name);
  }
  return { writer, at };
}

/** Columns pair by position. */
export function importMapping(draft: Draft, reader: EndColumns, writer: EndColumns): void {
  const { reading } = draft;
  const [from, to] = [reader.reader, writer.writer];
  if (from !== undefined && to !== undefined && from.length !== to.length)
    reading.problem(writer.at, {
      code: 'SCRIPT_COLUMNS',
      cause: `The reader has ${from.length} columns and the writer ${to.length}.`,
    });
  reading.origins.set('/mapping', writer.at.start);
  if (to === undefined) {
    const names = from?.map(({ field }) => field['from']);
    if (
      names !== undefined &&
      (names.includes(undefined) ||
        new Set(names).size < names.length ||
        draft.has('/reader/parameters/expressions'))
    )
      reading.problem(writer.at, {
        code: 'SCRIPT_COLUMNS',
        cause: 'The reader gives constants or expressions, and the writer does not name its columns.',
        remedy: 'List the columns of the writer.',
      });
    return draft.set('/mapping', 'position');
  }
  const fields = to.map((name, index) => {
    const column = from?.[index];
    if (column !== undefined) reading.origins.set(`/mapping/${index}`, column.node.start);
    return { to: name, ...(column === undefined ? { position: index } : column.field) };
  });
  draft.set('/mapping', fields);
}
