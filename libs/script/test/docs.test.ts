import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { scriptDocs } from '../../../scripts/generate-script-docs.ts';
import { KEY_RULES } from '../src/index.ts';

describe('docs/scripts.md', () => {
  it('has the tables that the code has', () => {
    expect(readFileSync(new URL('../../../docs/scripts.md', import.meta.url), 'utf8')).toBe(scriptDocs());
  });
});

describe('the table of keys', () => {
  it('has each key and each other spelling once for an end of one family', () => {
    const names = KEY_RULES.flatMap(({ on, family, key, also = [] }) =>
      [...new Set([key, ...also].map((name) => name.toLowerCase()))].map((name) => `${on} ${family} ${name}`),
    );
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  });
});
