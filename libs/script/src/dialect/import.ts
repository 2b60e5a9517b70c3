import { checkDocument, type ConnectorOf } from '../check/validate.ts';
import type { Surroundings } from '../surroundings.ts';
import { nodeAt, type ObjectNode, toJson, walk } from '../syntax/node.ts';
import { pointerOf } from '../syntax/node.ts';
import { parseText, type Format } from '../syntax/parse.ts';
import { type Problem, Problems } from '../syntax/problem.ts';
import type { Place, SourceText } from '../syntax/source-text.ts';
import { DIALECTS, type Dialect, dialectOf, memberOf } from './dialects.ts';
import type { ScriptDocument } from './document.ts';
import { Draft } from './draft.ts';
import { readEnvelope } from './envelope.ts';
import { type FoundSource, FoundSources } from './found-sources.ts';
import { importEnds } from './import-end.ts';
import { importSetting } from './import-setting.ts';
import { importTransformers } from './import-transformers.ts';
import { Reading } from './reading.ts';
import type { ReportEntry } from './report.ts';

export interface ImportOptions extends Surroundings {
  /** Unknown keys are errors. */
  readonly strict?: boolean;
  readonly format?: Format;
  /** For task documents: the connectors of data sources that exist. */
  readonly connectorOf?: ConnectorOf;
}

export interface Imported {
  readonly format: Format;
  /** Absent: reading stopped before it was known. */
  readonly dialect?: Dialect;
  /** Of `{"name": ..., "document": ...}`; pointers are those of the document. */
  readonly name?: string;
  /** Absent: reading stopped at an error. Present beside errors it shows what the script would become. */
  readonly document?: ScriptDocument;
  /** Our connectors for the types that the script names, where there are any. */
  readonly connectors: { readonly reader?: string; readonly writer?: string };
  /** Data sources that the script spells out, to be created. */
  readonly dataSources: readonly FoundSource[];
  /** Their secrets by name: never to be shown, logged or stored but in data sources. */
  readonly secrets: ReadonlyMap<string, Readonly<Record<string, string>>>;
  readonly report: readonly ReportEntry[];
  readonly problems: readonly Problem[];
  /** Nothing stands against storing and running the document, as far as this can be told from the script. */
  readonly isReady: boolean;
  /** Where a place of the document comes from in the text; the closest that is known. */
  locate(pointer: string): Place;
}

/** Reads a script of any dialect, in JSON or YAML, and makes our task document of it. Never throws. */
export function importScript(text: string, options: ImportOptions): Imported {
  const parsed = parseText(text, options.format);
  const { source, format, root } = parsed;
  const problems = new Problems(source);
  problems.found.push(...parsed.problems);
  const stopped = (dialect?: Dialect): Imported => ({
    format,
    ...(dialect === undefined ? {} : { dialect }),
    connectors: {},
    dataSources: [],
    secrets: new Map(),
    report: [],
    problems: problems.found,
    isReady: false,
    locate: () => ({ line: 1, column: 1 }),
  });
  if (root === undefined) return stopped();
  const wrapped =
    root.kind === 'object' && dialectOf(root) === undefined ? memberOf(root, 'document') : undefined;
  if (root.kind === 'object' && wrapped?.value.kind === 'object') {
    const name = memberOf(root, 'name')?.value;
    const own = ownDocument(wrapped.value, source, problems, options, format);
    return name?.kind === 'scalar' && typeof name.value === 'string' ? { ...own, name: name.value } : own;
  }
  const dialect = root.kind === 'object' ? dialectOf(root) : undefined;
  if (root.kind !== 'object' || dialect === undefined) {
    const keys = root.kind === 'object' ? root.members.map(({ key }) => key.slice(0, 30)).slice(0, 5) : [];
    problems.add({
      code: 'SCRIPT_DIALECT',
      offset: root.start,
      pointer: '',
      cause:
        keys.length === 0
          ? 'The script is no object with keys.'
          : `None of the keys ${keys.join(', ')} says what it is: a task has reader and writer, a script steps, configuration or job.`,
    });
    return stopped();
  }
  return dialect === 'sluice'
    ? ownDocument(root, source, problems, options, format)
    : foreign(root, source, problems, options, format, dialect);
}

