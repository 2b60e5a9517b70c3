import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { constants, gzipSync, zstdCompressSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { openBytes } from './byte-source.ts';
import { compressBlock, compressionOf } from './compression.ts';
import { testRoot } from './file.fixture.ts';
import { localFiles } from './local-files.ts';

const root = testRoot();
const opened: { close(): Promise<void> }[] = [];
afterAll(() => Promise.all(opened.map((each) => each.close())));

let n = 0;
async function unpacked(content: Buffer, from = 0): Promise<Buffer> {
  const path = `file-${n++}`;
  writeFileSync(join(root, path), content);
  const handle = await (await localFiles({ root })()).open(path);
  opened.push(handle);
  const compression = compressionOf(content, path);
  const source = openBytes(handle, { path: 'file', compression, encoding: 'utf-8', from });
  const into = Buffer.alloc(64 * 1024);
  const parts: Buffer[] = [];
  for (;;) {
    const read = await source.read(into, 0);
    if (read === 0) break;
    parts.push(Buffer.from(into.subarray(0, read)));
  }
  await source.close();
  return Buffer.concat(parts);
}

const texts = ['', 'a', 'b'.repeat(300_000), 'ä☕'.repeat(50_000)].map((text) => Buffer.from(text));
const whole = Buffer.concat(texts);

describe('compressed files', () => {
  for (const compression of ['gzip', 'zstd'] as const)
    it(`of blocks that were put one behind the other are read whole, from any place: ${compression}`, async () => {
      const blocks = await Promise.all(texts.map((text) => compressBlock(compression, text)));
      const content = Buffer.concat(blocks);
      expect((await unpacked(content)).equals(whole)).toBe(true);
      for (const from of [1, 299_999, 300_001, whole.length])
        expect((await unpacked(content, from)).equals(whole.subarray(from))).toBe(true);
    });

  it('are read frame by frame, whatever a frame has: checksums, sizes, blocks of one byte repeated, frames to skip', async () => {
    const skippable = Buffer.from([0x53, 0x2a, 0x4d, 0x18, 5, 0, 0, 0, 1, 2, 3, 4, 5]);
    const frames = texts.flatMap((text) => [
      zstdCompressSync(text, { params: { [constants.ZSTD_c_checksumFlag]: 1 } }),
      skippable,
      zstdCompressSync(text, { params: { [constants.ZSTD_c_contentSizeFlag]: 0 } }),
    ]);
    const found = await unpacked(Buffer.concat(frames));
    expect(found.equals(Buffer.concat(texts.flatMap((text) => [text, text])))).toBe(true);
  });

  it.each([
    ['gzip', gzipSync(whole)],
    ['zstd', zstdCompressSync(whole)],
  ])('that were cut off fail at any place: %s', async (_, content) => {
    for (const length of [content.length - 1, content.length - 6, Math.floor(content.length / 2), 20])
      await expect(unpacked(content.subarray(0, length))).rejects.toMatchObject({
        code: 'SLUICE_SRC_FILE',
        detail: expect.stringContaining('is damaged') as string,
      });
  });

  it('that were damaged fail', async () => {
    const content = gzipSync(whole);
    content[content.length - 5]! ^= 1;
    await expect(unpacked(content)).rejects.toMatchObject({ code: 'SLUICE_SRC_FILE' });
  });

  it('that expand beyond measure are not read to their end', async () => {
    const bomb = zstdCompressSync(Buffer.alloc(160 * 1024 * 1024));
    await expect(unpacked(bomb)).rejects.toMatchObject({
      code: 'SLUICE_SRC_FILE',
      detail: expect.stringContaining('expands') as string,
    });
  });

  it('are known by their first bytes, and those that are not read are named', () => {
    expect(compressionOf(gzipSync('a'), 'a.csv')).toBe('gzip');
    expect(compressionOf(Buffer.from('a,b\n'), 'a.csv.gz')).toBe('none');
    expect(() => compressionOf(Buffer.from('BZh91AY'), 'a.bz2')).toThrow(/bzip2/);
    expect(() => compressionOf(Buffer.from('PK\x03\x04'), 'a.zip')).toThrow(/zip/);
  });
});
