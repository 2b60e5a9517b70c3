import type { ConnectorSpec, ParameterProperty, ParameterSchema } from '@sluice/model';
import { printLine } from './edit/print.ts';
import { type Json, toJson } from './syntax/node.ts';
import { parseText } from './syntax/parse.ts';

/** A script to start from: what is required is there, what is optional stands in comments. */
export interface Template {
  /** JSON with comments. */
  readonly text: string;
  /** The same without its comments. */
  readonly document: Json;
}

export interface ConnectorTemplates {
  readonly connector: string;
  /** `reader` and `writer` of a task document. */
  readonly reader?: Template;
  readonly writer?: Template;
}

/** Templates of one connector, from its spec alone. */
export function connectorTemplates(spec: ConnectorSpec): ConnectorTemplates {
  const { reader, writer } = spec;
  return {
    connector: spec.name,
    ...(reader === undefined ? {} : { reader: template(endLines(spec, 'source', reader)) }),
    ...(writer === undefined ? {} : { writer: template(endLines(spec, 'target', writer)) }),
  };
}

/** A whole task from one connector to another; undefined: one cannot read or the other not write. */
export function taskTemplate(from: ConnectorSpec, to: ConnectorSpec): Template | undefined {
  if (from.reader === undefined || to.writer === undefined) return undefined;
  const [mode = 'full'] = from.capabilities.modes;
  const modes = to.capabilities.writeModes;
  return template([
    '{',
    `  "mode": ${JSON.stringify(mode)}, // ${from.capabilities.modes.join(', ')}`,
    ...property('reader', endLines(from, 'source', from.reader), ','),
    ...property('writer', endLines(to, 'target', to.writer), ','),
    '  // Fields pair by name; "position", or a list: [{ "to": "target", "from": "source" }, { "to": "target", "constant": 1 }]',
    '  "mapping": "name",',
    '  "write": {',
    ...modes.slice(0, 1).map((one) => `    "mode": ${JSON.stringify(one)}, // ${modes.join(', ')}`),
    '    "createTable": true // when it does not exist',
    '    // "truncateFirst": false, // empty the target once, before the first row',
    '    // "key": ["id"], // a unique key of the target; without it the primary key',
    '    // "preSql": ["delete from @table where day = current_date"], // statements before the first row',
    '    // "postSql": ["analyze @table"], // and behind the last one',
    '    // "transactionRecords": 50000,',
    '    // "transactionBytes": 16777216',
    '  },',
    '  "control": {',
    '    "channels": 1, // read and written side by side',
    '    "dirtyLimit": 0 // records that may be dirty; -1: any number',
    '    // "rowsPerSecond": 10000,',
    '    // "bytesPerSecond": 10485760,',
    '  }',
    '}',
  ]);
}

function template(lines: readonly string[]): Template {
  const text = `${lines.join('\n')}\n`;
  const { root } = parseText(text, 'json');
  if (root === undefined) throw new Error('A template cannot be read.');
  return { text, document: toJson(root) };
}

function property(key: string, lines: readonly string[], after: string): string[] {
  const [first = '', ...others] = lines;
  const all = [`${JSON.stringify(key)}: ${first}`, ...others].map((line) => `  ${line}`);
  return [...all.slice(0, -1), `${all.at(-1)}${after}`];
}

function endLines(spec: ConnectorSpec, end: 'source' | 'target', schema: ParameterSchema): string[] {
  const required = new Set(schema.required ?? schema.oneOf?.[0]?.required);
  const entries = Object.entries(schema.properties);
  const needed = entries.filter(([name]) => required.has(name));
  const ways = new Set(schema.oneOf?.flatMap((way) => way.required));
  const instead = entries.filter(([name]) => ways.has(name) && !required.has(name));
  const optional = entries.filter(([name]) => !ways.has(name) && !required.has(name));
  const line = ([name, one]: (typeof entries)[number], comma: string): string =>
    `${JSON.stringify(name)}: ${printLine(example(name, one))}${comma} // ${about(one)}`;
  return [
    '{',
    `  "dataSource": ${JSON.stringify(`<${spec.name} ${end}>`)}, // name of a data source: ${spec.title}`,
    '  "parameters": {',
    ...needed.map((entry, index) => `    ${line(entry, index < needed.length - 1 ? ',' : '')}`),
    ...instead.map((entry) => `    // or ${line(entry, '')}`),
    ...optional.map((entry) => `    // ${line(entry, ',')}`),
    '  }',
    '}',
  ];
}

/** A value that the field takes: its default, its first choice, or a name in angle brackets to be replaced. */
function example(
  name: string,
  { type, default: usual, enum: choices, minimum, items }: ParameterProperty,
): Json {
  if (usual !== undefined) return usual as Json;
  if (choices !== undefined) return choices[0]!;
  if (type === 'array') return items?.type === 'string' ? [`<${name}>`] : [];
  if (type === 'object') return {};
  if (type === 'boolean') return false;
  if (type === 'string') return `<${name}>`;
  return minimum ?? 1;
}

function about({ title, description, enum: choices }: ParameterProperty): string {
  const more = choices === undefined ? '' : ` (${choices.join(', ')})`;
  return `${title}${more}${description === undefined ? '' : `. ${description}`}`.replace(
    /\s*[\r\n]+\s*/g,
    ' ',
  );
}
