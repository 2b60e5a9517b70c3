import { readFileSync } from 'node:fs';
import type { ConnectorSpec, ParameterProperty } from '@sluice/model';
import type { JsonSchema, Surroundings } from '../src/index.ts';

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');

export const sample = (name: string): string => read(`samples/${name}`);

const text = (title: string): ParameterProperty => ({ type: 'string', title, minLength: 1 });
const columns: ParameterProperty = { type: 'array', title: 'Columns', items: { type: 'string' } };
const table = text('Table');

const connector = (
  name: string,
  reader: Readonly<Record<string, ParameterProperty>>,
  writer: Readonly<Record<string, ParameterProperty>>,
): ConnectorSpec => {
  const schema = (
    properties: Readonly<Record<string, ParameterProperty>>,
  ): NonNullable<ConnectorSpec['reader']> => ({
    type: 'object',
    properties,
    required: Object.keys(properties).slice(0, 1),
    additionalProperties: false,
  });
  return {
    name,
    title: name,
    schemes: [],
    dataSource: schema({ host: text('Host') }),
    reader: schema(reader),
    writer: schema(writer),
    capabilities: {
      modes: ['full'],
      splittable: true,
      resumable: true,
      writeModes: ['insert', 'upsert'],
      guarantee: 'exactly-once',
      projects: true,
    },
  };
};

const TABLE = { table, columns, where: text('Filter'), splitKey: text('Split key') };
const FILE = {
  path: text('Path'),
  delimiter: text('Delimiter'),
  quote: { type: 'string', title: 'Quote' },
  nullText: { type: 'string', title: 'Text for null' },
  header: { type: 'boolean', title: 'Header' },
  encoding: text('Encoding'),
} as const satisfies Readonly<Record<string, ParameterProperty>>;

const SPECS: Readonly<Record<string, ConnectorSpec>> = {
  mysql: connector('mysql', TABLE, { table }),
  postgres: connector('postgres', TABLE, { table }),
  sqlite: connector('sqlite', TABLE, { table }),
  csv: connector(
    'csv',
    { ...FILE, columns, escape: text('Escape') },
    {
      ...FILE,
      existing: text('Files that are there'),
      compression: text('Compression'),
      dateFormat: text('Form of dates'),
      booleans: text('Booleans'),
    },
  ),
};

/** A product of a fixed size: what the real one learns later changes no test. */
export const PINNED: Surroundings = {
  schema: JSON.parse(read('schema.json')) as JsonSchema,
  connector: (name) => (Object.hasOwn(SPECS, name) ? SPECS[name] : undefined),
};

/** The same with one more parameter of MySQL's reader. */
export function learning(name: string, property: ParameterProperty): Surroundings {
  const mysql = connector('mysql', { ...TABLE, [name]: property }, { table });
  return { ...PINNED, connector: (wanted) => (wanted === 'mysql' ? mysql : PINNED.connector(wanted)) };
}
