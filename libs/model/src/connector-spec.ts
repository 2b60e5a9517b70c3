import type { TaskMode } from './task.ts';
import type { WriteMode } from './plan.ts';

/** A JSON schema (2020-12 subset): `type: object`, flat properties, with the annotations below. */
export interface ParameterSchema {
  readonly type: 'object';
  readonly properties: Readonly<Record<string, ParameterProperty>>;
  readonly required?: readonly string[];
  /** Of these exactly one is required; the first is what most take. */
  readonly oneOf?: readonly { readonly required: readonly string[] }[];
  readonly additionalProperties: false;
}

export interface ParameterProperty {
  readonly type: 'string' | 'integer' | 'number' | 'boolean' | 'array' | 'object';
  readonly title: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly (string | number)[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly items?: { readonly type: string };
  /** Write-only and encrypted at rest (S-25, S-26). */
  readonly secret?: boolean;
  /** Changing it clears the secrets of the data source (S-24). */
  readonly identity?: boolean;
  readonly group?: string;
}

/** Pure data about a connector; validation, forms, templates, docs and tests come from it. */
export interface ConnectorSpec {
  /** Type name: `postgres`, `mysql`, ... */
  readonly name: string;
  readonly title: string;
  /** URL schemes that `sluice copy` accepts for it, e.g. `postgres`, `postgresql`. */
  readonly schemes: readonly string[];
  readonly dataSource: ParameterSchema;
  readonly reader?: ParameterSchema;
  readonly writer?: ParameterSchema;
  readonly capabilities: {
    readonly modes: readonly TaskMode[];
    readonly splittable: boolean;
    readonly resumable: boolean;
    readonly writeModes: readonly WriteMode[];
    readonly guarantee: 'exactly-once' | 'effectively-once' | 'at-least-once' | 'none';
    /** The reader's query can rename, reorder and add constants, so that no map stage is needed (D-8). */
    readonly projects: boolean;
  };
}
