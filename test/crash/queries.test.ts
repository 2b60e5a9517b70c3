import { spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { has } from '@sluice/testkit';
import { describe, expect, it } from 'vitest';
import { fill, fingerprint, type Place, place } from '../e2e/pairs.ts';

const ROWS = 9000;
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

const KINDS = (['postgres', 'mysql', 'sqlite'] as const).filter(
  (kind) => kind === 'sqlite' || (has('postgres') && has(kind === 'mysql' ? 'mariadb' : kind)),
);

/** SQLite has no hash: it is asked itself for rows that one side has and the other has not. */
async function expectEqual(source: Place, target: Place): Promise<void> {
  if (source.kind !== 'sqlite')
    return expect(await fingerprint(target, 'orders')).toBe(await fingerprint(source, 'orders'));
  await target.run(`attach '${source.url.replace('sqlite:', '')}' as source`);
  const missing = 'select count(*) from (select * from source.orders except select * from orders)';
  expect([await target.value('select count(*) from orders'), await target.value(missing)]).toEqual([
    String(ROWS),
    '0',
  ]);
}

const RESUMED = 'goes on behind what is committed where a key is named';
const CASES = KINDS.flatMap((kind) => [
  { kind, what: RESUMED, parameters: { querySql: QUERY, key: ['id'] }, point: 'writer.afterCommit:1' },
  ...(kind === 'mysql'
    ? []
    : [
        {
          kind,
          what: 'begins again where none is, with nothing written before',
          parameters: { querySql: QUERY },
          point: 'writer.midRows:20',
        },
      ]),
]);

describe('a run that reads a query, killed with SIGKILL in the middle', () => {
  it.each(CASES)('of $kind: $what, and ends equal', async ({ kind, what, parameters, point }) => {
    const source = await place(kind);
    await fill(source, 'orders', ROWS, true);
    const target = await place(kind === 'sqlite' ? 'sqlite' : 'postgres');
    try {
      await fill(target, 'orders', 0, false);
      const home = mkdtempSync(join(tmpdir(), 'sluice-crash-'));
      const args = [home, source.url, target.url, JSON.stringify(parameters)];
      expect((await queryCopy(args, { SLUICE_CRASH_AT: point })).how).toBe('SIGKILL');
      const before = Number(await target.value('select count(*) from orders'));
      if (what === RESUMED) expect(before).toBeGreaterThan(0);
      else expect(before).toBe(0);
      expect(before).toBeLessThan(ROWS);
      const ended = await queryCopy(args, {});
      expect(ended.said).toBe('');
      expect(JSON.parse(ended.out)).toMatchObject({
        state: 'succeeded',
        counts: { read: ROWS, written: ROWS, filtered: 0, dirty: 0 },
      });
      await expectEqual(source, target);
    } finally {
      await target.close();
      await source.close();
    }
  });
});
