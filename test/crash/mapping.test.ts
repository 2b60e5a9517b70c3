import { spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { has } from '@sluice/testkit';
import { describe, expect, it } from 'vitest';
import { createTarget, mappedRows, wantedCounts, wantedRows } from '../e2e/mapped-orders.ts';
import { fill, place } from '../e2e/pairs.ts';

const ROWS = 20_000;
const PROGRAM = join(import.meta.dirname, 'mapped-copy.ts');

function mappedCopy(
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

describe.skipIf(!has('postgres'))('a run that filters, computes and transforms, killed with SIGKILL', () => {
  it('at mapper.afterProduce: goes on by itself, every row once, the ledger balanced', async () => {
    const [source, target] = [await place('postgres'), await place('postgres')];
    try {
      await fill(source, 'orders', ROWS, true);
      await createTarget(target);
      const args = [mkdtempSync(join(tmpdir(), 'sluice-crash-')), source.url, target.url];
      const killed = await mappedCopy(args, { SLUICE_CRASH_AT: 'mapper.afterProduce:12' });
      expect(killed.how).toBe('SIGKILL');
      const before = Number(await target.value('select count(*) from mapped'));
      const wanted = await wantedCounts(source);
      expect(before).toBeLessThan(wanted.written);
      const ended = await mappedCopy(args, {});
      expect(ended.said).toBe('');
      expect(JSON.parse(ended.out)).toMatchObject({ state: 'succeeded', counts: wanted });
      expect(await mappedRows(target)).toBe(await wantedRows(source));
      expect(Number(await target.value('select count(*) from _sluice_dirty'))).toBe(wanted.dirty);
    } finally {
      await source.close();
      await target.close();
    }
  });
});
