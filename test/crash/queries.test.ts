import { spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { has } from '@sluice/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fill, fingerprint, type Place, place } from '../e2e/pairs.ts';

const ROWS = 12_000;
const PROGRAM = join(import.meta.dirname, 'query-copy.ts');
const QUERY = 'select id, amount, note, at, day, ratio from orders where id > 0 order by at';

function queryCopy(
  args: readonly string[],
  environment: Record<string, string>,
): Promise<{ readonly how: string; readonly out: string; readonly said: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['--no-warnings', PROGRAM, ...args], {
      env: { PATH: process.env['PATH'] ?? '', ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let [out, said] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
    child.once('close', (code, signal) => resolve({ how: signal ?? String(code), out, said }));
  });
}

describe.skipIf(!has('postgres') || !has('mariadb')).each(['postgres', 'mysql'] as const)(
  'a run that reads a query of %s, killed with SIGKILL in the middle',
  (kind) => {
    let source: Place;
    beforeAll(async () => {
      source = await place(kind);
      await fill(source, 'orders', ROWS, true);
    });
    afterAll(() => source.close());

    it.each([
      [
        'goes on behind what is committed where a key is named',
        { querySql: QUERY, key: ['id'] },
        'writer.afterCommit:3',
      ],
      ['begins again where none is, with nothing written before', { querySql: QUERY }, 'writer.midRows:20'],
    ])('%s, and ends equal', async (what, parameters, point) => {
      const target = await place('postgres');
      try {
        await fill(target, 'orders', 0, false);
        const args = [
          mkdtempSync(join(tmpdir(), 'sluice-crash-')),
          source.url,
          target.url,
          JSON.stringify(parameters),
        ];
        expect((await queryCopy(args, { SLUICE_CRASH_AT: point })).how).toBe('SIGKILL');
        const before = Number(await target.value('select count(*) from orders'));
        if (what.startsWith('goes on')) expect(before).toBeGreaterThan(0);
        else expect(before).toBe(0);
        expect(before).toBeLessThan(ROWS);
        const ended = await queryCopy(args, {});
        expect(ended.said).toBe('');
        expect(JSON.parse(ended.out)).toMatchObject({
          state: 'succeeded',
          counts: { read: ROWS, written: ROWS, filtered: 0, dirty: 0 },
        });
        expect(await fingerprint(target, 'orders')).toBe(await fingerprint(source, 'orders'));
      } finally {
        await target.close();
      }
    });
  },
);
