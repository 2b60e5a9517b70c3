import type { ChannelWriter, Connector, Offered, Unit, Writer } from '@sluice/connector-sdk';
import { type Batch, type StreamProgress, type WritePlan, ZERO_COUNTS } from '@sluice/model';
import type { Sabotage } from './sabotage.ts';
import { dirtyRow, type SimServer, type SimSession } from './sim-target.ts';

/** Sessions of channels apply; their name ends with the channel's number. */
const isChannel = (session: SimSession): boolean => /:\d+$/.test(session.application);

/** Changes what a session answers about the streams it locks for applying; takeovers and seals see the truth. */
const lying = (change: (row: StreamProgress) => StreamProgress): Sabotage => ({
  session: (session) => {
    if (!isChannel(session)) return session;
    const { lockStreams } = session.progress;
    session.progress.lockStreams = async (...given) => (await lockStreams(...given)).map(change);
    return session;
  },
});

/** A connector whose writer is changed. */
const writing = (change: (writer: Writer, server: SimServer) => Partial<Writer>): Sabotage => ({
  connector: (connector: Connector, server) => ({
    ...connector,
    openWriter: async (...given) => {
      const writer = await connector.openWriter!(...given);
      // A writer has private fields: its methods are handed on one by one.
      return {
        prepare: (plan) => writer.prepare(plan),
        takeOver: (...rest) => writer.takeOver(...rest),
        seal: (...rest) => writer.seal(...rest),
        openChannel: (...rest) => writer.openChannel(...rest),
        lastDirty: (...rest) => writer.lastDirty(...rest),
        finish: (plan) => writer.finish(plan),
        cancel: (plan) => writer.cancel(plan),
        close: () => writer.close(),
        ...change(writer, server),
      };
    },
  }),
});

/** A writer whose units are offered batches in another way. */
const offering = (
  change: (unit: Unit, batch: Batch, plan: WritePlan, server: SimServer) => Promise<Offered>,
): Sabotage =>
  writing((writer, server) => ({
    openChannel: async (plan, claim) => {
      const channel = await writer.openChannel(plan, claim);
      const begin = async (): Promise<Unit> => {
        const unit = await channel.begin();
        return {
          offer: (batch) => change(unit, batch, plan, server),
          commit: () => unit.commit(),
          rollback: () => unit.rollback(),
          get isInDoubt() {
            return unit.isInDoubt;
          },
          get dirty() {
            return unit.dirty;
          },
        };
      };
      return {
        begin,
        close: () => channel.close(),
      } satisfies ChannelWriter;
    },
  }));

