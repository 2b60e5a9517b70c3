import type { Json } from '../syntax/node.ts';
import type { Dialect } from './dialects.ts';
import type { ColumnLists } from './export-columns.ts';
import type { Losses } from './losses.ts';
import type { SourceOf } from './known-source.ts';
import { rulesOf, type Side } from './field-table.ts';
import { splitPaths } from './file-path.ts';
import { writeJdbcUrl } from './jdbc-url.ts';
import type { Rest } from './rest.ts';
import type { EndType } from './types.ts';

type Parameter = { [key: string]: Json };

export interface ExportedEnd {
  readonly side: Side;
  readonly type: EndType;
  readonly connector: string;
}

interface Task {
  readonly rest: Rest;
  readonly dialect: Exclude<Dialect, 'sluice'>;
  readonly sourceOf: SourceOf;
  readonly losses: Losses;
}

const isJob = ({ dialect }: Task): boolean => dialect === 'datax' || dialect === 'addax';

/** `parameter` of a reader or writer. */
export function exportEnd(task: Task, end: ExportedEnd, columns: ColumnLists): Parameter {
  const { rest } = task;
  const { side, type } = end;
  const column = columns[side];
  const parameter: Parameter = {
    ...(type.family === 'table'
      ? connectionOf(task, side)
      : type.family === 'file'
        ? filesOf(task, end, columns)
        : otherOf(task, side)),
    ...(column === undefined ? {} : { column }),
  };
  for (const { key, becomes, conversion } of rulesOf(side, type.family)) {
    if (becomes === undefined || conversion === undefined) continue;
    const value = rest.take(becomes);
    if (value !== undefined) parameter[key] = conversion.write(value);
  }
  if (side === 'writer' && type.family === 'table') writing(task, end, parameter);
  return parameter;
}

/** Data source and tables: flat where there is one of each, else as a list of connections. */
function connectionOf(task: Task, side: Side): Parameter {
  const { rest } = task;
  const dataSource = String(rest.take(`/${side}/dataSource`) ?? '');
  const [table, tables] = [rest.take(`/${side}/parameters/table`), rest.take(`/${side}/parameters/tables`)];
  const query = rest.take(`/${side}/parameters/querySql`) ?? rest.take(`/${side}/parameters/queries`);
  const sources = rest.take(`/${side}/sources`) as
    readonly { readonly dataSource: string; readonly tables: readonly string[] }[] | undefined;
  const queries = query === undefined ? {} : { querySql: Array.isArray(query) ? query : [query] };
  const listed = tables ?? (table === undefined ? undefined : [table]);
  const entries: Parameter[] = sources?.map((one) => ({ datasource: one.dataSource, table: one.tables })) ?? [
    { datasource: dataSource, ...(listed === undefined ? {} : { table: listed }), ...queries },
  ];
  if (!isJob(task)) {
    if (sources !== undefined || tables !== undefined) return { connection: entries };
    return { datasource: dataSource, ...(table === undefined ? {} : { table }), ...queries };
  }
  const connection = entries.map((entry) => ({ ...jdbc(task, side, String(entry['datasource'])), ...entry }));
  const config = task.sourceOf(dataSource)?.config;
  const user = config?.['user'];
  const variable = `\${${dataSource.replace(/[^A-Za-z0-9_]+/g, '_')}_password}`;
  return { ...(user === undefined ? {} : { username: String(user), password: variable }), connection };
}

/** A reader takes a list of URLs and a writer one, in DataX; Addax one in both. */
function jdbc(task: Task, side: Side, dataSource: string): Parameter {
  const source = task.sourceOf(dataSource);
  const url = source === undefined ? undefined : writeJdbcUrl(source.connector, source.config);
  if (url === undefined) {
    task.losses.add(
      `/${side}/dataSource`,
      'A job spells out its connection, and that of this data source is not known here.',
    );
    return {};
  }
  return { jdbcUrl: task.dialect === 'datax' && side === 'reader' ? [url] : url };
}

const MODES: ReadonlyMap<unknown, string> = new Map([
  ['insert', 'insert'],
  ['upsert', 'update'],
  ['replace', 'replace'],
  ['ignore', 'insert ignore'],
]);

