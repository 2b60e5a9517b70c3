import { createRequire } from 'node:module';
import type { RE2JS } from 're2js';

const load = createRequire(import.meta.url);

/** A regular expression of RE2, whose time is linear in the text (S-45); a string says why the pattern is none. */
export function regularExpression(pattern: string): RE2JS | string {
  const { RE2JS: Engine } = load('re2js') as typeof import('re2js');
  try {
    return Engine.compile(pattern);
  } catch (error) {
    return (error as Error).message.replace(/^error parsing regexp: /, '');
  }
}
