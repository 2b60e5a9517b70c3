import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Engine, startEngine } from '@sluice/standalone';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { available, corners, PAIRS, PATIENCE, ROWS, Sources, titleOf } from './matrix.ts';
import { copyTable, fingerprint, place } from './pairs.ts';

const sources = new Sources();
let engine: Engine;
beforeAll(async () => {
  engine = await startEngine(mkdtempSync(join(tmpdir(), 'sluice-e2e-')));
});
afterAll(async () => {
  await engine.stop();
  await sources.close();
});

for (const [index, [from, to]] of PAIRS.entries())
  describe.skipIf(!available(from) || !available(to))(`${from} -> ${to}`, () => {
    for (const corner of corners('embedded', index))
      it(`is equal row by row: ${titleOf(corner)}`, { timeout: PATIENCE }, async () => {
        const { at, wanted } = await sources.of(from, corner.hasKey);
        const target = await place(to);
        try {
          const run = await copyTable(engine, at, target, 'orders', {
            control: { channels: corner.channels, dirtyLimit: 0 },
          });
          expect(run.error).toBeUndefined();
          expect(run.counts).toMatchObject({ read: ROWS, written: ROWS, dirty: 0 });
          expect(await fingerprint(target, 'orders')).toBe(wanted);
          await target.run(`update orders set note = 'x' where id = ${Math.floor(ROWS / 2)}`);
          expect(await fingerprint(target, 'orders'), 'one changed byte must show').not.toBe(wanted);
        } finally {
          await target.close();
        }
      });
  });
