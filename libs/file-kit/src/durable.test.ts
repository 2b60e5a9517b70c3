import type { FileHandle } from 'node:fs/promises';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeFolder, writeAt } from './durable.ts';
import { testRoot } from './file.fixture.ts';

describe('durable steps', () => {
  it('write all of what the system takes in parts, each at its place', async () => {
    const written = Buffer.alloc(12, '.');
    const slow = {
      write: async (data: Buffer, from: number, length: number, place: number) => {
        const bytesWritten = data.copy(written, place, from, from + Math.min(length, 3));
        return { bytesWritten, buffer: data };
      },
    } as unknown as FileHandle;
    await writeAt(slow, Buffer.from('ten bytes!'), 2);
    expect(written.toString()).toBe('..ten bytes!');
  });

  it('make a folder with those above it, for its owner and group alone, and find it made', async () => {
    const root = testRoot(true);
    for (let times = 0; times < 2; times++) await makeFolder(join(root, 'a/b/c'));
    expect(statSync(join(root, 'a/b/c')).mode & 0o007).toBe(0);
  });
});
