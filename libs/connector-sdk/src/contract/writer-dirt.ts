import { deepEqual, equal, ok } from 'node:assert/strict';
import type { StreamProgress } from '@sluice/model';
import type { Check } from './check.ts';
import { type KeptDirty, type TargetRow, UNLUCKY, type WriterFixture } from './writer-fixture.ts';
import { added, commit, refuses, rowsFrom, unmapped, writing } from './writing.ts';

const BAD = 'SLUICE_TGT_CONSTRAINT';

/** Rows `from` to `to`, of which the ones at these indices have no `n`. */
function rowsWithout(from: number, to: number, ...indices: readonly number[]): TargetRow[] {
  return rowsFrom(from, to).map((row, index) =>
    indices.includes(index) ? [row[0], 'without n', null] : row,
  );
}

const sorted = (kept: readonly KeptDirty[]): string[] =>
  kept.map(({ split, seq, index, code }) => `${split} ${seq} ${index} ${code}`).sort();

/** Dirty records (D-16, D-17). */
export const DIRT_CHECKS: readonly Check<WriterFixture>[] = [
  {
    id: 'bisects',
    promise:
      'finds the bad records of a unit, only them, and keeps them in the transaction that leaves them out',
    uses: ['key', 'check'],
    run: async (connector, fixture) => {
      const target = await fixture.target('keyed');
      await writing(connector, target, { channels: [0, 0] }, async (opened) => {
        const channel = await opened.channel();
        const batches: { split: number; seq: number; rows: TargetRow[]; bad: number[] }[] = [
          { split: 0, seq: 1, rows: rowsWithout(1, 100, 0, 57), bad: [0, 57] },
          { split: 1, seq: 1, rows: rowsWithout(1001, 1100, 10, 11, 99), bad: [10, 11, 99] },
          { split: 0, seq: 2, rows: rowsFrom(101, 200), bad: [] },
        ];
        if (!('key' in fixture.without)) {
          // The second row of a key is the bad one.
          batches[2]!.rows[40] = [1050, 'twice', 1];
          batches[2]!.bad.push(40);
        }
        if (!('check' in fixture.without)) {
          batches[2]!.rows[90] = [190, 'unlucky', UNLUCKY];
          batches[2]!.bad.push(90);
        }
        const unit = await channel.begin();
        await added(unit, ...batches.map(({ split, seq, rows }) => opened.batch(split, seq, rows)));
        const moved = await unit.commit();
        const good = batches.flatMap(({ rows, bad }) => rows.filter((_, index) => !bad.includes(index)));
        deepEqual(await target.content(), target.contentOf(good));
        const expected = sorted(
          batches.flatMap(({ split, seq, bad }) => bad.map((index) => ({ split, seq, index, code: BAD }))),
        );
        deepEqual(sorted(await target.dirty(opened.plan.generation)), expected);
        deepEqual(sorted(unit.dirty), expected);
        ok(unit.dirty.every(({ reason, record }) => reason.length > 0 && record.includes('"id"')));
        const sum = (of: (row: StreamProgress) => number): number =>
          moved.reduce((all, row) => all + of(row), 0);
        deepEqual(
          [sum((row) => row.counts.read), sum((row) => row.counts.written), sum((row) => row.counts.dirty)],
          [300, good.length, expected.length],
        );
      });
    },
  },
  {
    id: 'as-read',
    promise: 'counts the index of a bad record as it was read, with those that were dirty already',
    run: async (connector, fixture) => {
      const target = await fixture.target('keyed');
      await writing(connector, target, {}, async (opened) => {
        // As read: dirty, good, dirty, bad, good.
        const batch = opened.batch(0, 1, rowsWithout(1, 3, 1), { dirty: [unmapped(0), unmapped(2)] });
        const [row] = await commit(await opened.channel(), batch);
        deepEqual(sorted(await target.dirty(opened.plan.generation)), [
          '0 1 0 SLUICE_MAP_CAST',
          '0 1 2 SLUICE_MAP_CAST',
          `0 1 3 ${BAD}`,
        ]);
        deepEqual([row!.counts.read, row!.counts.written, row!.counts.dirty], [5, 2, 3]);
      });
    },
  },
  {
    id: 'existing',
    promise: 'takes a row whose key is in the target already for bad when it inserts',
    needs: 'key',
    run: async (connector, fixture) => {
      const target = await fixture.target('keyed');
      await writing(connector, target, {}, async (opened) => {
        const channel = await opened.channel();
        await commit(channel, opened.batch(0, 1, rowsFrom(1, 5)));
        const [row] = await commit(channel, opened.batch(0, 2, [[3, 'again', 1], ...rowsFrom(6, 7)]));
        deepEqual(await target.content(), target.contentOf(rowsFrom(1, 7)));
        deepEqual(sorted(await target.dirty(opened.plan.generation)), [`0 2 0 ${BAD}`]);
        deepEqual([row!.counts.written, row!.counts.dirty], [7, 1]);
      });
    },
  },
  {
    id: 'limit',
    promise:
      'allows exactly as many dirty records as the limit over all channels; a unit beyond it leaves nothing',
    run: async (connector, fixture) => {
      const target = await fixture.target('keyed');
      await writing(connector, target, { channels: [0, 1], dirtyLimit: 3 }, async (opened) => {
        const [first, second] = [await opened.channel(0), await opened.channel(1)];
        await commit(first, opened.batch(0, 1, rowsWithout(1, 10, 2, 7)));
        await commit(second, opened.batch(1, 1, rowsFrom(101, 110), { dirty: [unmapped(0)] }));
        const over = opened.batch(0, 2, rowsWithout(11, 20, 5));
        const error = await refuses(commit(first, over), 'SLUICE_RUN_DIRTY_LIMIT');
        ok(error.detail.includes(BAD), 'the error does not say what was dirty');
        const good = [
          ...rowsFrom(1, 10).filter((_, index) => index !== 2 && index !== 7),
          ...rowsFrom(101, 110),
        ];
        deepEqual(await target.content(), target.contentOf(good));
        equal((await target.dirty(opened.plan.generation)).length, 3);
        const found = await opened.found(0);
        deepEqual([found.seq, found.counts.dirty], [1, 2]);
        await commit(await opened.channel(0), opened.batch(0, 2, rowsFrom(11, 20)));
        deepEqual(await target.content(), target.contentOf([...good, ...rowsFrom(11, 20)]));
      });
    },
  },
  {
    id: 'no-limit',
    promise: 'allows no dirty record where the limit is 0',
    run: async (connector, fixture) => {
      const target = await fixture.target('keyed');
      await writing(connector, target, { dirtyLimit: 0 }, async (opened) => {
        const batch = opened.batch(0, 1, rowsWithout(1, 40, 39));
        await refuses(commit(await opened.channel(), batch), 'SLUICE_RUN_DIRTY_LIMIT');
        deepEqual(await target.content(), target.contentOf([]));
        deepEqual(await target.dirty(opened.plan.generation), []);
      });
    },
  },
  {
    id: 'not-dirty',
    promise: 'takes a table that is gone for a mistake of the configuration and no record for dirty',
    needs: 'drop',
    run: async (connector, fixture) => {
      const target = await fixture.target('keyed');
      await writing(connector, target, {}, async (opened) => {
        const channel = await opened.channel();
        await fixture.drop!(target);
        const error = await refuses(commit(channel, opened.batch(0, 1, rowsFrom(1, 5))), 'SLUICE_TGT_TABLE');
        equal(error.kind, 'config');
        deepEqual(await target.dirty(opened.plan.generation), []);
        equal((await opened.found()).seq, 0);
      });
    },
  },
  {
    id: 'no-right',
    promise: 'takes a missing right for a mistake of the configuration and no record for dirty',
    needs: 'right',
    run: async (connector, fixture) => {
      const target = await fixture.target('keyed');
      await writing(connector, target, {}, async (opened) => {
        const { config, parameters } = await fixture.withoutRight!(target);
        const limited = await connector.openWriter!(config, parameters);
        const claim = opened.nextClaim();
        await limited.takeOver(opened.plan, [0], claim);
        const channel = await limited.openChannel(opened.plan, claim);
        try {
          const batch = opened.batch(0, 1, rowsFrom(1, 5));
          const error = await refuses(commit(channel, batch), 'SLUICE_TGT_PRIVILEGE');
          equal(error.kind, 'config');
          deepEqual(await target.dirty(opened.plan.generation), []);
        } finally {
          await channel.close();
          await limited.close();
        }
      });
    },
  },
];
