import { exactNumber, type Json, type Member, type Node, toJson } from '../syntax/node.ts';
import { JSON_NUMBER, trimmed } from '../syntax/json-text.ts';
import { TEXT, TEXTS } from './conversions.ts';
import type { Draft } from './draft.ts';
import type { KeyRule, Side } from './field-table.ts';
import { commonFolder, joinPaths } from './file-path.ts';
import type { FoundSources } from './found-sources.ts';
import { columnEntries, type EndColumns, type ReadColumn } from './import-columns.ts';
import { importTexts } from './import-text.ts';
import type { Keys } from './reading.ts';
import type { EndType } from './types.ts';

interface End {
  readonly side: Side;
  readonly keys: Keys;
  readonly rules: readonly KeyRule[];
  readonly type: EndType;
}

/** What a file is by `fileFormat`; the connectors of local files are named after it. */
export function formatOfFile(
  draft: Draft,
  { side, keys, type }: End,
): { readonly connector: string; readonly isText: boolean } {
  const member = keys.take('fileFormat', ['fileType']);
  const value = member === undefined ? undefined : draft.reading.value(member, TEXT);
  const format =
    typeof value === 'string' ? trimmed(value).toLowerCase() : side === 'reader' ? 'csv' : 'text';
  const isText = format === 'text';
  const kind = format === 'text' || format === 'csv' ? 'csv' : format === 'json' ? 'jsonl' : format;
  const connector = type.connector === 'csv' ? kind : type.connector!;
  if (member !== undefined) draft.reading.mapped(member, `/${side}/dataSource`, connector);
  return { connector, isText };
}

/** Path, data source and format of files. */
export function importFiles(
  draft: Draft,
  end: End,
  found: FoundSources,
  { connector, isText }: { readonly connector: string; readonly isText: boolean },
): void {
  const { side, keys, type } = end;
  const { reading } = draft;
  const parameters = `/${side}/parameters`;
  const pathKey = keys.take('path', ['object']);
  const nameKey = side === 'writer' ? keys.take('fileName') : undefined;
  const paths =
    pathKey === undefined ? [] : ((reading.value(pathKey, TEXTS) ?? []) as readonly string[]).map(trimmed);
  const name = nameKey === undefined ? undefined : reading.value(nameKey, TEXT);
  if (paths.length === 0 && !reading.problems.hasErrors)
    reading.problem(keys.node, {
      code: 'SCRIPT_REQUIRED',
      cause: `The ${side} has no path.`,
      remedy: 'Add path.',
    });
  // A writer's path is a folder, in which every file begins with the name.
  const whole =
    side === 'writer'
      ? paths.map(
          (path) => `${path.replace(/\/+$/, '')}/${typeof name === 'string' ? `${trimmed(name)}/` : ''}`,
        )
      : paths;
  const source = keys.take('datasource', ['dataSource', 'data_source']);
  let dataSource = source === undefined ? undefined : reading.value(source, TEXT);
  let relative = whole.map((path) => path.replace(/^\/+/, ''));
  if (source !== undefined) reading.mapped(source, `/${side}/dataSource`, dataSource ?? '');
  if (type.connector === 'csv') {
    const root = commonFolder(
      side === 'writer' ? paths.map((path) => `${path.replace(/\/+$/, '')}/`) : whole,
    );
    relative = whole.map((path) => path.slice(root.length));
    dataSource = found.add(
      connector,
      { root: root.replace(/(?<=.)\/$/, '') },
      {},
      typeof dataSource === 'string' ? trimmed(dataSource) : undefined,
    );
    if (relative.some((path) => path === '')) relative = relative.map((path) => (path === '' ? './' : path));
  }
  draft.set(`/${side}/dataSource`, dataSource ?? draft.typeNames[side] ?? '');
  const path = relative.length === 0 ? undefined : joinPaths(relative);
  const keep = { keepAs: `${keys.keepAs}/path`, changesRows: true };
  if (pathKey !== undefined && relative.length > 0)
    draft.place(pathKey, `${parameters}/${path === undefined ? 'paths' : 'path'}`, path ?? relative, keep);
  if (nameKey !== undefined && !reading.isSettled(nameKey)) reading.mapped(nameKey, `${parameters}/path`);
  importTexts(draft, side, keys, end.rules);
  defaults(draft, end, isText);
}

