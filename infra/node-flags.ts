import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The flags with which every process of Sluice is started; node-flags.json says why. */
export const NODE_FLAGS: readonly string[] = (
  JSON.parse(readFileSync(join(import.meta.dirname, 'node-flags.json'), 'utf8')) as { flags: string[] }
).flags;
