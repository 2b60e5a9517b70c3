import type { StreamProgress } from '@sluice/model';
import type { Sabotage } from './schedule.ts';
import type { SimSession } from './sim-target.ts';

/** Changes what a session answers about the streams it locks for applying; takeovers and seals see the truth. */
function lying(change: (row: StreamProgress, session: SimSession) => StreamProgress): Sabotage {
  return {
    session: (session) => {
      if (!isChannel(session)) return session;
      const { lockStreams } = session.progress;
      session.progress.lockStreams = async (...given) =>
        (await lockStreams(...given)).map((row) => change(row, session));
      return session;
    },
  };
}

/** Sessions of channels apply; their name ends with the channel's number. */
const isChannel = (session: SimSession): boolean => /:\d+$/.test(session.application);

/** Rules of the protocol, each taken out of the sessions that the real writer works on. The name says which. */
export const CONTROLS: Readonly<Record<string, Sabotage>> = {
  'rows and progress are committed together (D-10)': {
    session: (session) => {
      if (!isChannel(session)) return session;
      const { saveStream } = session.progress;
      session.progress.saveStream = async (id, row) => {
        await saveStream(id, row);
        // The rows go first, in a commit of their own.
        const changes = session.changes!;
        session.server.rows.push(...changes.rows);
        changes.rows.length = 0;
      };
      return session;
    },
  },
  'a seal freezes older readers (D-6)': {
    session: (session) => {
      const { saveStream } = session.progress;
      if (!session.application.endsWith(':raise')) return session;
      session.progress.saveStream = async (id, row) => {
        const before = session.server.streams.get(`${id.task} ${id.generation} ${id.split}`)!;
        await saveStream(id, { ...row, readerEpoch: before.readerEpoch });
      };
      return session;
    },
  },
  'the row is locked before it is checked (D-10)': {
    session: (session) => {
      if (isChannel(session)) session.lock = async () => session.statement();
      return session;
    },
  },
  'a bulk statement with a bad record is undone before its halves are written (D-16)': {
    session: (session) => {
      const bulk = session.bulk.bind(session);
      session.bulk = (plan) => {
        const statement = bulk(plan);
        return {
          ...statement,
          end: async () => {
            try {
              return await statement.end();
            } catch (error) {
              session.changes?.rows.push(0);
              throw error;
            }
          },
        };
      };
      session.rollbackToSavepoint = async () => session.statement();
      return session;
    },
  },
  'dirty records are stored in the transaction that skips them (D-17)': {
    session: (session) => {
      session.tables.insertDirty = async (id, epoch, seq, dirty) => {
        await session.statement();
        for (const record of dirty)
          session.server.dirty.add(`${id.split}:${epoch}:${seq}:${record.index}:${record.record}`);
      };
      return session;
    },
  },
  'a batch that is committed already is dropped (D-11)': lying((row) => ({
    ...row,
    seq: Math.max(0, row.seq - 1),
  })),
};