/** Mode, and what empties the table; a table is never created there. */
function writing(task: Task, { connector }: ExportedEnd, parameter: Parameter): void {
  const { rest, losses } = task;
  const mode = rest.take('/write/mode');
  const word = MODES.get(mode);
  if (mode === undefined)
    losses.add('/write/mode', 'Without a mode the key of the target decides; there it inserts.');
  else if (word === undefined) losses.add('/write/mode', `There is no write mode ${String(mode)} there.`);
  // DataX refuses any writeMode but for MySQL, and inserts without it.
  if (word !== undefined && (word !== 'insert' || !isJob(task) || connector === 'mysql'))
    parameter['writeMode'] = word;
  if (rest.take('/write/createTable') !== false)
    losses.add('/write/createTable', 'A target table must exist there.');
  const statements = (rest.take('/write/preSql') ?? []) as readonly string[];
  const table = parameter['table'];
  const truncate = `truncate table ${isJob(task) || typeof table !== 'string' ? '@table' : table}`;
  const isEmptied = rest.take('/write/truncateFirst') === true;
  if (isEmptied && statements.length > 0)
    losses.add('/write/truncateFirst', 'It becomes the first statement of preSql.');
  const before = isEmptied ? [truncate, ...statements] : statements;
  if (before.length > 0) parameter['preSql'] = before;
}

function filesOf(task: Task, { side, type, connector }: ExportedEnd, { record }: ColumnLists): Parameter {
  const { rest, losses } = task;
  const dataSource = String(rest.take(`/${side}/dataSource`) ?? '');
  const isLocal = type.connector === 'csv';
  const root = isLocal ? task.sourceOf(dataSource)?.config['root'] : undefined;
  const prefix = `${String(root ?? '').replace(/\/+$/, '')}/`;
  const own = rest.take(`/${side}/parameters/path`);
  const paths =
    own === undefined
      ? ((rest.take(`/${side}/parameters/paths`) ?? []) as readonly string[])
      : splitPaths(String(own));
  if (isLocal && root === undefined)
    losses.add(
      `/${side}/dataSource`,
      'A job spells out the path, and the root of this data source is not known here.',
    );
  const parameter: Parameter = { datasource: dataSource };
  const quote = rest.get(`/${side}/parameters/quote`);
  const format =
    connector === 'csv' || !isLocal
      ? quote === ''
        ? 'text'
        : 'csv'
      : connector === 'jsonl'
        ? 'json'
        : connector;
  if (quote === '') rest.take(`/${side}/parameters/quote`);
  parameter['fileFormat'] = format;
  if (isLocal && connector !== 'csv')
    losses.add(`/${side}/dataSource`, `The files of the dialect are text, and not ${connector}.`);
  if (side === 'reader')
    return { ...parameter, path: paths.map((path) => prefix + path), ...quotesOf(task, quote) };
  const [path = ''] = paths;
  const parts = path.replace(/\/$/, '').split('/');
  const name = parts.pop() ?? '';
  parameter['path'] = (prefix + parts.join('/')).replace(/(?<=.)\/$/, '');
  if (name !== '' && name !== '.') parameter['fileName'] = name;
  if (!path.endsWith('/'))
    losses.add('/writer/parameters/path', 'Files get names of their own there, beginning with this one.');
  const booleans = rest.take('/writer/parameters/booleans');
  if (booleans !== undefined && booleans !== 'true/false')
    losses.add('/writer/parameters/booleans', 'Booleans are written as true and false there.');
  if (rest.take('/writer/parameters/header') === true)
    parameter['header'] = record?.map(({ to, from }) => to ?? from ?? '') ?? [];
  return parameter;
}

/** Quotes and escapes other than the ordinary ones. */
function quotesOf({ rest, losses }: Task, quote: Json | undefined): Parameter {
  const escape = rest.take('/reader/parameters/escape');
  if (quote !== '' && quote !== undefined) rest.take('/reader/parameters/quote');
  if (escape !== undefined && escape !== '\\' && escape !== (quote ?? '"'))
    losses.add('/reader/parameters/escape', 'Only a doubled quote and a backslash escape a quote there.');
  const config = {
    ...(quote === undefined || quote === '' ? {} : { textQualifier: quote }),
    ...(escape === '\\' ? { escapeMode: 2 } : {}),
  };
  return Object.keys(config).length === 0 ? {} : { csvReaderConfig: config };
}

function otherOf({ rest }: Task, side: Side): Parameter {
  const dataSource = rest.take(`/${side}/dataSource`);
  const own = (rest.take(`/${side}/parameters`) ?? {}) as Parameter;
  return { ...(dataSource === undefined ? {} : { datasource: dataSource }), ...own };
}
