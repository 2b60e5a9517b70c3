import { holdsVariable } from '../dialect/draft.ts';
import { isSchema, type JsonSchema, type Surroundings } from '../surroundings.ts';
import { type Json, type Path, pointerOf } from '../syntax/node.ts';
import { checkSchema } from './schema-check.ts';
import type { ConnectorOf } from './validate.ts';

/** What a wizard cannot show. */
export interface Hidden {
  readonly pointer: string;
  readonly why: string;
}

export interface Representable {
  readonly isRepresentable: boolean;
  /** Exact paths; what lies below one of them is not named again. */
  readonly hidden: readonly Hidden[];
}

/** Fields that the script has and the wizard does not, by pointer. */
const SCRIPT_ONLY: Readonly<Record<string, string>> = {
  '/mapStage': 'It forces a map stage, for tests.',
  '/transformers': 'Transformers of DataX are written in the script.',
  '/reader/sources': 'The wizard reads one data source.',
  '/reader/parameters/querySql': 'The wizard reads tables.',
  '/reader/parameters/queries': 'The wizard reads tables.',
  '/reader/parameters/session': 'Session settings are written in the script.',
};

/** Fields of which the wizard shows one entry. */
const ONE_ENTRY = ['/write/preSql', '/write/postSql'];

/** Whether a wizard can show the whole document; if not, the paths that it cannot. What it does not know at all is among them. */
export function representable(
  document: Json,
  { schema, connector }: Surroundings,
  connectorOf: ConnectorOf,
): Representable {
  const hidden: Hidden[] = [];
  if (!isSchema(document))
    return { isRepresentable: false, hidden: [{ pointer: '', why: 'It is no task document.' }] };
  const { origin: _, ...shown } = document;
  for (const { pointer, cause } of checkSchema(schema, schema, shown)) hidden.push({ pointer, why: cause });
  for (const side of ['reader', 'writer'] as const) {
    const end = shown[side];
    if (!isSchema(end) || !isSchema(end['parameters'])) continue;
    const name = connectorOf(String(end['dataSource']));
    const properties = (name === undefined ? undefined : connector(name))?.[side]?.properties;
    if (properties === undefined) {
      hidden.push({
        pointer: `/${side}`,
        why: `No connector is known for the data source ${String(end['dataSource']).slice(0, 60)}.`,
      });
      continue;
    }
    for (const [key, value] of Object.entries(end['parameters'])) {
      const property = Object.hasOwn(properties, key) ? properties[key] : undefined;
      const pointer = pointerOf([side, 'parameters', key]);
      if (property === undefined) hidden.push({ pointer, why: `The ${side} has no ${key.slice(0, 60)}.` });
      else hidden.push(...nested(value, [side, 'parameters', key]));
    }
  }
  for (const [pointer, why] of Object.entries(SCRIPT_ONLY))
    if (at(shown, pointer) !== undefined) hidden.push({ pointer, why });
  for (const pointer of ONE_ENTRY) {
    const value = at(shown, pointer);
    if (Array.isArray(value) && value.length > 1)
      hidden.push({ pointer, why: 'The wizard shows one statement.' });
  }
  const control = shown['control'];
  for (const [key, value] of Object.entries(isSchema(control) ? control : {}))
    if (holdsVariable(value))
      hidden.push({ pointer: pointerOf(['control', key]), why: 'The wizard takes numbers here.' });
  const outer = outermost(hidden);
  return { isRepresentable: outer.length === 0, hidden: outer };
}

/** Objects within a parameter: a form has fields for texts, numbers, switches and lists of them. */
function nested(value: Json, path: Path): Hidden[] {
  if (Array.isArray(value))
    return (value as readonly Json[]).flatMap((item, index) =>
      typeof item === 'object' && item !== null
        ? [{ pointer: pointerOf([...path, index]), why: 'A form shows lists of single values.' }]
        : [],
    );
  return isSchema(value) ? [{ pointer: pointerOf(path), why: 'A form has no field for an object.' }] : [];
}

function at(document: JsonSchema, pointer: string): Json | undefined {
  let value: Json | undefined = document;
  for (const step of pointer.split('/').slice(1)) value = isSchema(value) ? value[step] : undefined;
  return value;
}

function outermost(hidden: readonly Hidden[]): Hidden[] {
  const unique = hidden.filter(
    (one, index) => hidden.findIndex(({ pointer }) => pointer === one.pointer) === index,
  );
  return unique.filter(
    ({ pointer }) => !unique.some((one) => one.pointer !== pointer && pointer.startsWith(`${one.pointer}/`)),
  );
}
