import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Engine, startEngine } from '@sluice/standalone';
import { has } from '@sluice/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { beginCopy, fill, fingerprint, type Kind, type Place, place, rested } from '../e2e/pairs.ts';
import { rowsReach } from './rows-reach.ts';
import { stateOf, Watch } from './target-state.ts';

const ROWS = 10_000;
const LIMIT = 10;

/** Constraints that no row fits, however many rows are there already, and how to take them away. */
const NEVER = {
  postgres: [
    'alter table orders add constraint never check (id < 0) not valid',
    'alter table orders drop constraint never',
  ],
  mysql: [
    `create trigger never before insert on orders for each row signal sqlstate '45000' set message_text = 'never'`,
    'drop trigger never',
  ],
} as const;

describe.skipIf(!has('postgres') || !has('mariadb'))('a target that takes no row', () => {
  let engine: Engine;
  let source: Place;
  beforeAll(async () => {
    engine = await startEngine(mkdtempSync(join(tmpdir(), 'sluice-bad-')));
    source = await place('postgres');
    await fill(source, 'orders', ROWS, true);
  });
  afterAll(async () => {
    await engine.stop();
    await source.close();
  });

  const begin = (target: Place): ReturnType<typeof beginCopy> =>
    beginCopy(engine, source, target, 'orders', {
      write: { mode: 'insert' },
      control: { channels: 1, dirtyLimit: LIMIT, batchRecords: 100, rowsPerSecond: 1500 },
    });

  const failed = { state: 'failed', error: { code: 'SLUICE_RUN_DIRTY_LIMIT' } };

  for (const kind of ['postgres', 'mysql'] as const satisfies Kind[]) {
    const [never, again] = NEVER[kind];

    it(`${kind}, from the first on: the run fails, writes nothing and keeps no more dirty records than the limit`, async () => {
      const target = await place(kind);
      await fill(target, 'orders', 0, false);
      await target.run(never);
      const { id } = await begin(target);
      expect(await rested(engine, id)).toMatchObject(failed);
      const state = (await stateOf(target))!;
      expect(state).toMatchObject({ rows: 0, written: 0 });
      expect(state.dirty).toBeLessThanOrEqual(LIMIT);
      await target.close();
    });

    it(`${kind}, from the middle on: the run fails, keeps the good rows before, and goes on when it takes rows again`, async () => {
      const target = await place(kind);
      await fill(target, 'orders', 0, false);
      const watch = new Watch(target);
      const { id } = await begin(target);
      await rowsReach(target, 500);
      await target.run(never);
      const rows = Number(await target.value('select count(*) from orders'));
      expect(await rested(engine, id)).toMatchObject(failed);
      // Not one more: a unit with more bad records than the limit is rolled back whole.
      expect(await stateOf(target)).toMatchObject({ rows, written: rows, dirty: 0 });
      expect(await fingerprint(target, 'orders')).toBe(
        await fingerprint(source, `(select * from orders where id <= ${rows}) before`),
      );
      await target.run(again);
      await engine.runs.control.resume(id, 'test');
      expect(await rested(engine, id)).toMatchObject({
        state: 'succeeded',
        counts: { read: ROWS, written: ROWS, filtered: 0, dirty: 0 },
      });
      expect(await fingerprint(target, 'orders')).toBe(await fingerprint(source, 'orders'));
      await watch.end();
      await target.close();
    });
  }
});
