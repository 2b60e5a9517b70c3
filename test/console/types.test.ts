import { expect, it } from 'vitest';
import { consoleTypes, writtenTypes } from '../../scripts/generate-console-types.ts';

it('the types of the console are the schemas of the OpenAPI document (node scripts/generate-console-types.ts)', () => {
  expect(writtenTypes()).toBe(consoleTypes());
});
