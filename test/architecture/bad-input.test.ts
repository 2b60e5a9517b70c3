import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ROOT } from './source-files.ts';

/** Kinds of bad input that have a number. */
const KINDS = 80;

const rows = readFileSync(join(ROOT, 'docs/bad-input.md'), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| B-'))
  .map((line) => line.split('|').map((cell) => cell.trim()));

/** `file`: part of a title, as often as there is. */
function shownBy(cell: string): { file: string; title: string }[] {
  return cell.split(/; (?=`)/).map((part) => {
    const [, file = '', title = ''] = /^`([^`]+)`: (.+)$/.exec(part) ?? [];
    return { file, title };
  });
}

it('docs/bad-input.md has every kind of bad input once, in order', () => {
  const numbers = Array.from({ length: KINDS }, (_, i) => `B-${String(i + 1).padStart(2, '0')}`);
  expect(rows.map(([, number]) => number)).toEqual(numbers);
});

it('docs/bad-input.md names tests that are there, or says that there is none yet', () => {
  const wrong: string[] = [];
  for (const [, number, , cell = ''] of rows) {
    if (/^not yet: \S/.test(cell)) continue;
    for (const { file, title } of shownBy(cell)) {
      const path = join(ROOT, file);
      const isThere = file !== '' && title.length > 10 && existsSync(path);
      if (!isThere || !readFileSync(path, 'utf8').includes(title)) wrong.push(`${number}: ${file} ${title}`);
    }
  }
  expect(wrong).toEqual([]);
  expect(rows.filter(([, , , cell = '']) => !cell.startsWith('not yet')).length).toBeGreaterThan(50);
});
