import type { ConnectorSpec } from '@sluice/model';
import { KEY_RULES } from '../dialect/field-table.ts';
import type { Surroundings } from '../surroundings.ts';
import { isSchema, type JsonSchema } from '../surroundings.ts';
import type { Json } from '../syntax/node.ts';
import { checkSchema, type Fault } from './schema-check.ts';

/** The connector of a data source by its name or id; undefined: not known here. */
export type ConnectorOf = (dataSource: string) => string | undefined;

const SIDES = ['reader', 'writer'] as const;

/** Fields that scripts lead to; some of them are not there yet. */
const PLANNED: ReadonlySet<string> = new Set(
  KEY_RULES.flatMap(({ becomes }) => (becomes?.startsWith('/') === true ? [becomes] : [])).concat(
    [
      '/reader/parameters/expressions',
      '/reader/parameters/tables',
      '/reader/parameters/queries',
      '/reader/sources',
    ],
    ['/writer/parameters/tables', '/control/dirtyRatio', '/transformers'],
  ),
);

/**
 * Everything about a task document that can be said without its source and target: its form, the parameters of its connectors, what
 * they can do, what contradicts itself.
 */
export function checkDocument(
  document: Json,
  { schema, connector }: Surroundings,
  connectorOf: ConnectorOf,
): Fault[] {
  const faults = checkSchema(schema, schema, document);
  if (!isSchema(document)) return faults;
  for (const side of SIDES) {
    const end = document[side];
    if (!isSchema(end) || typeof end['dataSource'] !== 'string') continue;
    const name = connectorOf(end['dataSource']);
    const spec = name === undefined ? undefined : connector(name);
    if (spec !== undefined) faults.push(...checkEnd(document, end, side, spec));
  }
  faults.push(...checkColumns(document), ...checkLoop(document));
  return faults.map(planned);
}

function checkEnd(
  document: JsonSchema,
  end: JsonSchema,
  side: (typeof SIDES)[number],
  spec: ConnectorSpec,
): Fault[] {
  const schema = spec[side];
  if (schema === undefined)
    return [{ pointer: `/${side}`, code: 'SCRIPT_CONNECTOR', cause: `${spec.title} has no ${side}.` }];
  const faults: Fault[] = [];
  const { mode } = document;
  const { modes, writeModes } = spec.capabilities;
  if (side === 'reader' && typeof mode === 'string' && !(modes as readonly string[]).includes(mode))
    faults.push({
      pointer: '/mode',
      code: 'SCRIPT_UNSUPPORTED',
      cause: `${spec.title} cannot be read in mode ${mode}; it can in ${modes.join(', ')}.`,
    });
  const write = isSchema(document['write']) ? document['write']['mode'] : undefined;
  if (side === 'writer' && typeof write === 'string' && !(writeModes as readonly string[]).includes(write))
    faults.push({
      pointer: '/write/mode',
      code: 'SCRIPT_UNSUPPORTED',
      cause: `${spec.title} cannot be written in mode ${write}; it can in ${writeModes.join(', ')}.`,
    });
  const { parameters, sources } = end;
  // Tables of several sources stand for those of the parameters.
  if (isSchema(parameters)) {
    const given = sources === undefined || side === 'writer' ? parameters : { tables: [], ...parameters };
    faults.push(...checkSchema({}, asSchema(schema), given, [side, 'parameters']));
  }
  return faults;
}

/** A connector judges the entries of a list itself: some take texts and objects. */
function asSchema(schema: NonNullable<ConnectorSpec['reader']>): JsonSchema {
  const properties = Object.entries(schema.properties).map(([name, { items: _, ...property }]) => [
    name,
    property,
  ]);
  return { ...schema, properties: Object.fromEntries(properties) } as unknown as JsonSchema;
}

/** Columns that are named twice, or are no names. */
function checkColumns(document: JsonSchema): Fault[] {
  const faults: Fault[] = [];
  const twice = (names: readonly Json[], at: (index: number) => string, what: string): void => {
    const seen = new Set<string>();
    for (const [index, name] of names.entries()) {
      if (typeof name !== 'string') continue;
      if (seen.has(name))
        faults.push({
          pointer: at(index),
          code: 'SCRIPT_COLUMN',
          cause: `The column ${name.slice(0, 60)} is ${what} twice.`,
          remedy: 'Keep one of them.',
        });
      seen.add(name);
    }
  };
  const { mapping, reader } = document;
  if (Array.isArray(mapping))
    twice(
      (mapping as readonly Json[]).map((field) => (isSchema(field) ? (field['to'] ?? null) : null)),
      (index) => `/mapping/${index}/to`,
      'written',
    );
  const parameters = isSchema(reader) && isSchema(reader['parameters']) ? reader['parameters'] : {};
  const columns = Array.isArray(parameters['columns']) ? (parameters['columns'] as readonly Json[]) : [];
  twice(columns, (index) => `/reader/parameters/columns/${index}`, 'read');
  const star = columns.indexOf('*');
  if (star >= 0)
    faults.push({
      pointer: `/reader/parameters/columns/${star}`,
      code: 'SCRIPT_COLUMN',
      cause: '* is no name of a column.',
      remedy: 'Leave columns out to read all.',
    });
  return faults;
}

/** A task that reads what it writes. */
function checkLoop({ reader, writer }: JsonSchema): Fault[] {
  const [from, to] = [placeOf(reader), placeOf(writer)];
  if (from === undefined || from !== to) return [];
  return [
    {
      pointer: '/writer/parameters',
      code: 'SCRIPT_CONFLICT',
      cause: 'The task writes into the table that it reads.',
      remedy: 'Write into another table.',
    },
  ];
}

function placeOf(end: Json | undefined): string | undefined {
  const parameters = isSchema(end) && isSchema(end['parameters']) ? end['parameters'] : {};
  const name = parameters['table'] ?? parameters['path'];
  return isSchema(end) && name !== undefined ? JSON.stringify([end['dataSource'], name]) : undefined;
}

/** A field that is not there yet is no mistyped one. */
function planned(fault: Fault): Fault {
  if (fault.code !== 'SCRIPT_UNKNOWN_KEY' || !PLANNED.has(fault.pointer)) return fault;
  const name = fault.pointer.split('/').at(-1)!;
  return {
    pointer: fault.pointer,
    code: 'SCRIPT_UNSUPPORTED',
    cause: `Sluice has no ${name} yet, or not for this connector.`,
  };
}
