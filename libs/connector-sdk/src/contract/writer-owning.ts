import { deepEqual, equal, ok } from 'node:assert/strict';
import { nextEpoch } from '@sluice/model';
import type { Check } from './check.ts';
import type { WriterFixture } from './writer-fixture.ts';
import {
  added,
  answerTo,
  commit,
  commitMet,
  meanwhile,
  refuses,
  rowsFrom,
  Writing,
  writing,
} from './writing.ts';

/** Who may write and what it finds: takeovers and seals (D-6, D-13). */
export const OWNING_CHECKS: readonly Check<WriterFixture>[] = [
  {
    id: 'takeover',
    promise:
      'raises epoch and holder at a takeover and answers the rows; a lower epoch changes nothing and finds them',
    run: async (connector, fixture) => {
      const target = await fixture.target('keyed');
      await writing(connector, target, { channels: [0, 0, 1] }, async (opened) => {
        const [low, high] = [opened.nextClaim(), opened.nextClaim()];
        for (const claim of [high, low]) {
          const rows = await opened.takeOver(claim);
          deepEqual(
            rows.map(({ split, writerEpoch, writerHolder }) => [split, writerEpoch, writerHolder]),
            [
              [0, high.epoch, high.holder],
              [1, high.epoch, high.holder],
            ],
          );
        }
      });
    },
  },
  {
    id: 'resumes',
    promise: 'shows to a writer that takes over exactly what was committed',
    run: async (connector, fixture) => {
      const target = await fixture.target('keyed');
      await writing(connector, target, {}, async (first) => {
        await commit(
          await first.channel(),
          first.batch(0, 1, rowsFrom(1, 3)),
          first.batch(0, 2, rowsFrom(4, 4)),
        );
        const second = await Writing.open(connector, target, first.plan);
        try {
          const claim = { ...first.nextClaim() };
          const [row] = await second.takeOver(claim);
          const bytes =
            first.batch(0, 1, rowsFrom(1, 3)).sourceBytes + first.batch(0, 2, rowsFrom(4, 4)).sourceBytes;
          deepEqual(row, {
            split: 0,
            writerEpoch: claim.epoch,
            writerHolder: claim.holder,
            readerEpoch: first.plan.streams[0]!.readerEpoch,
            seq: 2,
            position: 'p2',
            counts: { read: 4, written: 4, filtered: 0, dirty: 0, bytes },
            final: false,
          });
          await commit(await second.opened(claim), second.batch(0, 3, rowsFrom(5, 6)));
          deepEqual(await target.content(), target.contentOf(rowsFrom(1, 6)));
        } finally {
          await second.close();
        }
      });
    },
  },
  {
    id: 'fence',
    promise:
      'lets a takeover wait for the open unit of the older writer, which then changes nothing any more',
    uses: ['waits'],
    run: async (connector, fixture) => {
      const target = await fixture.target('keyed');
      await writing(connector, target, {}, async (opened) => {
        const older = await opened.channel();
        const unit = await older.begin();
        await added(unit, opened.batch(0, 1, rowsFrom(1, 3)));
        const claim = opened.nextClaim();
        const taken = meanwhile(opened.takeOver(claim));
        const seq = (await commitMet(unit, fixture)) ? 1 : 0;
        const [row] = await taken;
        equal(row!.seq, seq, 'the takeover did not wait for the unit');
        const refused = await answerTo(older, opened.batch(0, seq + 1, rowsFrom(90, 92)));
        ok(refused.kind === 'fenced');
        equal(refused.found.writerEpoch, claim.epoch);
        const newer = await opened.opened(claim);
        if (seq === 0) await commit(newer, opened.batch(0, 1, rowsFrom(1, 3)));
        await commit(newer, opened.batch(0, 2, rowsFrom(4, 6)));
        deepEqual(await target.content(), target.contentOf(rowsFrom(1, 6)));
      });
    },
  },
  {
    id: 'seal',
    promise:
      'freezes a stream for older readers by a seal, which waits for the open unit and answers what is committed',
    uses: ['waits'],
    run: async (connector, fixture) => {
      const target = await fixture.target('keyed');
      await writing(connector, target, {}, async (opened) => {
        const { plan, writer } = opened;
        const channel = await opened.channel();
        let epoch = plan.streams[0]!.readerEpoch;
        const seal = async (ending: 'commit' | 'rollback', seq: number): Promise<boolean> => {
          const unit = await channel.begin();
          await added(unit, opened.batch(0, seq, rowsFrom(seq, seq), { epoch }));
          const sealing = meanwhile(writer.seal(plan, 0, nextEpoch(epoch)));
          const isCommitted = ending === 'commit' && (await commitMet(unit, fixture));
          if (ending === 'rollback') await unit.rollback();
          const row = await sealing;
          equal(row.seq, isCommitted ? seq : seq - 1);
          ok(row.readerEpoch > epoch, 'a seal does not raise the reader epoch');
          const late = opened.batch(0, row.seq + 1, rowsFrom(90, 90), { epoch });
          equal((await answerTo(channel, late)).kind, 'superseded');
          epoch = row.readerEpoch;
          return isCommitted;
        };
        await seal('rollback', 1);
        if (!(await seal('commit', 1))) await commit(channel, opened.batch(0, 1, rowsFrom(1, 1), { epoch }));
        const low = await writer.seal(plan, 0, epoch - 1);
        equal(low.readerEpoch, epoch, 'a lower seal changes the epoch');
        await commit(channel, opened.batch(0, 2, rowsFrom(2, 2), { epoch }));
        deepEqual(await target.content(), target.contentOf(rowsFrom(1, 2)));
        equal((await opened.found()).readerEpoch, epoch);
      });
    },
  },
  {
    id: 'terminate',
    promise: 'can end the session of a writer that keeps a row locked, by its name',
    needs: 'terminate',
    run: async (connector, fixture) => {
      const target = await fixture.target('keyed');
      await writing(connector, target, {}, async (opened) => {
        const zombie = await opened.channel();
        const unit = await zombie.begin();
        await added(unit, opened.batch(0, 1, rowsFrom(1, 3)));
        const { generation } = opened.plan;
        await fixture.connections(target).terminate(`sluice:${generation}:0`);
        const channel = await opened.channel();
        await commit(channel, opened.batch(0, 1, rowsFrom(1, 3)));
        const error = await refuses(unit.commit(), 'SLUICE_TGT_INTERRUPTED');
        equal(error.kind, 'transient');
        await unit.rollback();
        deepEqual(await target.content(), target.contentOf(rowsFrom(1, 3)));
      });
    },
  },
];
