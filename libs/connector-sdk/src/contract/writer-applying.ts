import { deepEqual, equal, ok, rejects } from 'node:assert/strict';
import { balances, type Batch, SluiceError, uuidv7, ZERO_COUNTS } from '@sluice/model';
import type { Offered } from '../writer.ts';
import type { Check } from './check.ts';
import { TARGET_SCHEMA, type TargetRow, type WriterFixture } from './writer-fixture.ts';
import { added, answerTo, commit, refuses, rowsFrom, unmapped, writing } from './writing.ts';

/** What becomes of batches and units (D-10 to D-12, D-14). */
export const APPLYING_CHECKS: readonly Check<WriterFixture>[] = [
  {
    id: 'offers',
    promise:
      'takes the next batch of a stream, answers any other by what is wrong with it, and keeps the unit as it was',
    run: async (connector, fixture) => {
      const target = await fixture.target('keyed');
      await writing(connector, target, { channels: [0, 0, 1] }, async (opened) => {
        const claim = opened.nextClaim();
        await opened.takeOver(claim);
        const channel = await opened.opened(claim);
        await commit(channel, opened.batch(0, 1, rowsFrom(1, 1)), opened.batch(0, 2, rowsFrom(2, 2)));
        const unit = await channel.begin();
        await added(unit, opened.batch(0, 3, rowsFrom(3, 3)));
        const { readerEpoch } = opened.plan.streams[0]!;
        const bad = rowsFrom(50, 59);
        const refused: readonly (readonly [what: string, batch: Batch, kind: Offered['kind']])[] = [
          ['committed long ago', opened.batch(0, 1, bad), 'duplicate'],
          ['the last that was committed', opened.batch(0, 2, bad), 'duplicate'],
          ['in this unit already', opened.batch(0, 3, bad), 'duplicate'],
          ['behind a missing one', opened.batch(0, 5, bad), 'gap'],
          ['of another task', opened.batch(0, 4, bad, { task: uuidv7() }), 'unknown'],
          ['of another generation', opened.batch(0, 4, bad, { generation: uuidv7() }), 'unknown'],
          ['of no planned split', opened.batch(7, 1, bad), 'unknown'],
          ["of another channel's split", opened.batch(2, 1, bad), 'unknown'],
          ['of an older reader', opened.batch(0, 4, bad, { epoch: readerEpoch - 1 }), 'superseded'],
          [
            'of a reader that nobody sealed for',
            opened.batch(0, 4, bad, { epoch: readerEpoch + 1 }),
            'set-back',
          ],
        ];
        for (const [what, batch, kind] of refused) {
          const answer = await unit.offer(batch);
          equal(answer.kind, kind, `a batch ${what}`);
          if (answer.kind === 'gap' || answer.kind === 'set-back')
            deepEqual([answer.found.seq, answer.found.readerEpoch], [3, readerEpoch], what);
        }
        await added(unit, opened.batch(0, 4, rowsFrom(4, 4)));
        const moved = await unit.commit();
        deepEqual(
          moved.map(({ split, seq, counts }) => [split, seq, counts.read, counts.written]),
          [[0, 4, 4, 4]],
        );
        deepEqual(await target.content(), target.contentOf(rowsFrom(1, 4)));
        const other = await opened.opened({ ...claim, holder: uuidv7() });
        equal(
          (await answerTo(other, opened.batch(0, 5, bad))).kind,
          'set-back',
          'under the epoch of another holder',
        );
      });
    },
  },
  {
    id: 'rollback',
    promise: 'leaves nothing of a unit that is rolled back, and takes its batches again',
    run: async (connector, fixture) => {
      const target = await fixture.target('keyed');
      await writing(connector, target, {}, async (opened) => {
        const channel = await opened.channel();
        const batches = [
          opened.batch(0, 1, rowsFrom(1, 50)),
          // Dirty records end the bulk statement: what was sent is in the target's transaction.
          opened.batch(0, 2, rowsFrom(51, 60), { dirty: [unmapped(3)] }),
          opened.batch(0, 3, rowsFrom(61, 70)),
        ];
        for (const offered of [3, 2, 1]) {
          const unit = await channel.begin();
          await added(unit, ...batches.slice(0, offered));
          await unit.rollback();
        }
        deepEqual(await target.content(), target.contentOf([]));
        deepEqual(await target.dirty(opened.plan.generation), []);
        const { seq, position, counts } = await opened.found();
        deepEqual({ seq, position, counts }, { seq: 0, position: null, counts: ZERO_COUNTS });
        await commit(await opened.channel(), ...batches);
        deepEqual(await target.content(), target.contentOf(rowsFrom(1, 70)));
        equal((await target.dirty(opened.plan.generation)).length, 1);
      });
    },
  },
  {
    id: 'unseen',
    promise: 'shows nothing of a unit before its commit, and all of it after it',
    run: async (connector, fixture) => {
      const target = await fixture.target('keyed');
      await writing(connector, target, { channels: [0, 0] }, async (opened) => {
        const channel = await opened.channel();
        const unit = await channel.begin();
        await added(unit, opened.batch(0, 1, rowsFrom(1, 50), { dirty: [unmapped(0)] }));
        await added(unit, opened.batch(1, 1, rowsFrom(51, 80), { dirty: [unmapped(0)] }));
        deepEqual(await target.content(), target.contentOf([]));
        deepEqual(await target.dirty(opened.plan.generation), []);
        const moved = await unit.commit();
        deepEqual(moved.map(({ split }) => split).sort(), [0, 1]);
        deepEqual(await target.content(), target.contentOf(rowsFrom(1, 80)));
        equal((await target.dirty(opened.plan.generation)).length, 2);
      });
    },
  },
  {
    id: 'counts',
    promise:
      'moves the progress with the rows, by counts that add up over units: read = written + filtered + dirty',
    run: async (connector, fixture) => {
      const target = await fixture.target('keyed');
      await writing(connector, target, {}, async (opened) => {
        const channel = await opened.channel();
        const first = opened.batch(0, 1, rowsFrom(1, 10), { filteredCount: 2, dirty: [unmapped(1)] });
        const second = opened.batch(0, 2, rowsFrom(11, 15), { filteredCount: 1 });
        const bytes = [first.sourceBytes, first.sourceBytes + second.sourceBytes];
        const expected = [
          { read: 13, written: 10, filtered: 2, dirty: 1, bytes: bytes[0] },
          { read: 19, written: 15, filtered: 3, dirty: 1, bytes: bytes[1] },
        ];
        for (const [n, batch] of [first, second].entries()) {
          const [row] = await commit(channel, batch);
          deepEqual(row!.counts, expected[n]);
          deepEqual([row!.seq, row!.position], [n + 1, `p${n + 1}`]);
          ok(balances(row!.counts));
        }
        const found = await opened.found();
        deepEqual(found.counts, expected[1]);
        deepEqual([found.seq, found.position], [2, 'p2']);
      });
    },
  },
  {
    id: 'open',
    promise:
      'closes no unit behind a batch without a position, and takes as many of them as come before the final',
    run: async (connector, fixture) => {
      const target = await fixture.target('keyed');
      await writing(connector, target, {}, async (opened) => {
        const channel = await opened.channel();
        const batches = [1, 2, 3].map((seq) =>
          opened.batch(0, seq, rowsFrom(seq * 10, seq * 10 + 9), { position: null }),
        );
        await rejects(commit(channel, ...batches), SluiceError);
        deepEqual(await target.content(), target.contentOf([]));
        equal((await opened.found()).seq, 0);
        const [row] = await commit(await opened.channel(), ...batches, opened.final(0, 4, 30));
        deepEqual([row!.seq, row!.position, row!.final], [4, 'end', true]);
        deepEqual(await target.content(), target.contentOf(rowsFrom(10, 39)));
      });
    },
  },
  {
    id: 'final',
    promise: 'closes a stream by its final, but not by one whose totals are not what arrived',
    run: async (connector, fixture) => {
      const target = await fixture.target('keyed');
      await writing(connector, target, {}, async (opened) => {
        const channel = await opened.channel();
        const batch = opened.batch(0, 1, rowsFrom(1, 5), { filteredCount: 1 });
        await refuses(commit(channel, batch, opened.final(0, 2, 7)), 'SLUICE_OFF_LEDGER');
        deepEqual(await target.content(), target.contentOf([]));
        const [row] = await commit(channel, batch, opened.final(0, 2, 6));
        deepEqual([row!.final, row!.seq], [true, 2]);
        equal((await answerTo(channel, opened.batch(0, 3, rowsFrom(6, 6)))).kind, 'duplicate');
        const found = await opened.found();
        deepEqual([found.final, found.seq, found.counts.written], [true, 2, 5]);
      });
    },
  },
  {
    id: 'heartbeat',
    promise: 'moves the position by a heartbeat, which has no rows',
    run: async (connector, fixture) => {
      const target = await fixture.target('keyed');
      await writing(connector, target, {}, async (opened) => {
        const channel = await opened.channel();
        await commit(channel, opened.batch(0, 1, rowsFrom(1, 2)));
        const [row] = await commit(channel, opened.batch(0, 2, [], { kind: 'heartbeat', position: 'later' }));
        deepEqual([row!.seq, row!.position, row!.counts.read], [2, 'later', 2]);
        equal((await opened.found()).position, 'later');
        deepEqual(await target.content(), target.contentOf(rowsFrom(1, 2)));
      });
    },
  },
  {
    id: 'channels',
    promise: 'writes several channels at the same time, each its own streams',
    run: async (connector, fixture) => {
      const target = await fixture.target('keyed');
      await writing(connector, target, { channels: [0, 1, 1] }, async (opened) => {
        const write = async (number: number): Promise<void> => {
          const channel = await opened.channel(number);
          const splits = opened.splits(number);
          for (let seq = 1; seq <= 3; seq++) {
            const rows = (split: number): TargetRow[] =>
              rowsFrom(split * 1000 + seq * 20, split * 1000 + seq * 20 + 9);
            await commit(channel, ...splits.map((split) => opened.batch(split, seq, rows(split))));
          }
        };
        await Promise.all([write(0), write(1)]);
        const expected = [0, 1, 2].flatMap((split) =>
          [1, 2, 3].flatMap((seq) => rowsFrom(split * 1000 + seq * 20, split * 1000 + seq * 20 + 9)),
        );
        deepEqual(await target.content(), target.contentOf(expected));
        for (const split of [0, 1, 2]) equal((await opened.found(split)).counts.written, 30);
      });
    },
  },
  {
    id: 'keyless',
    promise:
      'writes equal rows into a target without a key as often as they come, and a batch that comes again not at all',
    run: async (connector, fixture) => {
      const target = await fixture.target('keyless');
      const rows = [...rowsFrom(1, 3), ...rowsFrom(1, 3)];
      await writing(connector, target, { schema: { ...TARGET_SCHEMA, key: [] } }, async (opened) => {
        const batch = opened.batch(0, 1, rows);
        await commit(await opened.channel(), batch);
        for (let times = 0; times < 2; times++)
          equal((await answerTo(await opened.channel(), batch)).kind, 'duplicate');
        await commit(await opened.channel(), opened.batch(0, 2, rowsFrom(1, 1)));
        deepEqual(await target.content(), target.contentOf([...rows, ...rowsFrom(1, 1)]));
      });
    },
  },
  {
    id: 'upsert',
    promise:
      'upserts by the key: the last record of a key wins, in a batch, a unit and over units; other rows stay',
    needs: 'key',
    run: async (connector, fixture) => {
      const target = await fixture.target('keyed');
      await writing(connector, target, {}, async (before) => {
        const rows: TargetRow[] = [
          [1, 'old', 1],
          [9, 'kept', 9],
        ];
        await commit(await before.channel(), before.batch(0, 1, rows));
      });
      await writing(connector, target, { mode: 'upsert' }, async (opened) => {
        const channel = await opened.channel();
        const batches: TargetRow[][] = [
          [
            [1, 'first', 1],
            [2, 'two', 2],
            [1, 'second', 2],
            [3, 'without n', null],
          ],
          [
            [1, 'third', 3],
            [4, 'four', 4],
          ],
        ];
        await commit(channel, ...batches.map((rows, n) => opened.batch(0, n + 1, rows)));
        const [row] = await commit(channel, opened.batch(0, 3, [[2, 'last', 5]]));
        deepEqual(
          await target.content(),
          target.contentOf([
            [1, 'third', 3],
            [2, 'last', 5],
            [4, 'four', 4],
            [9, 'kept', 9],
          ]),
        );
        const { read, written, dirty } = row!.counts;
        deepEqual({ read, written, dirty }, { read: 7, written: 6, dirty: 1 });
      });
    },
  },
  {
    id: 'closed',
    promise: 'leaves nothing of a unit whose channel is closed in the middle',
    run: async (connector, fixture) => {
      const target = await fixture.target('keyed');
      await writing(connector, target, {}, async (opened) => {
        const channel = await opened.channel();
        const unit = await channel.begin();
        const batches = [
          opened.batch(0, 1, rowsFrom(1, 20), { dirty: [unmapped(0)] }),
          opened.batch(0, 2, rowsFrom(21, 40)),
        ];
        await added(unit, ...batches);
        await channel.close();
        deepEqual(await target.content(), target.contentOf([]));
        equal((await opened.found()).seq, 0);
        await commit(await opened.channel(), ...batches);
        deepEqual(await target.content(), target.contentOf(rowsFrom(1, 40)));
      });
    },
  },
  {
    id: 'kill',
    promise:
      'reports a session that is ended in the middle of a unit as interrupted; the unit can be repeated',
    needs: 'kill',
    run: async (connector, fixture) => {
      const target = await fixture.target('keyed');
      await writing(connector, target, {}, async (opened) => {
        const batches = [opened.batch(0, 1, rowsFrom(1, 20)), opened.batch(0, 2, rowsFrom(21, 40))];
        for (const before of [1, 2]) {
          const channel = await opened.channel();
          const unit = await channel.begin();
          await added(unit, ...batches.slice(0, before));
          await fixture.kill!();
          const error = await refuses(
            (async () => {
              await added(unit, ...batches.slice(before));
              await unit.commit();
            })(),
            'SLUICE_TGT_INTERRUPTED',
            'SLUICE_TGT_UNREACHABLE',
          );
          equal(error.kind, 'transient');
          await unit.rollback();
          await channel.close();
          equal((await opened.found()).seq, 0);
        }
        await commit(await opened.channel(), ...batches);
        deepEqual(await target.content(), target.contentOf(rowsFrom(1, 40)));
        deepEqual(await target.dirty(opened.plan.generation), []);
      });
    },
  },
];
