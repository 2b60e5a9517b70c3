import { appendFileSync, mkdirSync, renameSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { cutFile, dealPieces, type Reading, readFiles, testRoot } from '@sluice/file-kit/fixture';
import { decodeRows, type RowValue } from '@sluice/wire';
import { describe, expect, it } from 'vitest';
import { connector } from './index.ts';
import { CsvReaderFormat } from './reader-format.ts';

const root = testRoot();
let n = 0;

/** A new file; answers its path below the root. */
function file(content: string | Buffer, name = `file-${n++}.csv`): string {
  mkdirSync(dirname(join(root, name)), { recursive: true });
  writeFileSync(join(root, name), content);
  return name;
}

const valuesOf = ({ plan, rows }: Reading): RowValue[][] => decodeRows(plan.schema, rows);

async function values(
  content: string | Buffer,
  parameters: Record<string, unknown> = {},
): Promise<RowValue[][]> {
  const reading = await readFiles(connector, root, { path: file(content), ...parameters });
  expect(reading.dirty).toEqual([]);
  return valuesOf(reading);
}

const refused = (content: string | Buffer, parameters: Record<string, unknown> = {}): Promise<unknown> =>
  readFiles(connector, root, { path: file(content), ...parameters });

describe('a CSV file', () => {
  it.each([
    ['without a final line end', 'a,b\n1,2'],
    ['with a byte order mark', '\ufeffa,b\n1,2\n'],
    ['with CR LF', 'a,b\r\n1,2\r\n'],
    ['with CR', 'a,b\r1,2\r'],
    ['with empty lines', '\na,b\n\n1,2\n\n\n'],
    ['with a quoted header', '"a","b"\n"1","2"\n'],
    ['compressed with gzip', gzipSync('a,b\n1,2\n')],
  ])('%s is read', async (_, content) => {
    expect(await values(content)).toEqual([['1', '2']]);
  });

  it('that is empty, or has a header only, has no rows; that no file has anything in it has to be said', async () => {
    expect(await values('a,b\n')).toEqual([]);
    expect(await values('', { columns: ['a'] })).toEqual([]);
    await expect(refused('')).rejects.toMatchObject({ code: 'SLUICE_SRC_FILE' });
  });

  it('keeps texts as they are', async () => {
    const cells = ['007', '1e5', 'TRUE', ' 1', 'a\0b', '\x1a', '\\N', '😀'];
    expect(await values(`x,y\n${cells.map((cell) => `${cell},1\n`).join('')}`)).toEqual(
      cells.map((cell) => [cell, '1']),
    );
  });

  it('has its columns by name in any order, by index, or in order where it has no header', async () => {
    const content = 'a,b,c\n1,2,3\n';
    expect(await values(content, { columns: ['c', 'a'] })).toEqual([['3', '1']]);
    expect(await values(content, { columns: [{ index: 1, name: 'x', type: 'int' }] })).toEqual([[2]]);
    expect(await values('1,2\n', { header: false })).toEqual([['1', '2']]);
    expect(await values('1,2\n', { header: false, columns: [{ index: 1 }] })).toEqual([['2']]);
    const two = file('b,a\n2,1\n', 'both/2.csv');
    file('a,b\n1,2\n', 'both/1.csv');
    const reading = await readFiles(connector, root, { path: 'both/*.csv' });
    expect(valuesOf(reading)).toEqual([
      ['1', '2'],
      ['1', '2'],
    ]);
    expect(two).toBe('both/2.csv');
  });

  it.each([
    ['a,a\n1,2\n', {}, 'SLUICE_SRC_FILE'],
    ['a,\n1,2\n', {}, 'SLUICE_SRC_FILE'],
    ['"a\n1,2\n', {}, 'SLUICE_SRC_FILE'],
    ['a,b\n1,2\n', { columns: ['c'] }, 'SLUICE_SRC_COLUMN'],
    ['a,b\n1,2\n', { types: { c: 'int' } }, 'SLUICE_SRC_COLUMN'],
    ['a,b\n1,2\n', { types: { a: 'number' } }, 'SLUICE_CFG_INVALID'],
    ['a,b\n1,2\n', { columns: ['a', 'a'] }, 'SLUICE_CFG_INVALID'],
    ['a,b\n1,2\n', { delimiter: '"' }, 'SLUICE_CFG_INVALID'],
    ['a,b\n1,2\n', { quote: '""' }, 'SLUICE_CFG_INVALID'],
    [Buffer.from('\ufeffa\n1\n', 'utf16le'), {}, 'SLUICE_SRC_FILE'],
  ])('%j with %j is refused', async (content, parameters, code) => {
    await expect(refused(content, parameters)).rejects.toMatchObject({ code });
  });

  it('is read in the encoding that is named', async () => {
    const text = 'id,name\n1,上海 €\n2,"é,""x"""\n';
    const gbk = Buffer.from([0x69, 0x2c, 0x6e, 0x0a, 0x31, 0x2c, 0xc9, 0xcf, 0xba, 0xa3, 0x0a]);
    expect(await values(gbk, { encoding: 'gbk' })).toEqual([['1', '上海']]);
    // The second byte of this character is a backslash in ASCII.
    const trap = Buffer.from([0x69, 0x0a, 0x95, 0x5c, 0x0a]);
    expect(await values(trap, { encoding: 'gb18030', quote: '', escape: '\\' })).toEqual([['昞']]);
    const wanted = [
      ['1', '上海 €'],
      ['2', 'é,"x"'],
    ];
    expect(await values(Buffer.from(`\ufeff${text}`, 'utf16le'), { encoding: 'utf-16' })).toEqual(wanted);
    expect(await values(Buffer.from(`\ufeff${text}`, 'utf16le').swap16(), { encoding: 'utf-16' })).toEqual(
      wanted,
    );
    expect(await values(Buffer.from(text, 'utf16le'), { encoding: 'utf-16le' })).toEqual(wanted);
    const bytes = Buffer.from([0x61, 0x0a, 0xe9, 0x80, 0x0a]);
    expect(await values(bytes, { encoding: 'latin1' })).toEqual([['é\x80']]);
    expect(await values(bytes, { encoding: 'windows-1252' })).toEqual([['é€']]);
  });
});

describe('a bad line', () => {
  const content = [
    'id,name,amount',
    '1,ok,1.50',
    '2,short',
    '3,"long",1,2',
    '4,"never closed,5.00',
    '5,ok,5.00',
    'six,ok,6.00',
    '7,"a"b,7.00',
    '8,"two\nlines",8.001',
    '9,ok,9',
  ].join('\n');
  const parameters = { types: { id: 'long', amount: 'decimal(12,2)' } };

  it('is a dirty record with its file and line, and the good ones go on', async () => {
    const path = file(content);
    const reading = await readFiles(connector, root, { path, ...parameters });
    expect(valuesOf(reading)).toEqual([
      [1n, 'ok', '1.50'],
      [5n, 'ok', '5.00'],
      [9n, 'ok', '9.00'],
    ]);
    expect(reading.dirty.map(({ index, column, reason }) => [index, column, reason])).toEqual([
      [1, undefined, `${path} line 3: 2 fields where 3 are wanted.`],
      [2, undefined, `${path} line 4: 4 fields where 3 are wanted.`],
      [3, undefined, `${path} line 5: something follows a closing quote.`],
      [5, 'id', `${path} line 7: the value of id is not of type long.`],
      [6, undefined, `${path} line 8: something follows a closing quote.`],
      [7, 'amount', `${path} line 9: the value of amount is not of type decimal.`],
    ]);
    expect(reading.dirty[5]!.record).toBe(
      JSON.stringify({ file: path, line: 9, text: '8,"two\nlines",8.001' }),
    );
  });

  it('whose quote is never closed does not swallow the file', async () => {
    const reading = await readFiles(connector, root, { path: file('a,b\n1,"x\n2,y\n3,z\n') });
    expect(valuesOf(reading)).toEqual([
      ['2', 'y'],
      ['3', 'z'],
    ]);
    expect(reading.dirty.map(({ reason }) => reason)).toEqual([
      expect.stringContaining('line 2: a quote is opened and never closed') as string,
    ]);
  });

  it('with bytes that are no text is dirty, in every encoding, and never replaced', async () => {
    const bytes = Buffer.concat([Buffer.from('a,b\n1,'), Buffer.from([0xff]), Buffer.from('\n2,y\n')]);
    for (const encoding of ['utf-8', 'gbk']) {
      const reading = await readFiles(connector, root, { path: file(bytes), encoding });
      expect(valuesOf(reading)).toEqual([['2', 'y']]);
      expect(reading.dirty.map(({ reason }) => reason)).toEqual([
        expect.stringContaining(`line 2: the text is not valid ${encoding}`) as string,
      ]);
    }
  });

  it('of 100 MB is one dirty record, and needs no memory', async () => {
    const line = Buffer.alloc(100 * 1024 * 1024, 'x');
    const path = file(
      Buffer.concat([Buffer.from('a\n1\n'), line, Buffer.from('\n2\n"'), line.subarray(0, 20e6)]),
    );
    const before = process.memoryUsage().rss;
    const reading = await readFiles(connector, root, { path });
    expect(valuesOf(reading)).toEqual([['1'], ['2']]);
    expect(
      reading.dirty.map(({ index, reason }) => [index, /line \d+: the record is longer/.exec(reason)?.[0]]),
    ).toEqual([
      [1, 'line 3: the record is longer'],
      [3, 'line 5: the record is longer'],
    ]);
    expect(process.memoryUsage().rss - before).toBeLessThan(120e6);
  });

  it('may be made to fit where that is asked for', async () => {
    expect(await values('a,b\n1\n1,2,3\n', { ragged: 'fit' })).toEqual([
      ['1', null],
      ['1', '2'],
    ]);
  });
});

describe('reading', () => {
  const lines = Array.from({ length: 500 }, (_, i) =>
    i % 50 === 7 ? 'bad' : `${i},"text ${i}${i % 3 === 0 ? '\nmore ""of"" it' : ''}"`,
  );
  const content = `id,text\r\n${lines.join('\r\n')}`;

  for (const [name, parameters] of [
    ['plain', {}],
    ['compressed', { compressed: true }],
    ['in another encoding', { encoding: 'utf-16' }],
  ] as const)
    it(`goes on behind any batch exactly: ${name}`, async () => {
      const encoded = name === 'in another encoding' ? Buffer.from(`\ufeff${content}`, 'utf16le') : content;
      const bytes = name === 'compressed' ? gzipSync(encoded) : encoded;
      const more = name === 'in another encoding' ? parameters : {};
      for (const part of [1, 2]) file(bytes, `${name}/${part}.csv`);
      const path = `${name}/*.csv`;
      const limits = { maxRecords: 67, maxBytes: 262_144 };
      const whole = await readFiles(connector, root, { path, ...more }, { limits });
      expect(whole.count + whole.dirty.length).toBe(1000);
      for (const { split, position, bytes: soFar, dirty } of whole.positions) {
        const rest = await readFiles(
          connector,
          root,
          { path, ...more },
          {
            plan: whole.plan,
            from: { split, position },
            limits,
          },
        );
        expect(rest.rows.equals(whole.rows.subarray(soFar))).toBe(true);
        expect(rest.dirty.map(({ record }) => record)).toEqual(
          whole.dirty.slice(dirty).map(({ record }) => record),
        );
      }
    });

  it.each([
    ['was written to', (path: string) => utimesSync(path, 1, 1)],
    ['changed its size', (path: string) => appendFileSync(path, '3,4\n')],
    [
      'was replaced',
      (path: string) => {
        writeFileSync(`${path}.new`, 'a,b\n1,3\n');
        renameSync(`${path}.new`, path);
      },
    ],
  ])('a file that %s since the plan was made ends the run', async (what, change) => {
    const path = file('a,b\n1,2\n');
    const reader = await connector.openReader!({ root }, { path });
    const plan = await reader.plan({ channels: 1 });
    change(join(root, path));
    await expect(readFiles(connector, root, { path }, { plan })).rejects.toMatchObject({
      code: 'SLUICE_SRC_CHANGED',
      detail: expect.stringContaining(what) as string,
    });
  });

  it('a file that grows while it is read ends the run before its end is told', async () => {
    const path = file(`a\n${'1\n'.repeat(5000)}`);
    const reader = await connector.openReader!({ root }, { path });
    const plan = await reader.plan({ channels: 1 });
    const limits = { maxRecords: 100, maxBytes: 262_144 };
    const reading = async (): Promise<void> => {
      let seen = 0;
      const signal = new AbortController().signal;
      for await (const batch of reader.read(plan.splits[0]!, null, { limits, signal }))
        if ((seen += batch.recordCount) === 100) appendFileSync(join(root, path), '2\n');
    };
    await expect(reading()).rejects.toMatchObject({ code: 'SLUICE_SRC_CHANGED' });
  });

  it('by pieces of a file, cut anywhere, gives the rows of the whole, with the right lines', async () => {
    const path = file(content);
    const whole = await readFiles(connector, root, { path });
    for (const every of [50, 400, 3000]) {
      const format = new CsvReaderFormat({ path });
      const pieces = await cutFile(root, path, format, every);
      expect(pieces.length).toBeGreaterThan(1);
      const splits = dealPieces(pieces, ['id', 'text'], 8);
      expect(splits.length).toBeGreaterThan(1);
      const reading = await readFiles(connector, root, { path }, { plan: { ...whole.plan, splits } });
      expect(reading.rows.equals(whole.rows)).toBe(true);
      expect(reading.dirty.map(({ reason }) => reason)).toEqual(whole.dirty.map(({ reason }) => reason));
    }
  });

  it('many files are dealt out to the channels, none twice', async () => {
    for (let i = 0; i < 40; i++) file(`id\n${i}\n`, `many/${i}.csv`);
    const reading = await readFiles(connector, root, { path: 'many/*.csv' }, { channels: 4 });
    expect(reading.plan.splits.length).toBeGreaterThan(8);
    expect(new Set(valuesOf(reading).map(([id]) => id)).size).toBe(40);
    expect(reading.count).toBe(40);
  });
});
