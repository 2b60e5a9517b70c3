import { SluiceError, type StreamId, type StreamProgress, ZERO_COUNTS } from '@sluice/model';
import type { ChannelWriter, Unit } from '../writer.ts';
import type { Control } from './check.ts';
import { lying, sessions, takingForDirty, units, writer } from './writer-faults.ts';
import type { WriterFixture } from './writer-fixture.ts';

/** Faults of writers, each of which the checks that it names must notice. */
export const WRITER_CONTROLS: readonly Control<WriterFixture>[] = [
  {
    fault: 'makes and looks at no tables',
    breaks: ['creates', 'fits', 'upsert-key'],
    change: sessions('prepare', ({ tables }) => {
      tables.prepare = async () => undefined;
    }),
  },
  {
    fault: 'begins a generation anew whenever it is prepared',
    breaks: ['once', 'together'],
    needs: 'partial',
    change: sessions('prepare', ({ progress }) => {
      const { lockTask } = progress;
      progress.lockTask = async (task) => ({ ...(await lockTask.call(progress, task)), phase: 'preparing' });
    }),
  },
  {
    fault: 'forgets what is committed whenever it is prepared',
    breaks: ['once'],
    change: sessions('prepare', ({ progress }) => {
      const { lockTask, insertStreams, saveStream } = progress;
      progress.lockTask = async (task) => ({ ...(await lockTask.call(progress, task)), phase: 'preparing' });
      progress.insertStreams = async (plan, streams) => {
        await insertStreams.call(progress, plan, streams);
        for (const { split, readerEpoch, writerEpoch } of streams) {
          const epochs = { split, readerEpoch, writerEpoch, writerHolder: '' };
          const nothing = { seq: 0, position: null, counts: ZERO_COUNTS, final: false };
          await saveStream.call(progress, { ...plan, split }, { ...epochs, ...nothing });
        }
      };
    }),
  },
  {
    fault: 'makes a row for the first stream only',
    breaks: ['rows', 'together'],
    change: sessions('prepare', ({ progress }) => {
      const { insertStreams } = progress;
      progress.insertStreams = (plan, streams) => insertStreams.call(progress, plan, streams.slice(0, 1));
    }),
  },
  {
    fault: 'takes over what is not prepared',
    breaks: ['unprepared'],
    change: writer((made) => ({
      takeOver: async (plan, splits, claim) => {
        await made.prepare(plan);
        return made.takeOver(plan, splits, claim);
      },
    })),
  },
  {
    fault: 'lets older generations be',
    breaks: ['older'],
    change: sessions('prepare', ({ progress }) => {
      progress.fenceOthers = async () => undefined;
    }),
  },
  {
    fault: 'prepares without a look at the generation that is there',
    breaks: ['older', 'repeats'],
    change: sessions('prepare', ({ progress }) => {
      progress.lockTask = async (task) => ({ task, generation: '', phase: 'new' });
    }),
  },
  {
    fault: 'lowers epochs too',
    breaks: ['takeover', 'seal'],
    change: sessions('raise', ({ progress }) => {
      const { lockStreams } = progress;
      progress.lockStreams = async (...given) =>
        (await lockStreams.apply(progress, given)).map((row) => ({ ...row, writerEpoch: 0, readerEpoch: 0 }));
    }),
  },
  {
    fault: 'lets an older writer go on',
    breaks: ['fence', 'cancel'],
    change: lying((row, { writerEpoch, writerHolder }) => ({ ...row, writerEpoch, writerHolder })),
  },
  {
    fault: 'seals without raising the epoch',
    breaks: ['seal'],
    change: sessions('raise', ({ progress }) => {
      const { lockStreams, saveStream } = progress;
      const before = new Map<number, number>();
      progress.lockStreams = async (...given) => {
        const rows = await lockStreams.apply(progress, given);
        for (const row of rows) before.set(row.split, row.readerEpoch);
        return rows;
      };
      progress.saveStream = (id, row) =>
        saveStream.call(progress, id, { ...row, readerEpoch: before.get(row.split)! });
    }),
  },
  {
    fault: 'applies a batch again',
    breaks: ['offers', 'keyless'],
    change: lying((row) => ({ ...row, seq: Math.max(0, row.seq - 1) })),
  },
  {
    fault: 'applies a batch behind a missing one',
    breaks: ['offers'],
    change: units((unit) => ({
      offer: async (batch) => {
        const offered = await unit.offer(batch);
        return offered.kind === 'gap' ? unit.offer({ ...batch, seq: offered.found.seq + 1 }) : offered;
      },
    })),
  },
  {
    fault: 'applies batches of readers of any epoch',
    breaks: ['offers', 'seal'],
    change: units((unit) => ({
      offer: async (batch) => {
        const offered = await unit.offer(batch);
        if (offered.kind === 'superseded') return { kind: 'added' };
        return offered.kind === 'set-back'
          ? unit.offer({ ...batch, epoch: offered.found.readerEpoch })
          : offered;
      },
    })),
  },
  {
    fault: 'commits what is rolled back',
    breaks: ['rollback'],
    change: sessions('channel', (session) => {
      session.rollback = async () => session.commit().catch(() => undefined);
    }),
  },
  {
    fault: 'commits rows before the progress',
    breaks: ['rollback', 'unseen', 'limit'],
    change: sessions('channel', (session) => {
      const { bulk, progress } = session;
      const { lockStreams, saveStream } = progress;
      let before: readonly (readonly [id: StreamId, row: StreamProgress])[] = [];
      progress.lockStreams = async (task, generation, splits) => {
        const rows = await lockStreams.call(progress, task, generation, splits);
        before = rows.map((row) => [{ task, generation, split: row.split }, row]);
        return rows;
      };
      session.bulk = (...given) => {
        const statement = bulk.apply(session, given);
        return {
          write: (...rows) => statement.write(...rows),
          end: async () => {
            const taken = await statement.end();
            // As it was: some targets take the rows of a stream only together with its progress.
            for (const [id, row] of before) await saveStream.call(progress, id, row);
            await session.commit();
            await session.begin();
            await session.savepoint();
            return taken;
          },
          abort: () => statement.abort(),
        };
      };
    }),
  },
  {
    fault: 'forgets the progress',
    breaks: ['resumes', 'counts', 'heartbeat', 'offers'],
    change: sessions('channel', ({ progress }) => {
      progress.saveStream = async () => undefined;
    }),
  },
  {
    fault: 'counts a record too many',
    breaks: ['counts', 'resumes'],
    change: sessions('channel', ({ progress }) => {
      const { saveStream } = progress;
      progress.saveStream = (id, row) =>
        saveStream.call(progress, id, { ...row, counts: { ...row.counts, written: row.counts.written + 1 } });
    }),
  },
  {
    fault: 'closes a unit anywhere',
    breaks: ['open'],
    change: units((unit) => ({
      offer: (batch) => unit.offer({ ...batch, position: batch.position ?? '?' }),
    })),
  },
  {
    fault: 'believes any total',
    breaks: ['final'],
    change: units((unit) => ({ offer: ({ total: _, ...batch }) => unit.offer(batch) })),
  },
  {
    fault: 'never takes a stream for final',
    breaks: ['final', 'finish'],
    change: sessions('channel', ({ progress }) => {
      const { saveStream } = progress;
      progress.saveStream = (id, row) => saveStream.call(progress, id, { ...row, final: false });
    }),
  },
  {
    fault: 'takes every channel for the first',
    breaks: ['channels'],
    change: writer((made) => ({
      openChannel: (plan, claim) => made.openChannel(plan, { ...claim, channel: 0 }),
    })),
  },
  {
    fault: 'inserts where it is to upsert',
    breaks: ['upsert'],
    change: sessions('channel', (session) => {
      const { bulk } = session;
      session.bulk = (plan, strict) => bulk.call(session, { ...plan, mode: 'insert' }, strict);
    }),
  },
  {
    fault: 'upserts where it is to insert',
    breaks: ['existing'],
    change: sessions('channel', (session) => {
      const { bulk } = session;
      session.bulk = (plan, strict) => bulk.call(session, { ...plan, mode: 'upsert' }, strict);
    }),
  },
  {
    fault: 'commits the open unit of a channel that is closed',
    breaks: ['closed'],
    change: writer((made) => ({
      openChannel: async (...given) => {
        const channel: ChannelWriter = await made.openChannel(...given);
        let open: Unit | undefined;
        return {
          begin: async () => (open = await channel.begin()),
          close: async () => {
            await open?.commit().catch(() => undefined);
            await channel.close();
          },
        };
      },
    })),
  },
  {
    fault: 'takes the commit of a session that was ended for done',
    breaks: ['kill'],
    change: units((unit) => ({
      offer: (batch) => unit.offer(batch).catch(() => ({ kind: 'added' })),
      commit: () => unit.commit().catch(() => []),
    })),
  },
  {
    fault: 'keeps no dirty records',
    breaks: ['bisects', 'as-read', 'existing'],
    change: sessions('channel', ({ tables }) => {
      tables.insertDirty = async () => undefined;
    }),
  },
  {
    fault: 'counts the index of a dirty record from 1',
    breaks: ['bisects', 'as-read'],
    change: sessions('channel', ({ tables }) => {
      const { insertDirty } = tables;
      tables.insertDirty = (id, epoch, seq, dirty) =>
        insertDirty.call(
          tables,
          id,
          epoch,
          seq,
          dirty.map((record) => ({ ...record, index: record.index + 1 })),
        );
    }),
  },
  {
    fault: 'does not undo a bulk statement that failed',
    breaks: ['bisects'],
    change: sessions('channel', (session) => {
      session.rollbackToSavepoint = async () => undefined;
    }),
  },
  {
    fault: 'knows no limit of dirty records',
    breaks: ['limit', 'no-limit'],
    change: writer((made) => ({
      openChannel: (plan, claim) => made.openChannel({ ...plan, dirtyLimit: -1 }, claim),
    })),
  },
  {
    fault: 'takes every error of the target for one of a record',
    breaks: ['not-dirty', 'no-right'],
    change: sessions('channel', (session) => takingForDirty(session)),
  },
  {
    fault: 'finishes what is not done',
    breaks: ['finish'],
    change: writer(() => ({ finish: async () => undefined })),
  },
  {
    fault: 'keeps the rows of older generations',
    breaks: ['finish'],
    change: sessions('finish', ({ tables }) => {
      tables.removeOlder = async () => undefined;
    }),
  },
  {
    fault: 'cancels without fencing anybody',
    breaks: ['cancel', 'cancel-first'],
    change: sessions('cancel', ({ progress }) => {
      progress.fenceOthers = async () => undefined;
      progress.saveTask = async () => undefined;
    }),
  },
  {
    fault: 'cannot end a session',
    breaks: ['terminate'],
    changeFixture: (fixture) => ({
      ...fixture,
      connections: (target) => {
        const connections = fixture.connections(target);
        return {
          open: (application) => connections.open(application),
          terminate: async (application) => {
            // Nobody to be waited for: the lock timeout would be.
            throw new SluiceError('SLUICE_TGT_INTERRUPTED', `Not ended: ${application}`);
          },
        };
      },
    }),
  },
  {
    fault: 'has one code for everything',
    breaks: ['refused'],
    change: (connector) => ({
      ...connector,
      openWriter: async () => {
        throw new SluiceError('SLUICE_SYS_BUG', 'Something went wrong.');
      },
    }),
  },
];
