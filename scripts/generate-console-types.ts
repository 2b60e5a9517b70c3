/** Rewrites the console's types of API answers from the OpenAPI document's schemas: `node scripts/generate-console-types.ts`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { COMPONENTS } from '@sluice/coordinator';

const FILE = join(import.meta.dirname, '../services/console/src/app/api/answers.ts');

/** Written by hand in libs/model, which the server uses too. */
const MODEL: Readonly<Record<string, string>> = {
  TaskDocument: 'TaskDocument',
  ParameterSchema: 'ParameterSchema',
};

/** What the console does not ask for. */
const OTHERS = /^(Registry|Health|AccessKey|NewWorkspace|Secret|Template)/;

type Json = Readonly<Record<string, unknown>>;

/** The text of the file as the schemas say. */
export function consoleTypes(): string {
  const types = Object.entries(COMPONENTS)
    .filter(([name]) => !Object.hasOwn(MODEL, name) && !OTHERS.test(name))
    .map(([name, schema]) => `export type ${name} = ${typeOf(schema as Json, 0)};\n`);
  return `// Generated from the schemas of the OpenAPI document: node scripts/generate-console-types.ts
import type { ${Object.keys(MODEL).toSorted().join(', ')} } from '@sluice/model';

${types.join('\n')}`;
}

/** What stands there now. */
export const writtenTypes = (): string => readFileSync(FILE, 'utf8');

function typeOf(schema: Json, depth: number): string {
  if (typeof schema['$ref'] === 'string') return schema['$ref'].split('/').at(-1)!;
  if ('const' in schema) return JSON.stringify(schema['const']);
  if (Array.isArray(schema['enum'])) return schema['enum'].map(literal).join(' | ');
  const kinds = [schema['type']].flat();
  return kinds.map((kind) => plain(kind, schema, depth)).join(' | ');
}

const literal = (value: unknown): string =>
  typeof value === 'string' ? `'${value}'` : JSON.stringify(value);

function plain(kind: unknown, schema: Json, depth: number): string {
  switch (kind) {
    case 'integer':
    case 'number':
      return 'number';
    case 'string':
    case 'boolean':
    case 'null':
      return kind;
    case 'array': {
      const items = typeOf((schema['items'] ?? {}) as Json, depth);
      return `readonly ${items.includes(' ') && !items.startsWith('{') ? `(${items})` : items}[]`;
    }
    case 'object':
      return objectType(schema, depth);
    default:
      return 'unknown';
  }
}

function objectType(schema: Json, depth: number): string {
  const properties = (schema['properties'] ?? {}) as Readonly<Record<string, Json>>;
  const required = new Set((schema['required'] ?? []) as readonly string[]);
  const more = schema['additionalProperties'];
  if (Object.keys(properties).length === 0 && schema['properties'] === undefined)
    return `Readonly<Record<string, ${typeof more === 'object' ? typeOf(more as Json, depth) : 'unknown'}>>`;
  const fields = Object.entries(properties).map(
    ([name, of]) => `readonly ${name}${required.has(name) ? '' : '?'}: ${typeOf(of, depth + 1)}`,
  );
  // The fields of an answer one below the other, what is in them in one line.
  return depth === 0 ? `{\n  ${fields.join(';\n  ')};\n}` : `{ ${fields.join('; ')} }`;
}

if (import.meta.main) writeFileSync(FILE, consoleTypes());
