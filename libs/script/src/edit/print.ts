import { stringify } from 'yaml';
import type { Json } from '../syntax/node.ts';
import type { Format } from '../syntax/parse.ts';

const WIDTH = 100;

/** A value as text that reads back as the same value; ends with a line break. */
export function print(value: Json, format: Format): string {
  return format === 'json' ? `${printJson(value)}\n` : printYaml(value);
}

/** JSON with two blanks a level; what is short and holds no object stays on one line. `indent`: of the line that it stands in. */
export function printJson(value: Json, indent = ''): string {
  const line = JSON.stringify(value);
  if (typeof value !== 'object' || value === null) return line;
  const inner = `${indent}  `;
  if (Array.isArray(value)) {
    const isFlat = value.every((item) => typeof item !== 'object' || item === null);
    if (value.length === 0 || (isFlat && line.length + indent.length <= WIDTH)) return printLine(value);
    return `[\n${value.map((item: Json) => inner + printJson(item, inner)).join(',\n')}\n${indent}]`;
  }
  const entries = Object.entries(value as { readonly [key: string]: Json });
  if (entries.length === 0) return '{}';
  if (
    entries.every(([, one]) => typeof one !== 'object' || one === null) &&
    line.length + indent.length <= WIDTH &&
    entries.length <= 4
  )
    return printLine(value);
  return `{\n${entries.map(([key, one]) => `${inner}${JSON.stringify(key)}: ${printJson(one, inner)}`).join(',\n')}\n${indent}}`;
}

/** JSON on one line with blanks where people put them; YAML in its flow form too. */
export function printLine(value: Json): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(printLine).join(', ')}]`;
  const entries = Object.entries(value as { readonly [key: string]: Json });
  if (entries.length === 0) return '{}';
  return `{ ${entries.map(([key, one]) => `${JSON.stringify(key)}: ${printLine(one)}`).join(', ')} }`;
}

export function printYaml(value: Json): string {
  return stringify(value, { lineWidth: 0, version: '1.2', aliasDuplicateObjects: false });
}
