import { trimmed } from '../syntax/json-text.ts';
import { pointerOf, toJson } from '../syntax/node.ts';
import { nearest } from '../nearest.ts';
import { TEXT } from './conversions.ts';
import type { Draft } from './draft.ts';
import { holdsVariable } from './draft.ts';
import type { Envelope, Part } from './envelope.ts';
import { rulesOf, type Side } from './field-table.ts';
import type { FoundSources } from './found-sources.ts';
import { type EndColumns, importMapping, importReadColumns, importWriteColumns } from './import-columns.ts';
import { importConnection } from './import-connection.ts';
import { fileWriteColumns, formatOfFile, importFileColumns, importFiles } from './import-file.ts';
import { importWriting } from './import-writing.ts';
import { withoutSecrets } from './secrets.ts';
import { type EndType, TYPE_NAMES, typeName, typeOf } from './types.ts';

interface End {
  readonly side: Side;
  readonly part: Part;
  readonly type: EndType;
  /** Absent: Sluice has none. */
  readonly connector: string | undefined;
}

/** Reader and writer with their parameters, and the mapping that their columns make. */
export function importEnds(draft: Draft, envelope: Envelope, found: FoundSources): void {
  const [reader, writer] = (['reader', 'writer'] as const).map((side) => {
    const part = envelope[side];
    return part === undefined ? undefined : openEnd(draft, side, part, found);
  });
  // The names of target columns name expressions of the reader; those of the reader name columns of files.
  const names =
    writer?.type.family === 'table'
      ? importWriteColumns(draft, writer.part.parameter, writer.connector ?? '')
      : undefined;
  const from = reader === undefined ? undefined : readColumns(draft, reader, names);
  if (
    writer !== undefined &&
    from !== undefined &&
    [reader, writer].some((end) => end?.type.family !== 'other')
  ) {
    const at = writer.part.parameter.node;
    importMapping(
      draft,
      from,
      names ?? (writer.type.family === 'file' ? fileWriteColumns(draft, from, at) : { at }),
    );
  }
  for (const end of [reader, writer]) if (end !== undefined) importParameters(draft, end);
}

function readColumns(
  draft: Draft,
  { part, type, connector }: End,
  names: EndColumns | undefined,
): EndColumns {
  const keys = part.parameter;
  if (type.family === 'other' || isQuery(draft)) {
    // A query brings its own columns.
    const own = type.family === 'other' ? undefined : keys.take('column', ['columns']);
    if (own !== undefined) draft.reading.ignored(own, undefined, 'The query has its own columns.');
    if (type.family !== 'other') withoutTable(draft, keys);
    return { at: keys.node };
  }
  return type.family === 'file'
    ? importFileColumns(draft, keys)
    : importReadColumns(draft, keys, connector ?? '', names?.writer);
}

/** Whether the reader has queries in place of tables. */
function isQuery(draft: Draft): boolean {
  return draft.has('/reader/parameters/querySql') || draft.has('/reader/parameters/queries');
}

/** What says which rows of a table are read says nothing beside a query. */
function withoutTable(draft: Draft, keys: Part['parameter']): void {
  for (const { key, also } of rulesOf('reader', 'table')) {
    if (key !== 'where' && key !== 'splitPk') continue;
    const member = keys.take(key, also);
    if (member !== undefined)
      draft.reading.ignored(member, `/reader/parameter/${key}`, 'The query stands for it.');
  }
}

function openEnd(draft: Draft, side: Side, part: Part, found: FoundSources): End {
  const { reading } = draft;
  const { typeText } = part;
  const type = typeOf(typeText) ?? { name: typeName(typeText), family: 'other' as const };
  draft.typeNames[side] = type.name;
  const keys = part.parameter;
  const rules = rulesOf(side, type.family);
  const file = type.family === 'file' ? formatOfFile(draft, { side, keys, rules, type }) : undefined;
  const connector = file?.connector ?? type.connector;
  const spec = connector === undefined ? undefined : draft.connect(side, connector);
  if (spec?.[side] === undefined) {
    const near = typeOf(typeText) === undefined ? nearest(type.name, TYPE_NAMES) : undefined;
    reading.settle(part.type, {
      fate: 'unsupported',
      became: `/${side}/dataSource`,
      code: 'SCRIPT_CONNECTOR',
      ...(near === undefined ? {} : { nearest: near }),
    });
    reading.problem(part.type.value, {
      code: 'SCRIPT_CONNECTOR',
      cause:
        spec === undefined
          ? `Sluice has no connector for ${type.name.slice(0, 40) || 'a type without a name'}.${near === undefined ? '' : ` Did you mean ${near}?`}`
          : `${spec.title} has no ${side}.`,
      ...(near === undefined ? {} : { remedy: `Write ${near}.` }),
    });
  } else reading.mapped(part.type, `/${side}/dataSource`, connector);
  const known = spec === undefined ? undefined : connector;
  if (type.family === 'table') importConnection(draft, { side, keys, rules, connector: known }, found);
  else if (file !== undefined) importFiles(draft, { side, keys, rules, type }, found, file);
  else verbatim(draft, side, part);
  if (side === 'writer' && type.family === 'table') importWriting(draft, keys, known);
  return { side, part, type, connector: known };
}

/** Keys by their rules; what code has taken is gone from them. */
function importParameters(draft: Draft, { side, part, type }: End): void {
  for (const rule of rulesOf(side, type.family)) {
    const member = part.parameter.take(rule.key, rule.also);
    if (member !== undefined && !draft.reading.isSettled(member))
      draft.put(rule, member, `/${side}/parameter/${rule.key}`);
  }
}

/** Parameters of a type that is not known: kept as they stand, for the document and for the way back. */
function verbatim(draft: Draft, side: Side, { parameter }: Part): void {
  const { reading } = draft;
  const source = parameter.take('datasource', ['dataSource']);
  const name = source === undefined ? undefined : reading.value(source, TEXT);
  if (source !== undefined) reading.mapped(source, `/${side}/dataSource`, name ?? '');
  draft.set(
    `/${side}/dataSource`,
    name === undefined ? (draft.typeNames[side] ?? '') : trimmed(String(name)),
  );
  for (const { key } of parameter.rest) {
    const member = parameter.take(trimmed(key));
    if (member === undefined) continue;
    const became = `/${side}/parameters${pointerOf([trimmed(key)])}`;
    const value = withoutSecrets(trimmed(key), toJson(member.value));
    reading.settle(member, {
      fate: 'unsupported',
      became,
      code: 'SCRIPT_CONNECTOR',
      why: 'It is kept as it stands.',
    });
    if (value === undefined)
      reading.problem(
        member.value,
        { code: 'SCRIPT_SECRET', cause: `${trimmed(key)} looks like a secret; it is not kept.` },
        member.start,
      );
    else {
      draft.set(became, value);
      if (holdsVariable(value))
        reading.problem(member.value, {
          code: 'SCRIPT_VARIABLE',
          severity: 'warning',
          cause: `${trimmed(key)} holds a variable.`,
        });
    }
  }
}
