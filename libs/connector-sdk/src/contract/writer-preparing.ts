import { deepEqual, equal } from 'node:assert/strict';
import { EPOCH_FENCED, nextEpoch, uuidv7, ZERO_COUNTS } from '@sluice/model';
import type { Check } from './check.ts';
import { TARGET_SCHEMA, type WriterFixture } from './writer-fixture.ts';
import {
  answerTo,
  commit,
  planWriting,
  refuses,
  rowsFrom,
  Writing,
  writing,
  type WritingOptions,
} from './writing.ts';

/** How a generation begins (D-9). */
export const PREPARING_CHECKS: readonly Check<WriterFixture>[] = [
  {
    id: 'creates',
    promise: 'creates the table from the schema of the rows, but only when it may',
    needs: 'tables',
    run: async (connector, fixture) => {
      const target = await fixture.target('absent');
      equal(await connector.describe(target.config, target.parameters, 'target'), undefined);
      await refuses(
        writing(connector, target, { createTable: false }, async () => undefined),
        'SLUICE_TGT_TABLE',
      );
      await writing(connector, target, { createTable: true }, async (opened) => {
        await commit(await opened.channel(), opened.batch(0, 1, rowsFrom(1, 3)));
        deepEqual(await target.content(), target.contentOf(rowsFrom(1, 3)));
      });
      const described = await connector.describe(target.config, target.parameters, 'target');
      deepEqual(
        described?.columns.map(({ name, nullable }) => ({ name, nullable })),
        TARGET_SCHEMA.columns.map(({ name, nullable }) => ({ name, nullable })),
      );
      deepEqual(described?.key, ['id']);
    },
  },
  {
    id: 'fits',
    promise: 'refuses a table that lacks a column of the rows',
    needs: 'tables',
    run: async (connector, fixture) => {
      const target = await fixture.target('keyed');
      const columns = [...TARGET_SCHEMA.columns, { name: 'more', kind: 'long' as const, nullable: true }];
      const schema = { ...TARGET_SCHEMA, columns };
      await refuses(
        writing(connector, target, { schema }, async () => undefined),
        'SLUICE_TGT_COLUMN',
      );
    },
  },
  {
    id: 'upsert-key',
    promise: 'refuses an upsert into a table without a key',
    needs: 'key',
    run: async (connector, fixture) => {
      const target = await fixture.target('keyless');
      await refuses(
        writing(connector, target, { mode: 'upsert' }, async () => undefined),
        'SLUICE_TGT_KEY',
      );
    },
  },
  {
    id: 'once',
    promise: 'empties the table once, when the generation is prepared; repeating it is harmless',
    run: async (connector, fixture) => {
      const target = await fixture.target('keyed');
      await writing(connector, target, {}, async (before) => {
        await commit(await before.channel(), before.batch(0, 1, rowsFrom(1, 3)));
      });
      deepEqual(await target.content(), target.contentOf(rowsFrom(1, 3)));
      await writing(connector, target, { truncateFirst: true }, async (opened) => {
        deepEqual(await target.content(), target.contentOf([]));
        await opened.writer.prepare(opened.plan);
        await commit(await opened.channel(), opened.batch(0, 1, rowsFrom(7, 9)));
        await opened.writer.prepare(opened.plan);
        deepEqual(await target.content(), target.contentOf(rowsFrom(7, 9)));
        equal((await opened.found()).seq, 1);
      });
    },
  },
  {
    id: 'rows',
    promise: 'makes a progress row of every planned stream: nothing committed, the planned epochs, no holder',
    run: async (connector, fixture) => {
      const target = await fixture.target('keyed');
      await writing(connector, target, { channels: [0, 1, 0] }, async (opened) => {
        const lowest = { channel: 0, epoch: 1, holder: 'nobody' };
        const rows = await opened.writer.takeOver(opened.plan, [0, 1, 2], lowest);
        deepEqual(
          rows,
          opened.plan.streams.map(({ split, readerEpoch, writerEpoch }) => ({
            split,
            readerEpoch,
            writerEpoch,
            writerHolder: '',
            seq: 0,
            position: null,
            counts: ZERO_COUNTS,
            final: false,
          })),
        );
      });
    },
  },
  {
    id: 'together',
    promise: 'lets several writers prepare a generation at the same time, as if it were one',
    run: async (connector, fixture) => {
      const target = await fixture.target('keyed');
      const plan = planWriting({ truncateFirst: true, channels: [0, 1] });
      const all = await Promise.all([1, 2, 3].map(() => Writing.open(connector, target, plan)));
      try {
        await Promise.all(all.map(({ writer }) => writer.prepare(plan)));
        const channel = await all[0]!.channel();
        await commit(channel, all[0]!.batch(0, 1, rowsFrom(1, 5)));
        await Promise.all(all.map(({ writer }) => writer.prepare(plan)));
        await commit(await all[1]!.channel(1), all[1]!.batch(1, 1, rowsFrom(6, 9)));
        deepEqual(await target.content(), target.contentOf(rowsFrom(1, 9)));
      } finally {
        for (const each of all) await each.close();
      }
    },
  },
  {
    id: 'unprepared',
    promise: 'makes no row for a batch, a takeover or a seal of a generation that is not prepared',
    run: async (connector, fixture) => {
      const target = await fixture.target('keyed');
      // The tables of the protocol are there, by somebody else's generation.
      await writing(connector, target, {}, async () => undefined);
      const opened = await Writing.open(connector, target, planWriting());
      try {
        const claim = opened.nextClaim();
        await refuses(opened.takeOver(claim), 'SLUICE_TGT_NOT_PREPARED');
        await refuses(opened.writer.seal(opened.plan, 0, nextEpoch(0)), 'SLUICE_TGT_NOT_PREPARED');
        const channel = await opened.opened(claim);
        const answer = await answerTo(channel, opened.batch(0, 1, rowsFrom(1, 1)));
        equal(answer.kind, 'unknown');
        await refuses(opened.takeOver(claim), 'SLUICE_TGT_NOT_PREPARED');
        deepEqual(await target.content(), target.contentOf([]));
      } finally {
        await opened.close();
      }
    },
  },
  {
    id: 'repeats',
    promise:
      'appends nothing over what an unfinished generation has appended, unless starting over was asked for',
    uses: ['partial'],
    run: async (connector, fixture) => {
      const target = await fixture.target('keyless');
      const task = uuidv7();
      let time = 0;
      const schema = { ...TARGET_SCHEMA, key: [] };
      const next = (given: WritingOptions, rows: number, finish = false): Promise<void> =>
        writing(connector, target, { task, generation: uuidv7(++time), schema, ...given }, async (run) => {
          await commit(await run.channel(), run.batch(0, 1, rowsFrom(1, rows)), run.final(0, 2, rows));
          if (finish) await run.writer.finish(run.plan);
        });
      await next({}, 0);
      const unfinished = uuidv7(++time);
      await next({ generation: unfinished }, 2);
      const refused = uuidv7(++time);
      await refuses(next({ generation: refused }, 1), 'SLUICE_RUN_REPEATS');
      // Cancelling it gives nothing up that was not asked about.
      const given = await Writing.open(connector, target, planWriting({ task, generation: refused, schema }));
      await given.writer.cancel(given.plan).finally(() => given.close());
      await refuses(next({}, 1), 'SLUICE_RUN_REPEATS');
      // For good: a writer of it that comes late finds the earlier one finished, and begins nothing.
      await writing(connector, target, { task, generation: unfinished, schema }, ({ writer, plan }) =>
        writer.finish(plan),
      );
      await refuses(next({ generation: refused }, 1), 'SLUICE_RUN_REPEATS');
      await next({}, 2);
      await refuses(next({}, 1), 'SLUICE_RUN_REPEATS');
      await next({ truncateFirst: true }, 3);
      // Asked for by a generation that is older than what would be repeated.
      await refuses(next({ repeats: uuidv7(time - 1) }, 1), 'SLUICE_RUN_REPEATS');
      await next({ repeats: uuidv7(time + 1) }, 1, true);
      await next({}, 2);
      // Emptied meanwhile, where that is seen before the end.
      const begun = 'partial' in fixture.without ? rowsFrom(1, 2) : rowsFrom(1, 3);
      const expected = [...begun, ...rowsFrom(1, 1), ...rowsFrom(1, 2)];
      deepEqual(await target.content(), target.contentOf(expected));
    },
  },
  {
    id: 'older',
    promise: 'fences every older generation of the task, which cannot be prepared any more',
    uses: ['partial'],
    run: async (connector, fixture) => {
      const target = await fixture.target('keyed');
      const task = uuidv7();
      // By their time: two ids of one millisecond are not in order.
      const [older, newer] = [uuidv7(1), uuidv7(2)];
      await writing(connector, target, { task, generation: older }, async (old) => {
        const channel = await old.channel();
        await commit(channel, old.batch(0, 1, rowsFrom(1, 2)));
        await writing(connector, target, { task, generation: newer, repeats: newer }, async (opened) => {
          equal((await answerTo(channel, old.batch(0, 2, rowsFrom(3, 3)))).kind, 'fenced');
          equal((await old.takeOver(old.nextClaim()))[0]!.writerEpoch, EPOCH_FENCED);
          await refuses(old.writer.prepare(old.plan), 'SLUICE_TGT_REPLACED');
          await commit(await opened.channel(), opened.batch(0, 1, rowsFrom(7, 8)));
        });
        const left = 'partial' in fixture.without ? [] : rowsFrom(1, 2);
        deepEqual(await target.content(), target.contentOf([...left, ...rowsFrom(7, 8)]));
      });
    },
  },
];
