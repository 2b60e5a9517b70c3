import type { ParameterSchema } from '@sluice/model';

/** Settings as they may be shown. */
export interface ShownConfig {
  readonly config: Readonly<Record<string, unknown>>;
  /** Not all of them are known to be fit to be shown: none is. */
  readonly hidden?: true;
}

/**
 * Masking fails closed (S-26): settings are shown only while the connector's spec names each of them as one that is no secret. Of a connector that
 * is not there, or with a field that its spec does not have (any more) or calls a secret by now, nothing is.
 */
export function shownConfig(
  config: Readonly<Record<string, unknown>>,
  schema: ParameterSchema | undefined,
): ShownConfig {
  const isOpen = (name: string): boolean =>
    schema !== undefined &&
    Object.hasOwn(schema.properties, name) &&
    schema.properties[name]!.secret !== true;
  return Object.keys(config).every(isOpen) && schema !== undefined
    ? { config }
    : { config: {}, hidden: true };
}
