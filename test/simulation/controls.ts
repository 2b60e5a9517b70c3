import type { ChannelWriter, Connector, Reader, Writer } from '@sluice/connector-sdk';
import { type StreamProgress, ZERO_COUNTS } from '@sluice/model';
import type { StageReport, WorkerReport } from '@sluice/ports';
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

/** A connector whose writer is changed. */
const writing = (change: (writer: Writer) => Writer): Sabotage => ({
  connector: (connector: Connector) => ({
    ...connector,
    openWriter: async (...given) => change(await connector.openWriter!(...given)),
  }),
});

const reading = (change: (reader: Reader) => Reader): Sabotage => ({
  connector: (connector: Connector) => ({
    ...connector,
    openReader: async (...given) => change(await connector.openReader!(...given)),
  }),
});

/** A writer has private fields: its methods are handed on one by one. */
const writerOf = (writer: Writer, changed: Partial<Writer>): Writer => ({
  prepare: (plan) => writer.prepare(plan),
  takeOver: (...given) => writer.takeOver(...given),
  seal: (...given) => writer.seal(...given),
  openChannel: (...given) => writer.openChannel(...given),
  finish: (plan) => writer.finish(plan),
  cancel: (plan) => writer.cancel(plan),
  close: () => writer.close(),
  ...changed,
});

/** Reports that keep silent about something. */
const silent = (part: keyof StageReport): Sabotage => ({
  report: (report: WorkerReport) => ({
    ...report,
    runs: report.runs.map(({ [part]: _, ...rest }) => rest as StageReport),
  }),
});

/** Takes a batch behind a missing one as if it were the next. */
const skipping = (channel: ChannelWriter): ChannelWriter => ({
  begin: async () => {
    const unit = await channel.begin();
    return {
      offer: async (batch) => {
        const offered = await unit.offer(batch);
        if (offered.kind !== 'gap') return offered;
        const { total: _, ...rest } = batch;
        return unit.offer({ ...rest, seq: offered.found.seq + 1 });
      },
      commit: () => unit.commit(),
      rollback: () => unit.rollback(),
      get dirty() {
        return unit.dirty;
      },
    };
  },
  close: () => channel.close(),
});

/**
 * Rules of the protocol, each taken out of what the real loops and the real writer work with. The name says which. The fence of D-13
 * is not among them: within one generation the row's lock and its seq alone keep two writers apart, and no schedule fails without
 * the fence. It is there for the generation that was cancelled or replaced (test/e2e/lifecycle.test.ts).
 */
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
  'a batch behind a missing one is refused (D-11)': writing((writer) =>
    writerOf(writer, {
      openChannel: async (plan, claim) => skipping(await writer.openChannel(plan, claim)),
    }),
  ),
  'a missing batch is reported, and read again (D-11)': silent('gaps'),
  'a drained lane with missing batches is reported (D-11)': silent('drained'),
  'a reader goes on behind what the target has (D-6)': {
    orders: (orders) => ({
      ...orders,
      serve: orders.serve.map((order) => ({
        ...order,
        ...(order.claims === undefined
          ? {}
          : { claims: order.claims.map((claim) => ({ ...claim, position: null })) }),
      })),
    }),
  },
  'a split that cannot be resumed is one commit (D-7)': reading((reader) => ({
    plan: (wish) => reader.plan(wish),
    read: async function* (split, from, options) {
      // It says that it can go on from anywhere, and begins anew.
      for await (const batch of reader.read(split, split.resumable ? from : null, options))
        yield { ...batch, position: batch.position ?? '0' };
    },
    close: () => reader.close(),
  })),
  'a generation is prepared once (D-9)': {
    session: (session) => {
      const { lockTask } = session.progress;
      if (session.application.endsWith(':prepare'))
        session.progress.lockTask = async (task) => ({ ...(await lockTask(task)), phase: 'preparing' });
      return session;
    },
  },
  'a commit whose answer is lost is not repeated (D-12)': {
    session: (session) => {
      if (!isChannel(session)) return session;
      const commit = session.commit.bind(session);
      session.commit = async () => {
        const { changes, server } = session;
        try {
          await commit();
        } catch {
          if (changes !== undefined) server.apply(changes);
        }
      };
      return session;
    },
  },
  'counters live in the row that the rows are committed with (D-14)': lying((row) => ({
    ...row,
    counts: ZERO_COUNTS,
  })),
  'a stream is final when the target says so (D-22)': writing((writer) =>
    writerOf(writer, {
      takeOver: async (...given) =>
        (await writer.takeOver(...given)).map((row) => (row.seq > 0 ? { ...row, final: true } : row)),
    }),
  ),
};
