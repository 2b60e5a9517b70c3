import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const read = (name: string): Record<string, string> =>
  JSON.parse(readFileSync(join(import.meta.dirname, name), 'utf8')) as Record<string, string>;

const placesIn = (text: string): string[] => [...text.matchAll(/\{\w+\}/g)].map(String).toSorted();

it('has every text in both languages, with the same places for values', () => {
  const [english, chinese] = [read('en.json'), read('zh-CN.json')];
  expect(Object.keys(chinese).toSorted()).toEqual(Object.keys(english).toSorted());
  const differing = Object.keys(english).filter(
    (key) => String(placesIn(english[key]!)) !== String(placesIn(chinese[key]!)),
  );
  expect(differing).toEqual([]);
  const untranslated = Object.keys(english).filter(
    (key) => !/[\u4e00-\u9fff]/.test(chinese[key]!) && key !== 'shell.language',
  );
  expect(untranslated).toEqual([]);
});