/** What a dialect means where it says nothing, and we would mean something else. */
function defaults(draft: Draft, { side, keys, rules }: End, isText: boolean): void {
  const parameters = `/${side}/parameters`;
  if (
    isText &&
    !keys.has('quoteChar') &&
    !draft.has(`${parameters}/quote`) &&
    draft.supports(`${parameters}/quote`)
  )
    draft.fill(keys.node, 'fileFormat', `${parameters}/quote`, '', 'text has no quotes.');
  const fill = (key: string, value: Json, why: string): void => {
    const becomes = rules.find((rule) => rule.key === key)?.becomes;
    if (becomes !== undefined && !keys.has(key) && draft.supports(becomes))
      draft.fill(keys.node, key, becomes, value, why);
  };
  fill('nullFormat', '\\N', 'This is null where nothing else is said.');
  if (side === 'reader') return fill('skipHeader', false, 'Files have no header unless it is skipped.');
  fill('writeMode', 'append', 'Files that are there stay.');
  // In the spec of a connector that is not known nothing is.
  if (draft.spec('writer') !== undefined && draft.supports(`${parameters}/booleans`))
    draft.fill(keys.node, 'column', `${parameters}/booleans`, 'true/false', 'Booleans are words there.');
  const header = keys.take('header');
  if (header === undefined) {
    if (draft.supports(`${parameters}/header`))
      draft.fill(keys.node, 'header', `${parameters}/header`, false, 'Files get no header.');
    return;
  }
  const names = draft.reading.value(header, TEXTS);
  if (names === undefined) return draft.saysNothing(header, `${keys.keepAs}/header`);
  draft.place(header, `${parameters}/header`, true, { keepAs: `${keys.keepAs}/header`, changesRows: true });
  draft.header = names as readonly string[];
}

/** Our types for those of a file's columns. `double` is kept as the digits that stand there. */
const TYPES: Readonly<Record<string, string | undefined>> = {
  string: undefined,
  long: 'long',
  double: 'numeric',
  boolean: 'boolean',
  date: 'timestamp',
};

/** Columns of a file by their place in the line, and constants between them. */
export function importFileColumns(draft: Draft, keys: Keys): EndColumns {
  const { entries, at } = columnEntries(draft, keys, 'reader', ['columns']);
  if (entries === undefined) return { at };
  const columns = new Map<string, Json>();
  const reader = entries.map((node): ReadColumn => ({ node, field: fileColumn(draft, node, columns) }));
  if (columns.size > 0) draft.set('/reader/parameters/columns', [...columns.values()]);
  return { reader, at };
}

function fileColumn(draft: Draft, node: Node, columns: Map<string, Json>): { readonly [key: string]: Json } {
  const { reading } = draft;
  const bad = (cause: string): { readonly [key: string]: Json } => {
    reading.problem(node, {
      code: 'SCRIPT_COLUMN',
      cause,
      remedy: 'Write {"index": 0, "type": "string"} or {"value": "...", "type": "string"}.',
    });
    return { from: '' };
  };
  if (node.kind !== 'object') return bad('A column of a file is an object with index or value.');
  const keys = reading.open(node, undefined);
  const [index, value, type, format] = ['index', 'value', 'type', 'format'].map((key) => keys.take(key));
  const name = keys.take('name');
  for (const member of [index, value, type, format, name])
    if (member !== undefined) reading.mapped(member, '/mapping');
  const kind = type === undefined ? 'string' : trimmed(String(toJson(type.value))).toLowerCase();
  if (!Object.hasOwn(TYPES, kind))
    return bad(`Files have no type ${kind.slice(0, 30)}: it is string, long, double, boolean or date.`);
  if ((index === undefined) === (value === undefined)) return bad('A column has either index or value.');
  if (value !== undefined) return { constant: constantOf(value, kind) };
  const place = Number(toJson(index!.value));
  if (!Number.isSafeInteger(place) || place < 0) return bad('index is a whole number from 0.');
  const ours = TYPES[kind];
  const pattern = format === undefined ? undefined : trimmed(String(toJson(format.value)));
  const isParsed = kind === 'date' && pattern !== undefined && pattern !== '';
  const key = `c${place}`;
  columns.set(key, { name: key, index: place, ...(ours === undefined || isParsed ? {} : { type: ours }) });
  if (!isParsed) return { from: key };
  if (!draft.castsByFormat)
    reading.problem(format!.value, {
      code: 'SCRIPT_UNSUPPORTED',
      cause: 'No cast reads a date by a format yet.',
    });
  return { from: key, cast: { to: 'timestamp', format: pattern } };
}

function constantOf(member: Member, kind: string): Json {
  const value = toJson(member.value);
  if (typeof value !== 'string')
    return typeof value === 'object' && value !== null ? JSON.stringify(value) : value;
  const text = trimmed(value);
  if ((kind === 'long' || kind === 'double') && JSON_NUMBER.test(text)) return exactNumber(text);
  if (kind === 'boolean' && /^(true|false)$/i.test(text)) return text.toLowerCase() === 'true';
  return value;
}

/** Names of the columns that files get: those of the header, else those of the reader. */
export function fileWriteColumns(draft: Draft, reader: EndColumns, at: Node): EndColumns {
  const { header } = draft;
  const names = reader.reader?.map(({ field }, index) =>
    typeof field['from'] === 'string' ? field['from'] : `column_${index}`,
  );
  const wanted = header ?? names;
  if (wanted === undefined) return { at };
  const unique: string[] = [];
  for (const name of wanted) {
    let free = name;
    while (unique.includes(free)) free += '_';
    unique.push(free);
  }
  return { writer: unique, at };
}
