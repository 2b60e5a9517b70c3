import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Engine, startEngine } from '@sluice/standalone';
import { has } from '@sluice/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTarget, MAPPED, mappedRows, wantedCounts, wantedRows } from './mapped-orders.ts';
import { copyTable, fill, place } from './pairs.ts';

const ROWS = 20_000;

let engine: Engine;
beforeAll(async () => {
  engine = await startEngine(mkdtempSync(join(tmpdir(), 'sluice-e2e-')));
});
afterAll(() => engine.stop());

describe.skipIf(!has('postgres'))(
  'postgres -> postgres with filter, transformers, expressions and casts',
  () => {
    it('writes what the same in SQL gives, names every dirty row, and its ledger balances', async () => {
      const [source, target] = [await place('postgres'), await place('postgres')];
      try {
        await fill(source, 'orders', ROWS, true);
        await createTarget(target);
        const run = await copyTable(engine, source, target, 'orders', {
          ...MAPPED,
          target: 'mapped',
          write: { mode: 'insert' },
          control: { channels: 2, dirtyLimit: -1 },
        });
        expect(run.error).toBeUndefined();
        const wanted = await wantedCounts(source);
        expect(wanted.filtered > 0 && wanted.dirty > 0 && wanted.written > 0).toBe(true);
        expect(run.counts).toMatchObject(wanted);
        expect(await mappedRows(target)).toBe(await wantedRows(source));
        const dirty = (await engine.store.dirty.list({ parent: run.id, limit: 1000 })).items;
        expect(dirty).toHaveLength(wanted.dirty);
        expect(dirty[0]).toMatchObject({
          code: 'SLUICE_MAP_EVALUATE',
          column: 'share',
          reason: 'Expression of share: division by zero in amount / (id % 997) at character 7.',
        });
        expect(JSON.parse(dirty[0]!.record)).toHaveProperty('amount');
        await target.run("update mapped set note = 'x' where no = (select min(no) from mapped)");
        expect(await mappedRows(target), 'one changed byte must show').not.toBe(await wantedRows(source));
      } finally {
        await source.close();
        await target.close();
      }
    });

    it('refuses a mapping that cannot work before anything is read, with the place of each part', async () => {
      const [source, target] = [await place('postgres'), await place('postgres')];
      try {
        await fill(source, 'orders', 10, true);
        await createTarget(target);
        const run = await copyTable(engine, source, target, 'orders', {
          target: 'mapped',
          filter: 'amuont > 1',
          mapping: [{ to: 'no', from: 'id' }],
        });
        expect(run).toMatchObject({
          state: 'failed',
          error: {
            code: 'SLUICE_MAP_EXPRESSION',
            detail: 'There is no column amuont; did you mean amount? (in amuont at character 1)',
          },
        });
        expect(await target.value('select count(*) from mapped')).toBe('0');
      } finally {
        await source.close();
        await target.close();
      }
    });
  },
);
