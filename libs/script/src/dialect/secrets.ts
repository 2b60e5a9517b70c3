import type { Json } from '../syntax/node.ts';

/**
 * Keys whose values are secret, whatever the plug-in. What is not ours may have any key, so the net is wide (S-26): a name that merely
 * looks like one costs a key that is not kept.
 */
const SECRET =
  /passw|pwd|secret|token|credential|private|access_?(key|id)|keytab|principal|api_?key|sas_?key|jaas|signature|encrypt/i;

/** URLs with a user's password, and JDBC options that hold one. */
const SECRET_TEXT = /:\/\/[^/\s:@]*:[^/\s@]+@|[?&;](password|pwd|passwd|secret|token|accesskey)=/i;

export function isSecretKey(key: string): boolean {
  return SECRET.test(key);
}

/** A value without its secrets; undefined: it is one. Variables are no secrets: what they stand for is not in the script. */
export function withoutSecrets(key: string, value: Json): Json | undefined {
  if (typeof value === 'string') {
    const isVariable = /^\$\{[^}]+\}$/.test(value);
    return !isVariable && (isSecretKey(key) || SECRET_TEXT.test(value)) ? undefined : value;
  }
  if (isSecretKey(key) && value !== null && value !== false && value !== true) return undefined;
  if (Array.isArray(value))
    return value.map((item) => withoutSecrets('', item as Json)).filter((item) => item !== undefined);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value as { readonly [key: string]: Json });
  return Object.fromEntries(
    entries.flatMap(([name, one]) => {
      const open = withoutSecrets(name, one);
      return open === undefined ? [] : [[name, open]];
    }),
  );
}