/** Rules that the writer and the target keep, each taken out. */
export const TARGET_CONTROLS: Readonly<Record<string, () => Sabotage>> = {
  'a seal freezes older readers (D-6)': () => ({
    session: (session) => {
      const { saveStream } = session.progress;
      if (!session.application.endsWith(':raise')) return session;
      session.progress.saveStream = async (id, row) => {
        const before = session.server.streams.get(`${id.task} ${id.generation} ${id.split}`)!;
        await saveStream(id, { ...row, readerEpoch: before.readerEpoch });
      };
      return session;
    },
  }),
  'an epoch is only ever raised (D-1a)': () => ({
    session: (session) => {
      if (!session.application.endsWith(':raise')) return session;
      const { lockStreams } = session.progress;
      session.progress.lockStreams = async (...given) =>
        (await lockStreams(...given)).map((row) => ({ ...row, readerEpoch: 0, writerEpoch: 0 }));
      return session;
    },
  }),
  'a generation is prepared once (D-9)': () => ({
    session: (session) => {
      const { lockTask } = session.progress;
      if (session.application.endsWith(':prepare'))
        session.progress.lockTask = async (task) => ({ ...(await lockTask(task)), phase: 'preparing' });
      return session;
    },
  }),
  'other generations are fenced before a new one is applied (D-9)': () => ({
    session: (session) => {
      session.progress.fenceOthers = () => session.statement();
      return session;
    },
  }),
  'a batch of another generation is dropped (D-9)': () =>
    offering((unit, batch, { task, generation }, server) => {
      const row = server.streams.get(`${task} ${generation} ${batch.split}`);
      return unit.offer({ ...batch, generation, epoch: row?.readerEpoch ?? batch.epoch });
    }),
  'rows and progress are committed together (D-10)': () => ({
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
  }),
  'the row is locked before it is checked (D-10)': () => ({
    session: (session) => {
      if (isChannel(session)) session.lock = async () => session.statement();
      return session;
    },
  }),
  'a batch that is committed already is dropped (D-11)': () =>
    lying((row) => ({ ...row, seq: Math.max(0, row.seq - 1) })),
  'a batch behind a missing one is refused (D-11)': () =>
    offering(async (unit, batch) => {
      const offered = await unit.offer(batch);
      if (offered.kind !== 'gap') return offered;
      const { total: _, ...rest } = batch;
      return unit.offer({ ...rest, seq: offered.found.seq + 1 });
    }),
  'a commit whose answer is lost is not repeated (D-12)': () => ({
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
  }),
  'a writer that is fenced applies nothing (D-13)': () => {
    const mine = { writerEpoch: 0, writerHolder: '' };
    const { session } = lying((row) => ({ ...row, ...mine }));
    const { connector } = writing((writer) => ({
      openChannel: (plan, claim) => writer.openChannel(plan, { ...claim, epoch: 0, holder: '' }),
    }));
    return {
      connector: connector!,
      session: (raw) => {
        const lied = session!(raw);
        const { saveStream } = lied.progress;
        lied.progress.saveStream = (id, row) => {
          const { writerEpoch, writerHolder } = raw.server.streams.get(
            `${id.task} ${id.generation} ${id.split}`,
          )!;
          return saveStream(id, isChannel(raw) ? { ...row, writerEpoch, writerHolder } : row);
        };
        return lied;
      },
    };
  },
  'counters live in the row that the rows are committed with (D-14)': () =>
    lying((row) => ({ ...row, counts: ZERO_COUNTS })),
  'the tables of the protocol are made on first use (D-15)': () => ({
    session: (session) => {
      session.progress.ensure = () => session.statement();
      return session;
    },
  }),
  'a bulk statement with a bad record is undone before its halves are written (D-16)': () => ({
    session: (session) => {
      const bulk = session.bulk.bind(session);
      session.bulk = (...given) => {
        const statement = bulk(...given);
        return {
          ...statement,
          end: async () => {
            try {
              return await statement.end();
            } catch (error) {
              session.changes?.rows.push({ generation: given[0].generation, id: 0, text: 'row 0' });
              throw error;
            }
          },
        };
      };
      session.rollbackToSavepoint = () => session.statement();
      return session;
    },
  }),
  'a bulk statement that leaves out bad records has failed (D-16)': () => ({
    session: (session) => {
      session.lenient = true;
      return session;
    },
  }),
  'dirty records are stored in the transaction that skips them (D-17)': () => ({
    session: (session) => {
      session.tables.insertDirty = async (id, epoch, seq, dirty) => {
        await session.statement();
        for (const record of dirty) {
          const row = dirtyRow(id, epoch, seq, record);
          session.server.dirty.set(row.key, row);
        }
      };
      return session;
    },
  }),
  'dirty records that nobody told of are told by who takes over or ends the run (D-17)': () =>
    writing(() => ({ lastDirty: async () => [] })),
  'the limit of dirty records counts what other units have committed (D-17)': () => ({
    session: (session) => {
      session.tables.countDirty = async () => {
        await session.statement();
        return 0;
      };
      return session;
    },
  }),
  'a stream is final when the target says so (D-22)': () =>
    writing((writer) => ({
      takeOver: async (...given) =>
        (await writer.takeOver(...given)).map((row) => (row.seq > 0 ? { ...row, final: true } : row)),
    })),
  'a cancelled run is fenced before it is reported (D-23)': () =>
    writing(() => ({ cancel: async () => undefined })),
};
