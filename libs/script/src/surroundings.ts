import type { ConnectorSpec } from '@sluice/model';
import type { Json } from './syntax/node.ts';

/** A JSON schema as parsed JSON. */
export type JsonSchema = { readonly [key: string]: Json };

/** What the library must be told, since it reads nothing itself. */
export interface Surroundings {
  /** `schemas/task.schema.json`. */
  readonly schema: JsonSchema;
  /** The spec of a connector by its name; undefined: there is none. */
  readonly connector: (name: string) => ConnectorSpec | undefined;
}

/** Whether the schema of task documents has a field, e.g. `/write/preSql`. */
export function schemaHas(schema: JsonSchema, path: readonly string[]): boolean {
  let at: JsonSchema | undefined = schema;
  for (const step of path) {
    at = resolved(schema, at);
    const properties: Json | undefined = at?.['properties'];
    const next: Json | undefined =
      isSchema(properties) && Object.hasOwn(properties, step) ? properties[step] : undefined;
    if (!isSchema(next)) return false;
    at = next;
  }
  return true;
}

export function isSchema(value: Json | undefined): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A schema that refers to a definition of the document, followed; what stands beside the reference stays. */
export function resolved(root: JsonSchema, schema: JsonSchema | undefined): JsonSchema | undefined {
  let at = schema;
  for (let hops = 0; at !== undefined && typeof at['$ref'] === 'string' && hops < 10; hops++) {
    const name = at['$ref'].replace('#/$defs/', '');
    const definitions: Json | undefined = root['$defs'];
    const { $ref: _, ...beside } = at;
    const found: Json | undefined =
      isSchema(definitions) && Object.hasOwn(definitions, name) ? definitions[name] : undefined;
    if (!isSchema(found)) return undefined;
    at = { ...found, ...beside };
  }
  return at;
}
