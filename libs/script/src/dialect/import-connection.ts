import type { Json, Member, Node } from '../syntax/node.ts';
import { trimmed } from '../syntax/json-text.ts';
import { TEXT, TEXTS } from './conversions.ts';
import type { Draft } from './draft.ts';
import { itemsOf } from './envelope.ts';
import type { KeyRule, Side } from './field-table.ts';
import type { FoundSources } from './found-sources.ts';
import type { Keys } from './reading.ts';

/** The keys of one connection: an entry of `connection`, or what stands beside it. */
interface Entry {
  readonly node: Node;
  source: Member | undefined;
  readonly url: Member | undefined;
  table: Member | undefined;
  query: Member | undefined;
}

interface End {
  readonly side: Side;
  readonly keys: Keys;
  readonly rules: readonly KeyRule[];
  /** Absent: Sluice has none for the type, which is said already. */
  readonly connector: string | undefined;
}

/** `t_[00-15]` means sixteen tables. */
const RANGE = /\[[0-9]+-[0-9]+\]/;

/** Where an end of a script reads or writes: its data source, its tables, its query. */
export function importConnection(draft: Draft, end: End, found: FoundSources): void {
  const { side, keys, rules, connector } = end;
  const { reading } = draft;
  const take = (holder: Keys, name: string): Member | undefined =>
    holder.take(name, rules.find(({ key }) => key === name)?.also);
  const credentials = found.credentials(take(keys, 'username'), take(keys, 'password'));
  const entries = gather(draft, keys, (holder) => ({
    node: holder.node,
    source: take(holder, 'datasource'),
    url: take(holder, 'jdbcUrl'),
    table: take(holder, 'table'),
    query: take(holder, 'querySql'),
  }));
  const named = entries.map((entry) => {
    const name = entry.source === undefined ? undefined : textOf(draft, entry.source);
    if (entry.source !== undefined) reading.mapped(entry.source, `/${side}/dataSource`, name ?? '');
    if (entry.url === undefined) return { ...entry, dataSource: name };
    if (connector !== undefined)
      return { ...entry, dataSource: found.describe(entry.url, connector, credentials, name) ?? name };
    reading.settle(entry.url, { fate: 'unsupported', became: 'data source', code: 'SCRIPT_CONNECTOR' });
    return { ...entry, dataSource: name ?? draft.typeNames[side] };
  });
  const [first] = named;
  if (first?.dataSource === undefined && !reading.problems.hasErrors)
    reading.problem(keys.node, {
      code: 'SCRIPT_REQUIRED',
      cause: `The ${side} names no data source and no connection.`,
      remedy: 'Add datasource, or connection with jdbcUrl.',
    });
  draft.set(`/${side}/dataSource`, first?.dataSource ?? '');
  placeTables(draft, end, named);
}

/** Entries of `connection`; what stands beside the only one belongs to it. */
function gather(draft: Draft, keys: Keys, read: (holder: Keys) => Entry): Entry[] {
  const { reading } = draft;
  const member = keys.take('connection');
  const beside = read(keys);
  if (member === undefined) return [beside];
  reading.mapped(member, `${keys.keepAs!.replace('/parameter', '')}/dataSource`);
  const entries: Entry[] = [];
  for (const item of itemsOf(member.value))
    if (item.kind === 'object') entries.push(read(reading.open(item, undefined)));
    else reading.problem(item, { code: 'SCRIPT_TYPE', cause: 'An entry of connection must be an object.' });
  const [only] = entries;
  for (const key of ['source', 'table', 'query'] as const) {
    const own = beside[key];
    if (own === undefined) continue;
    if (entries.length === 1 && only![key] === undefined) only![key] = own;
    else reading.ignored(own, undefined, 'connection says it.');
  }
  if (beside.url !== undefined) reading.ignored(beside.url, undefined, 'connection says it.');
  return entries.length === 0 ? [beside] : entries;
}

function placeTables(
  draft: Draft,
  { side, keys }: End,
  entries: readonly (Entry & { readonly dataSource: string | undefined })[],
): void {
  const { reading } = draft;
  const textsOf = (member: Member | undefined): readonly string[] =>
    member === undefined ? [] : ((reading.value(member, TEXTS) ?? []) as readonly string[]).map(trimmed);
  const tables = entries.flatMap(({ table }) => textsOf(table));
  const queries = entries.flatMap(({ query }) => textsOf(query));
  const place = (key: 'table' | 'query', name: string, value: Json): void => {
    for (const { [key]: member } of entries)
      if (member !== undefined && !reading.isSettled(member))
        draft.place(member, `/${side}/${name}`, value, { keepAs: '', changesRows: true });
  };
  if (queries.length === 1) place('query', 'parameters/querySql', queries[0]!);
  else if (queries.length > 1) place('query', 'parameters/queries', queries);
  const sources = new Set(entries.map(({ dataSource }) => dataSource));
  if (sources.size > 1 && queries.length > 0)
    reading.problem(entries[0]!.node, {
      code: 'SCRIPT_UNSUPPORTED',
      cause: 'Queries of several data sources are given, and a task reads those of one.',
      remedy: 'Make a task of each data source.',
    });
  if (sources.size > 1)
    place(
      'table',
      'sources',
      entries.map(({ dataSource, table }) => ({ dataSource: dataSource ?? '', tables: textsOf(table) })),
    );
  else if (tables.length === 1 && !RANGE.test(tables[0]!)) place('table', 'parameters/table', tables[0]!);
  else if (tables.length > 0) place('table', 'parameters/tables', tables);
  for (const { table, query } of entries)
    for (const member of [table, query]) if (member !== undefined) draft.saysNothing(member, undefined);
  if (queries.length > 0 && tables.length > 0)
    reading.problem(entries[0]!.node, {
      code: 'SCRIPT_CONFLICT',
      cause: 'Both table and querySql are given.',
      remedy: 'Keep one of them.',
    });
  if (queries.length === 0 && tables.length === 0)
    reading.problem(keys.node, {
      code: 'SCRIPT_REQUIRED',
      cause: `The ${side} has no table.`,
      remedy: 'Add table.',
    });
}

function textOf(draft: Draft, member: Member): string | undefined {
  const value = draft.reading.value(member, TEXT);
  return value === undefined ? undefined : trimmed(String(value));
}
