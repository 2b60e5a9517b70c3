import { deepEqual, equal, ok } from 'node:assert/strict';
import { EPOCH_FENCED, uuidv7 } from '@sluice/model';
import type { Check } from './check.ts';
import type { WriterFixture } from './writer-fixture.ts';
import {
  added,
  answerTo,
  commit,
  commitMet,
  meanwhile,
  planWriting,
  refuses,
  rowsFrom,
  Writing,
  writing,
} from './writing.ts';

/** How a generation ends (D-22, D-23), and what a writer is refused with. */
export const WRITER_ENDING_CHECKS: readonly Check<WriterFixture>[] = [
  {
    id: 'finish',
    promise:
      'finishes a generation whose streams are all final, and no other; older generations leave no rows',
    run: async (connector, fixture) => {
      const target = await fixture.target('keyed');
      const task = uuidv7();
      await writing(connector, target, { task, generation: uuidv7(1) }, async (old) => {
        await commit(await old.channel(), old.batch(0, 1, rowsFrom(1, 2)));
        const given = { task, generation: uuidv7(2), channels: [0, 0], truncateFirst: true };
        await writing(connector, target, given, async (opened) => {
          const { writer, plan } = opened;
          const channel = await opened.channel();
          await commit(channel, opened.batch(0, 1, rowsFrom(5, 6)), opened.final(0, 2, 2));
          await refuses(writer.finish(plan), 'SLUICE_OFF_LEDGER');
          await commit(channel, opened.final(1, 1, 0));
          await writer.finish(plan);
          await writer.finish(plan);
          await writer.prepare(plan);
          deepEqual(await target.content(), target.contentOf(rowsFrom(5, 6)));
          await refuses(old.takeOver(old.nextClaim()), 'SLUICE_TGT_NOT_PREPARED');
          ok((await opened.found()).final);
        });
      });
    },
  },
  {
    id: 'cancel',
    promise: 'changes nothing any more once a cancel has returned, which waits for the open unit',
    uses: ['waits', 'partial'],
    run: async (connector, fixture) => {
      const target = await fixture.target('keyed');
      const task = uuidv7();
      await writing(connector, target, { task, generation: uuidv7(1) }, async (opened) => {
        const { writer, plan } = opened;
        const channel = await opened.channel();
        const unit = await channel.begin();
        await added(unit, opened.batch(0, 1, rowsFrom(1, 3)));
        const cancelled = meanwhile(writer.cancel(plan));
        const isCommitted = await commitMet(unit, fixture);
        await cancelled;
        await writer.cancel(plan);
        const stays = isCommitted && !('partial' in fixture.without) ? rowsFrom(1, 3) : [];
        const kept = target.contentOf(stays);
        deepEqual(await target.content(), kept);
        equal((await answerTo(channel, opened.batch(0, 2, rowsFrom(4, 6)))).kind, 'fenced');
        equal((await opened.takeOver(opened.nextClaim()))[0]!.writerEpoch, EPOCH_FENCED);
        await refuses(writer.prepare(plan), 'SLUICE_TGT_REPLACED');
        await refuses(writer.finish(plan), 'SLUICE_TGT_REPLACED');
        deepEqual(await target.content(), kept);
        await writing(connector, target, { task, generation: uuidv7(2) }, async (next) => {
          // The cancel of an older generation comes late.
          await writer.cancel(plan);
          await commit(await next.channel(), next.batch(0, 1, rowsFrom(7, 8)));
        });
        deepEqual(await target.content(), target.contentOf([...stays, ...rowsFrom(7, 8)]));
      });
    },
  },
  {
    id: 'cancel-first',
    promise: 'cancels a generation before it is prepared, which it then cannot be',
    run: async (connector, fixture) => {
      const target = await fixture.target('keyed');
      const opened = await Writing.open(connector, target, planWriting());
      try {
        await opened.writer.cancel(opened.plan);
        await refuses(opened.writer.prepare(opened.plan), 'SLUICE_TGT_REPLACED');
      } finally {
        await opened.close();
      }
    },
  },
  {
    id: 'refused',
    promise: 'names what is wrong by its code: password, host, database, file; and shows no secret',
    run: async (connector, { refused }) => {
      for (const [what, make] of Object.entries(refused)) {
        const { config, parameters, codes, secret } = await make();
        const error = await refuses(
          writing(connector, { config, parameters }, {}, async () => undefined),
          ...codes,
        );
        ok(error.hint.length > 0, what);
        if (secret !== undefined) ok(!`${error.message} ${error.hint} ${error.place}`.includes(secret), what);
      }
    },
  },
];
