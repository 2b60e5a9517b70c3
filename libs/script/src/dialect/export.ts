import { print } from '../edit/print.ts';
import { type Json, pathOf } from '../syntax/node.ts';
import type { Format } from '../syntax/parse.ts';
import type { Dialect } from './dialects.ts';
import type { Origin, ScriptDocument } from './document.ts';
import { type ColumnLists, exportColumns } from './export-columns.ts';
import { exportEnd, type ExportedEnd } from './export-end.ts';
import { exportSetting } from './export-setting.ts';
import type { Side } from './field-table.ts';
import type { SourceOf } from './known-source.ts';
import { type Loss, Losses } from './losses.ts';
import { Rest } from './rest.ts';
import { type EndType, hasType, LOCAL_FILES, typeForConnector, typeOf } from './types.ts';

export interface ExportOptions {
  readonly sourceOf: SourceOf;
  /** JSON unless it is said. */
  readonly format?: Format;
}

export interface Exported {
  readonly dialect: Dialect;
  readonly value: Json;
  readonly text: string;
  readonly lost: readonly Loss[];
}

type Open = { [key: string]: Json };

/** A task document as a script of a dialect. What the dialect cannot say is named; no secret is ever written. */
export function exportScript(document: ScriptDocument, dialect: Dialect, options: ExportOptions): Exported {
  const { format = 'json' } = options;
  if (dialect === 'sluice') {
    const value = document as unknown as Json;
    return { dialect, value, text: print(value, format), lost: [] };
  }
  const losses = new Losses();
  const rest = new Rest(document as unknown as Json);
  const origin = rest.take('/origin') as Origin | undefined;
  if (rest.take('/mode') !== 'full')
    losses.add(
      '/mode',
      'Scripts read a source as a whole; what is new is chosen by a filter with variables.',
    );
  if (rest.get('/mapStage') === false) rest.take('/mapStage');
  const context = { origin, sourceOf: options.sourceOf, losses, dialect };
  const ends = { reader: endOf(rest, 'reader', context), writer: endOf(rest, 'writer', context) };
  const families = {
    reader: { ...ends.reader, family: ends.reader.type.family },
    writer: { ...ends.writer, family: ends.writer.type.family },
  };
  const isPlain = families.reader.family === 'other' && families.writer.family === 'other';
  const columns = isPlain ? {} : exportColumns(rest, families, losses);
  const task = { rest, dialect, sourceOf: options.sourceOf, losses };
  const transformers = exportTransformers(rest, dialect, columns, losses);
  const parts = {
    reader: exportEnd(task, ends.reader, columns),
    writer: exportEnd(task, ends.writer, columns),
  };
  const { setting, core } = exportSetting(rest, dialect, losses);
  for (const pointer of rest.left()) losses.add(pointer, 'The dialect has nothing for it.');
  const root = envelope(dialect, ends, parts, { setting, core, transformers });
  restore(root, dialect, origin);
  return { dialect, value: root.whole, text: print(root.whole, format), lost: losses.list };
}

/** The type that a script names: the one it had, as long as the data source is of that kind. */
function endOf(
  rest: Rest,
  side: Side,
  {
    origin,
    sourceOf,
    losses,
    dialect,
  }: {
    readonly origin: Origin | undefined;
    readonly sourceOf: SourceOf;
    readonly losses: Losses;
    readonly dialect: Dialect;
  },
): ExportedEnd {
  const known = sourceOf(String(rest.get(`/${side}/dataSource`) ?? ''))?.connector;
  const was = origin?.[side];
  const type: EndType | undefined =
    was === undefined ? undefined : (typeOf(was) ?? { name: was, family: 'other' });
  const isSame =
    known === undefined || type?.connector === known || (type?.connector === 'csv' && LOCAL_FILES.has(known));
  if (type !== undefined && isSame) return { side, type, connector: known ?? type.connector ?? '' };
  const found = known === undefined ? undefined : typeForConnector(known);
  const made = found ?? {
    name: known ?? '',
    family: known === undefined ? ('table' as const) : ('other' as const),
  };
  if (known === undefined)
    losses.add(`/${side}/dataSource`, 'The type of this data source is not known here.');
  else if (found === undefined || !hasType(found, dialect))
    losses.add(`/${side}/dataSource`, `The dialect has no plug-in for ${known}.`);
  return { side, type: made, connector: known ?? '' };
}

