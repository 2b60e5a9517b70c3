import { spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { has } from '@sluice/testkit';
import { describe, expect, it } from 'vitest';
import { fill, fingerprint, place } from '../e2e/pairs.ts';

const ROWS = 40_000;
const CLI = join(import.meta.dirname, '../../services/cli/src/main.ts');

interface Ended {
  readonly how: string;
  readonly out: string;
  readonly said: string;
}

/** Runs `sluice` in a process of its own. */
function sluice(args: readonly string[], environment: Record<string, string>): Promise<Ended> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['--no-warnings', CLI, ...args], {
      env: { PATH: process.env['PATH'] ?? '', ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let [out, said] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
    child.once('close', (code, signal) => resolve({ how: signal ?? String(code), out, said }));
  });
}

/** One before and one after the first commit; standalone.test.ts has all of them. */
const POINTS = ['coord.afterPlan:1', 'writer.commitSent:2'];

describe.skipIf(!has('postgres'))('sluice copy, killed with SIGKILL', () => {
  for (const point of POINTS)
    it(`at ${point}: asks what to do, and --resume makes the sides equal without a key`, async () => {
      const [source, target] = [await place('postgres'), await place('postgres')];
      try {
        await fill(source, 'orders', ROWS, true);
        await fill(target, 'orders', 0, false);
        const environment = { SLUICE_HOME: mkdtempSync(join(tmpdir(), 'sluice-crash-')) };
        const throttle = ['--rows-per-second', '15000'];
        const args = [
          'copy',
          `${source.url}#orders`,
          `${target.url}#orders`,
          '--write',
          'insert',
          '--map-stage',
          ...throttle,
          '-o',
          'json',
        ];
        const killed = await sluice(args, { ...environment, SLUICE_CRASH_AT: point });
        expect(killed.how).toBe('SIGKILL');
        const before = Number(await target.value('select count(*) from orders'));
        expect(before > 0).toBe(point.startsWith('writer'));
        expect(before).toBeLessThan(ROWS);
        const refused = await sluice(args, environment);
        expect(refused.how).toBe('4');
        expect(refused.said).toContain('SLUICE_RUN_UNFINISHED');
        const resumed = await sluice([...args, '--resume'], environment);
        expect(resumed.said).toBe('');
        expect(resumed.how).toBe('0');
        expect(JSON.parse(resumed.out)).toMatchObject({
          state: 'succeeded',
          ledger: { read: ROWS, written: ROWS, dirty: 0 },
        });
        expect(await fingerprint(target, 'orders')).toBe(await fingerprint(source, 'orders'));
      } finally {
        await source.close();
        await target.close();
      }
    });
});
