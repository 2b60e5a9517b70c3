import { createHash } from 'node:crypto';
import type { AvroRecord } from './avro-schema.ts';

/** SHA-256 (hex) of the schema as JSON with its object keys sorted: the same for every spelling of one schema. */
export function schemaFingerprint(schema: AvroRecord): string {
  return createHash('sha256').update(canonical(schema)).digest('hex');
}

/** JSON text with sorted keys and no white space; what is undefined is left out as JSON.stringify does. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  entries.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonical(item)}`).join(',')}}`;
}
