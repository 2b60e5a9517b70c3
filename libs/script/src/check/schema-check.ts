import { nearest } from '../nearest.ts';
import { isSchema, type JsonSchema, resolved } from '../surroundings.ts';
import { type Json, type Path, pointerOf } from '../syntax/node.ts';
import type { ProblemCode } from '../syntax/problem-table.ts';

/** Something about a value of a document. */
export interface Fault {
  readonly pointer: string;
  readonly code: ProblemCode;
  readonly cause: string;
  readonly remedy?: string;
}

/**
 * Checks a value against a JSON schema of the kind that this product writes: the keywords of task.schema.json and of connector specs.
 * Other keywords are not looked at: this explains, the server judges.
 */
export function checkSchema(root: JsonSchema, schema: JsonSchema, value: Json, path: Path = []): Fault[] {
  return new Check(root).value(schema, value, path);
}

class Check {
  readonly #root: JsonSchema;

  constructor(root: JsonSchema) {
    this.#root = root;
  }

  value(given: JsonSchema, value: Json, path: Path): Fault[] {
    const schema = resolved(this.#root, given) ?? given;
    const name = nameOf(schema, path);
    const misfit = typeMisfit(schema['type'], value);
    if (misfit !== undefined) return [fault(path, 'SCRIPT_TYPE', `${name} must be ${misfit}.`)];
    return [
      ...this.#choice(schema, value, path, name),
      ...limits(schema, value, path, name),
      ...(Array.isArray(value) ? this.#list(schema, value as readonly Json[], path, name) : []),
      ...(isSchema(value) ? this.#object(schema, value, path) : []),
    ];
  }

  #choice(schema: JsonSchema, value: Json, path: Path, name: string): Fault[] {
    const words = schema['enum'];
    if (Array.isArray(words) && !words.includes(value as never)) {
      const near = typeof value === 'string' ? nearest(value, words.map(String)) : undefined;
      const hint = near === undefined ? {} : { remedy: `Write ${near}.` };
      return [{ ...fault(path, 'SCRIPT_RANGE', `${name} must be one of ${words.join(', ')}.`), ...hint }];
    }
    const { oneOf, anyOf } = schema;
    const ways = [oneOf, anyOf].find(Array.isArray) as readonly Json[] | undefined;
    if (ways === undefined) return [];
    const schemas = ways.filter(isSchema);
    const found = schemas.map((way) => this.value(way, value, path));
    const fits = found.filter((faults) => faults.length === 0).length;
    if (fits === 1 || (fits > 1 && oneOf === undefined)) return [];
    if (schemas.every((way) => Array.isArray(way['required']))) {
      // A key that is not known may be the one that is meant, and is named itself.
      const known = isSchema(schema['properties']) ? Object.keys(schema['properties']) : [];
      if (fits === 0 && isSchema(value) && Object.keys(value).some((key) => !known.includes(key))) return [];
      const keys = schemas.map((way) => (way['required'] as readonly string[]).join(' and '));
      return [
        fault(
          path,
          fits > 1 ? 'SCRIPT_CONFLICT' : 'SCRIPT_REQUIRED',
          `Exactly one of ${keys.join(', ')} is needed.`,
        ),
      ];
    }
    // The way whose type fits says what is wrong; else what all of them want.
    const close = found.find(
      (faults, index) =>
        typeMisfit(resolved(this.#root, schemas[index])?.['type'], value) === undefined &&
        schemas[index]!['enum'] === undefined &&
        faults.length > 0,
    );
    const wanted = schemas.map((way) => shape(resolved(this.#root, way) ?? way));
    return close ?? [fault(path, 'SCRIPT_TYPE', `${name} must be ${wanted.join(', or ')}.`)];
  }

  #list(schema: JsonSchema, value: readonly Json[], path: Path, name: string): Fault[] {
    const { minItems, maxItems, items } = schema;
    if (typeof minItems === 'number' && value.length < minItems)
      return [fault(path, 'SCRIPT_RANGE', `${name} needs at least ${minItems} entry.`)];
    if (typeof maxItems === 'number' && value.length > maxItems)
      return [fault(path, 'SCRIPT_RANGE', `${name} has more than ${maxItems} entries.`)];
    return isSchema(items) ? value.flatMap((item, index) => this.value(items, item, [...path, index])) : [];
  }

  #object(schema: JsonSchema, value: { readonly [key: string]: Json }, path: Path): Fault[] {
    const properties: JsonSchema = isSchema(schema['properties']) ? schema['properties'] : {};
    const faults: Fault[] = [];
    for (const [key, one] of Object.entries(value)) {
      const at = [...path, key];
      const property = Object.hasOwn(properties, key) ? properties[key] : undefined;
      if (isSchema(property)) faults.push(...this.value(property, one, at));
      else if (schema['additionalProperties'] === false)
        faults.push(unknownKey(key, Object.keys(properties), at));
      else if (isSchema(schema['additionalProperties']))
        faults.push(...this.value(schema['additionalProperties'], one, at));
    }
    const required =
      Array.isArray(schema['required']) && isSchema(schema['properties'])
        ? (schema['required'] as readonly string[])
        : [];
    for (const key of required)
      if (!Object.hasOwn(value, key))
        faults.push(fault([...path, key], 'SCRIPT_REQUIRED', `The field ${key} is required.`));
    return bareRequired(schema, value, path) ?? faults;
  }
}

/** `{"required": ["from"]}` alone, as a way of `oneOf`. */
function bareRequired(
  schema: JsonSchema,
  value: { readonly [key: string]: Json },
  path: Path,
): Fault[] | undefined {
  if (isSchema(schema['properties']) || !Array.isArray(schema['required'])) return undefined;
  const missing = (schema['required'] as readonly string[]).filter((key) => !Object.hasOwn(value, key));
  return missing.map((key) => fault([...path, key], 'SCRIPT_REQUIRED', `The field ${key} is required.`));
}

function unknownKey(key: string, known: readonly string[], path: Path): Fault {
  const near = nearest(key, known);
  const cause = `There is no field ${key.slice(0, 60)}.${near === undefined ? '' : ` Did you mean ${near}?`}`;
  const remedy = near === undefined ? `Fields are ${known.join(', ')}.` : `Write ${near}.`;
  return { ...fault(path, 'SCRIPT_UNKNOWN_KEY', cause), ...(known.length === 0 ? {} : { remedy }) };
}

function limits(schema: JsonSchema, value: Json, path: Path, name: string): Fault[] {
  const range = (text: string): Fault[] => [fault(path, 'SCRIPT_RANGE', `${name} must ${text}.`)];
  const { minimum, maximum, exclusiveMinimum, minLength, maxLength, pattern } = schema;
  if (typeof value === 'number') {
    if (typeof minimum === 'number' && value < minimum) return range(`be at least ${minimum}`);
    if (typeof maximum === 'number' && value > maximum) return range(`be at most ${maximum}`);
    if (typeof exclusiveMinimum === 'number' && value <= exclusiveMinimum)
      return range(`be more than ${exclusiveMinimum}`);
  }
  if (typeof value === 'string') {
    if (typeof minLength === 'number' && value.length < minLength) return range('not be empty');
    if (typeof maxLength === 'number' && value.length > maxLength)
      return range(`have at most ${maxLength} characters`);
    if (typeof pattern === 'string' && !new RegExp(pattern, 'u').test(value)) return range(`fit ${pattern}`);
  }
  return [];
}

const TYPE_NAMES: Readonly<Record<string, string>> = {
  string: 'a text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  null: 'null',
};

/** What a value should be and is not; undefined: it is. */
function typeMisfit(type: Json | undefined, value: Json): string | undefined {
  if (type === undefined) return undefined;
  const types = (Array.isArray(type) ? type : [type]).map(String);
  const fits = types.some((one) => {
    if (one === 'integer') return Number.isInteger(value);
    if (one === 'array') return Array.isArray(value);
    if (one === 'null') return value === null;
    if (one === 'object') return isSchema(value);
    return typeof value === one;
  });
  return fits ? undefined : types.map((one) => TYPE_NAMES[one] ?? one).join(' or ');
}

function shape(schema: JsonSchema): string {
  if (Array.isArray(schema['enum'])) return `one of ${schema['enum'].join(', ')}`;
  return typeof schema['type'] === 'string'
    ? (TYPE_NAMES[schema['type']] ?? 'another value')
    : 'another value';
}

function nameOf(schema: JsonSchema, path: Path): string {
  const title = schema['title'];
  const last = path.at(-1);
  if (typeof title === 'string' && path.length > 0) return title;
  return typeof last === 'string' ? last : last === undefined ? 'The document' : `Entry ${last + 1}`;
}

function fault(path: Path, code: ProblemCode, cause: string): Fault {
  return { pointer: pointerOf(path), code, cause };
}