/** Transformers name the place of their column in the record. */
function exportTransformers(
  rest: Rest,
  dialect: Dialect,
  { record }: ColumnLists,
  losses: Losses,
): readonly Json[] | undefined {
  const own = rest.take('/transformers') as readonly Open[] | undefined;
  if (own === undefined) return undefined;
  if (dialect !== 'datax' && dialect !== 'addax') {
    losses.add('/transformers', 'Only DataX and Addax have transformers.');
    return undefined;
  }
  return own.map(({ name = '', column, columnIndex, ...others }, index) => {
    const at = column === undefined ? columnIndex : record?.findIndex(({ from }) => from === column);
    if (at === -1 || (at === undefined && column !== undefined))
      losses.add(`/transformers/${index}/column`, 'The column is not among those that are written.');
    return { name, parameter: { ...(at === undefined || at === -1 ? {} : { columnIndex: at }), ...others } };
  });
}

interface Root {
  readonly whole: Open;
  /** Objects that kept keys go back into, by the pointers of `origin.keys`. */
  readonly places: Readonly<Record<string, Open>>;
}

interface Around {
  readonly setting: Open;
  readonly core: Json | undefined;
  readonly transformers: readonly Json[] | undefined;
}

function envelope(
  dialect: Exclude<Dialect, 'sluice'>,
  ends: Readonly<Record<Side, ExportedEnd>>,
  parts: Readonly<Record<Side, Open>>,
  { setting, core, transformers }: Around,
): Root {
  const { reader, writer } = parts;
  const shared = { '/setting': setting, '/reader/parameter': reader, '/writer/parameter': writer };
  if (dialect === 'dataworks-2.0') {
    const step = (side: Side, name: string): Open => ({
      category: side,
      name,
      stepType: ends[side].type.name,
      parameter: parts[side],
    });
    const [from, to] = [step('reader', 'Reader'), step('writer', 'Writer')];
    const order: Open = { hops: [{ from: 'Reader', to: 'Writer' }] };
    const whole: Open = { type: 'job', version: '2.0', steps: [from, to], setting, order };
    return { whole, places: { ...shared, '': whole, '/reader': from, '/writer': to, '/order': order } };
  }
  const plugin = (side: Side): Open =>
    dialect === 'dataworks-1.0'
      ? { plugin: ends[side].type.name, parameter: parts[side] }
      : { name: `${ends[side].type.name}${side}`, parameter: parts[side] };
  const [from, to] = [plugin('reader'), plugin('writer')];
  if (dialect === 'dataworks-1.0') {
    const configuration: Open = { reader: from, writer: to, setting };
    const whole: Open = { type: 'job', version: '1.0', configuration };
    return { whole, places: { ...shared, '': whole, '/reader': from, '/writer': to } };
  }
  const content: Open = {
    reader: from,
    writer: to,
    ...(transformers === undefined ? {} : { transformer: transformers }),
  };
  const inner: Open = dialect === 'addax' ? { settings: setting, content } : { setting, content: [content] };
  const whole: Open = { job: inner };
  const cores: Open = (core ?? {}) as Open;
  if (core !== undefined) whole['core'] = core;
  return {
    whole,
    places: {
      ...shared,
      '': whole,
      '/job': inner,
      '/content': content,
      '/reader': from,
      '/writer': to,
      '/core': cores,
    },
  };
}

/** Dialects that have the same keys outside of their plug-ins. */
const FAMILIES: Readonly<Record<Dialect, string>> = {
  sluice: 'sluice',
  'dataworks-2.0': 'dataworks',
  'dataworks-1.0': 'dataworks',
  datax: 'job',
  addax: 'job',
};

/** Puts back what a script of this family had and a document has no field for; what is written anew wins. */
function restore({ whole, places }: Root, dialect: Dialect, origin: Origin | undefined): void {
  for (const [pointer, value] of Object.entries(origin?.keys ?? {})) {
    const isParameter = /^\/(reader|writer)\/parameter\//.test(pointer);
    if (!isParameter && FAMILIES[origin!.dialect] !== FAMILIES[dialect]) continue;
    const place = Object.keys(places)
      .filter((prefix) => pointer.startsWith(`${prefix}/`))
      .toSorted((a, b) => b.length - a.length)[0];
    if (place === undefined) continue;
    const path = pathOf(pointer.slice(place.length));
    if (path.includes('__proto__')) continue;
    let at: Open = places[place]!;
    if (place === '/core' && whole['core'] === undefined) whole['core'] = at;
    for (const step of path.slice(0, -1)) {
      const next = Object.hasOwn(at, step) ? at[step] : (at[step] = {});
      if (typeof next !== 'object' || next === null || Array.isArray(next)) break;
      at = next as Open;
    }
    const key = path.at(-1)!;
    if (!Object.hasOwn(at, key)) at[key] = value;
  }
}
