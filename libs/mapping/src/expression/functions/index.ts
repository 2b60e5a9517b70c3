import { CONVERSION } from './conversion.ts';
import { HASHES } from './hash.ts';
import { MASKS } from './mask.ts';
import { NUMBERS } from './numbers.ts';
import { PATTERNS } from './patterns.ts';
import { PRESENCE } from './presence.ts';
import type { FunctionTable } from './signature.ts';
import { TEXT } from './text.ts';
import { TIMES } from './time.ts';

/** Every function of expressions; the manual is docs/mapping.md, which a test compares. */
export const FUNCTIONS: FunctionTable = {
  ...PRESENCE,
  ...CONVERSION,
  ...TEXT,
  ...PATTERNS,
  ...NUMBERS,
  ...TIMES,
  ...HASHES,
  ...MASKS,
};