function foreign(
  root: ObjectNode,
  source: SourceText,
  problems: Problems,
  options: ImportOptions,
  format: Format,
  dialect: Exclude<Dialect, 'sluice'>,
): Imported {
  const reading = new Reading(root, source, problems, options.strict === true);
  const draft = new Draft(reading, options);
  const found = new FoundSources(reading);
  const envelope = readEnvelope(reading, dialect);
  importEnds(draft, envelope, found);
  importTransformers(draft, envelope.transformers);
  importSetting(draft, envelope, dialect);
  const report = reading.report();
  const { reader = '', writer = '' } = draft.typeNames;
  const keys = Object.keys(reading.kept).length === 0 ? {} : { keys: reading.kept };
  draft.set('/origin', { dialect, reader, writer, ...keys });
  const hasEnds = envelope.reader !== undefined && envelope.writer !== undefined;
  return {
    format,
    dialect,
    ...(hasEnds ? { document: inOrder(draft.value) } : {}),
    connectors: {
      ...(draft.spec('reader') === undefined ? {} : { reader: draft.spec('reader')!.name }),
      ...(draft.spec('writer') === undefined ? {} : { writer: draft.spec('writer')!.name }),
    },
    dataSources: found.list,
    secrets: found.secrets,
    report,
    problems: ordered(problems),
    isReady: hasEnds && !problems.hasErrors,
    locate: (pointer) => source.placeAt(offsetOf(reading.origins, pointer)),
  };
}

const ORDER = ['mode', 'reader', 'writer', 'mapping', 'transformers', 'write', 'control', 'origin'];

function inOrder(value: Draft['value']): ScriptDocument {
  const entries = Object.entries(value).toSorted(([a], [b]) => ORDER.indexOf(a) - ORDER.indexOf(b));
  return Object.fromEntries(entries) as unknown as ScriptDocument;
}

function offsetOf(origins: ReadonlyMap<string, number>, pointer: string): number {
  for (let at = pointer; at !== ''; at = at.slice(0, at.lastIndexOf('/'))) {
    const offset = origins.get(at);
    if (offset !== undefined) return offset;
  }
  return 0;
}

/** Our own document: checked as it stands, its keys in their exact spelling. */
function ownDocument(
  root: ObjectNode,
  source: SourceText,
  problems: Problems,
  options: ImportOptions,
  format: Format,
): Imported {
  const document = toJson(root);
  const place = (pointer: string): number => {
    const { node, isExact } = nodeAt(root, pointer);
    return !isExact || pointer === '' ? node.start : memberStart(root, pointer, node.start);
  };
  const faults = checkDocument(document, options, options.connectorOf ?? (() => undefined));
  for (const fault of faults) problems.add({ severity: 'error', offset: place(fault.pointer), ...fault });
  const unknown = new Map(faults.map((fault) => [fault.pointer, fault]));
  const report: ReportEntry[] = [];
  for (const { path, member } of walk(root)) {
    if (member === undefined) continue;
    const pointer = pointerOf(path);
    const fault = unknown.get(pointer);
    const isUnknown = fault?.code === 'SCRIPT_UNKNOWN_KEY' || fault?.code === 'SCRIPT_UNSUPPORTED';
    report.push({
      pointer,
      ...source.placeAt(member.start),
      fate: isUnknown ? 'unsupported' : 'mapped',
      became: pointer,
      ...(isUnknown ? { code: fault.code, why: fault.cause } : {}),
    });
  }
  return {
    format,
    dialect: 'sluice',
    document: document as unknown as ScriptDocument,
    connectors: {},
    dataSources: [],
    secrets: new Map(),
    report,
    problems: ordered(problems),
    isReady: !problems.hasErrors,
    locate: (pointer) => source.placeAt(place(pointer)),
  };
}

/** The key of a member says more than its value: it is where people look. */
function memberStart(root: ObjectNode, pointer: string, fallback: number): number {
  const parent = nodeAt(root, pointer.slice(0, pointer.lastIndexOf('/'))).node;
  if (parent.kind !== 'object') return fallback;
  const key = pointer
    .slice(pointer.lastIndexOf('/') + 1)
    .replaceAll('~1', '/')
    .replaceAll('~0', '~');
  return parent.members.findLast((member) => member.key === key)?.start ?? fallback;
}

function ordered({ found }: Problems): Problem[] {
  return found.toSorted((a, b) => a.line - b.line || a.column - b.column);
}

/** Whether a text names a dialect. */
export function isDialect(text: string): text is Dialect {
  return (DIALECTS as readonly string[]).includes(text);
}
