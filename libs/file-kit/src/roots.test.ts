import { execFileSync } from 'node:child_process';
import {
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { testRoot } from './file.fixture.ts';
import { filesOf } from './file-set.ts';
import { alternatives, matches } from './glob.ts';
import { printable } from './errors.ts';
import { FileRoot, safePath } from './roots.ts';

const root = testRoot();
const outside = mkdtempSync(join(tmpdir(), 'sluice-outside-'));
writeFileSync(join(outside, 'secret'), 'secret');
mkdirSync(join(root, 'in'));
writeFileSync(join(root, 'in/a.csv'), 'a');
writeFileSync(join(root, '.hidden'), 'a');
symlinkSync(join(outside, 'secret'), join(root, 'link'));
symlinkSync(outside, join(root, 'away'));
symlinkSync('in', join(root, 'inner'));
linkSync(join(outside, 'secret'), join(root, 'hard'));
execFileSync('mkfifo', [join(root, 'pipe')]);

const PATH = { code: 'SLUICE_CFG_PATH' };
const open = (path: string, config = {}): Promise<string> =>
  FileRoot.open({ root, ...config }, 'source')
    .then((opened) => opened.openFile(path))
    .then(async (handle) => {
      const content = await handle.readFile('utf8');
      await handle.close();
      return content;
    });

describe('a root', () => {
  afterEach(() => void delete process.env['SLUICE_FILE_ROOTS']);

  it.each([
    '../secret',
    'in/../../x',
    '/etc/passwd',
    `${outside}/secret`,
    'link',
    'away/secret',
    '.hidden',
    'in/.sluice/x',
    'in',
    'pipe',
    '',
    '.',
    'a\0b',
    'x'.repeat(300),
    '/proc/self/environ',
  ])('is not left by %j', async (path) => {
    await expect(open(path)).rejects.toMatchObject(PATH);
  });

  it('gives the files that lie in it, also by a link that stays inside', async () => {
    expect(await open('in/a.csv')).toBe('a');
    expect(await open('./in//a.csv')).toBe('a');
    expect(await open('inner/a.csv')).toBe('a');
    await expect(open('in/b.csv')).rejects.toMatchObject({ code: 'SLUICE_SRC_FILE' });
  });

  it('refuses files with several names where that is asked for', async () => {
    expect(await open('hard')).toBe('secret');
    await expect(open('hard', { refuseHardLinks: true })).rejects.toMatchObject(PATH);
  });

  it('is not left when a folder is swapped for a link between the look and the opening', async () => {
    // What the kernel says about the open file counts, not what the name led to before.
    mkdirSync(join(root, 'swap'));
    writeFileSync(join(root, 'swap/secret'), 'mine');
    const found = new Set<string>();
    for (let n = 0; n < 200; n++) {
      const opening = open('swap/secret').catch((error: { code: string }) => error.code);
      renameSync(join(root, 'swap'), join(root, 'swapped'));
      symlinkSync(outside, join(root, 'swap'));
      found.add(await opening);
      execFileSync('rm', [join(root, 'swap')]);
      renameSync(join(root, 'swapped'), join(root, 'swap'));
    }
    expect(found).not.toContain('secret');
  });

  it('has to be one that the operator allows', async () => {
    const config = { root: outside };
    await expect(FileRoot.open(config, 'source')).rejects.toMatchObject(PATH);
    process.env['SLUICE_FILE_ROOTS'] = ['/nowhere', outside].join(delimiter);
    expect((await FileRoot.open(config, 'source')).path).toBe(outside);
    mkdirSync(join(outside, 'deeper'), { recursive: true });
    expect((await FileRoot.open({ root: join(outside, 'deeper') }, 'target')).path).toBe(
      join(outside, 'deeper'),
    );
    process.env['SLUICE_FILE_ROOTS'] = join(outside, 'deeper');
    await expect(FileRoot.open(config, 'source')).rejects.toMatchObject(PATH);
    await expect(FileRoot.open({ root: `${outside}/deeper/..` }, 'source')).rejects.toMatchObject(PATH);
    await expect(FileRoot.open({ root: 'relative' }, 'source')).rejects.toMatchObject(PATH);
    await expect(FileRoot.open({ root: join(root, 'none') }, 'source')).rejects.toMatchObject({
      code: 'SLUICE_SRC_DATABASE',
    });
    expect(readFileSync(join(outside, 'secret'), 'utf8')).toBe('secret');
  });

  it('keeps names on one line in what is shown', () => {
    expect(printable('a\nb\u202ec\u0007')).toBe('a\\u000ab\\u202ec\\u0007');
    expect(printable('größe ☕.csv')).toBe('größe ☕.csv');
    expect(printable('x'.repeat(5000)).length).toBeLessThan(310);
    expect(safePath('a b/☕.csv')).toBe('a b/☕.csv');
  });
});

describe('a pattern', () => {
  it.each([
    ['*.csv', ['a.csv', 'b.csv']],
    ['?.csv', ['a.csv', 'b.csv']],
    ['[b-z].csv', ['b.csv']],
    ['[^b].csv', ['a.csv']],
    ['{a,b}.{csv,txt}', ['a.csv', 'a.txt', 'b.csv']],
    ['d*/*.csv', ['d1/c.csv', 'd2/c.csv']],
    ['**/c.csv', ['d1/c.csv', 'd1/deep/c.csv', 'd2/c.csv']],
    ['**', ['_skipped', 'a.csv', 'a.txt', 'b.csv', 'd1/_manifest', 'd1/c.csv', 'd1/deep/c.csv', 'd2/c.csv']],
    ['d1/', ['d1/c.csv']],
    ['*', ['_skipped', 'a.csv', 'a.txt', 'b.csv']],
  ])('%s names its files, in order, and no hidden one and no link', async (pattern, wanted) => {
    const folder = testRoot();
    for (const name of ['d1/deep', 'd2', '.git']) mkdirSync(join(folder, name), { recursive: true });
    for (const name of ['b.csv', 'a.csv', 'a.txt', '_skipped', '.git/c.csv', '.x.csv', 'd1/_manifest'])
      writeFileSync(join(folder, name), '');
    for (const name of ['d1', 'd1/deep', 'd2']) writeFileSync(join(folder, name, 'c.csv'), '');
    symlinkSync(outside, join(folder, 'd3'));
    symlinkSync(join(outside, 'secret'), join(folder, 'z.csv'));
    expect(await filesOf(await FileRoot.open({ root: folder }, 'source'), pattern)).toEqual(wanted);
  });

  it('that names nothing is an error, and so is one that is too much', async () => {
    const opened = await FileRoot.open({ root }, 'source');
    await expect(filesOf(opened, 'none/*.csv')).rejects.toMatchObject({ code: 'SLUICE_SRC_FILE' });
    await expect(filesOf(opened, '../*')).rejects.toMatchObject(PATH);
    expect(() => alternatives('{a,b}'.repeat(9))).toThrow(/alternatives/);
  });

  it('is never slow', () => {
    expect(matches('*a'.repeat(40), 'a'.repeat(200_000))).toBe(true);
    expect(matches(`${'*a'.repeat(10)}b`, 'a'.repeat(2000))).toBe(false);
  });
});
