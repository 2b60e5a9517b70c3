import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Engine, startEngine } from '@sluice/standalone';
import { has } from '@sluice/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { copyTable, fill, fingerprint, type Kind, place } from './pairs.ts';

const ROWS = Number(process.env['SLUICE_ROWS'] ?? 50_000);

const PAIRS: readonly (readonly [Kind, Kind])[] = [
  ['postgres', 'postgres'],
  ['mysql', 'postgres'],
  ['postgres', 'mysql'],
  ['sqlite', 'postgres'],
];

const available = (kind: Kind): boolean =>
  kind === 'sqlite' ? true : has(kind === 'mysql' ? 'mariadb' : kind);

let engine: Engine;
beforeAll(async () => {
  engine = await startEngine(mkdtempSync(join(tmpdir(), 'sluice-e2e-')));
});
afterAll(() => engine.stop());

for (const [from, to] of PAIRS)
  describe.skipIf(!available(from) || !available(to))(`${from} -> ${to}`, () => {
    for (const hasKey of [true, false])
      for (const channels of [1, 4])
        it(`is equal row by row: ${ROWS} rows, ${channels} channels, ${hasKey ? 'with' : 'without'} a primary key`, async () => {
          const [source, target] = [await place(from), await place(to)];
          try {
            await fill(source, 'orders', ROWS, hasKey);
            const run = await copyTable(engine, source, target, 'orders', {
              control: { channels, dirtyLimit: 0 },
            });
            expect(run.error).toBeUndefined();
            expect(run.counts).toMatchObject({ read: ROWS, written: ROWS, dirty: 0 });
            const wanted = await wantedFingerprint(from, source);
            expect(await fingerprint(target, 'orders')).toBe(wanted);
            await target.run(`update orders set note = 'x' where id = ${Math.floor(ROWS / 2)}`);
            expect(await fingerprint(target, 'orders'), 'one changed byte must show').not.toBe(wanted);
          } finally {
            await source.close();
            await target.close();
          }
        });
  });

/** SQLite has no md5: its rows are compared through the same rows made by PostgreSQL itself. */
async function wantedFingerprint(from: Kind, source: Awaited<ReturnType<typeof place>>): Promise<string> {
  if (from !== 'sqlite') return fingerprint(source, 'orders');
  const same = await place('postgres');
  try {
    await fill(same, 'orders', ROWS, true);
    return await fingerprint(same, 'orders');
  } finally {
    await same.close();
  }
}
