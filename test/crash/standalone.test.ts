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

/** Named points, and the pass of each that is hit: commits lie before and after. */
const POINTS = [
  'reader.afterFetch:25',
  'reader.afterProduce:25',
  'mapper.afterConsume:25',
  'mapper.afterProduce:25',
  'writer.midPrepare:1',
  'writer.afterFenceUpdate:2',
  'writer.midRows:25',
  'writer.beforeCommit:2',
  'writer.commitSent:2',
  'writer.afterCommit:2',
  'writer.afterOffset:2',
  'coord.afterRunInsert:1',
  'coord.afterPlan:1',
];

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
        if (!/^coord|Prepare|afterFence|mapper|reader/.test(point) && !point.startsWith('writer.midRows'))
          expect(before).toBeGreaterThan(0);
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
