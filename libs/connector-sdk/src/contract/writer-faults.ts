import { SluiceError, type StreamProgress } from '@sluice/model';
import type { Connector } from '../connector.ts';
import type { TargetConnections, TargetSession } from '../target.ts';
import { TransactionalWriter } from '../transactional-writer.ts';
import type { Unit, Writer } from '../writer.ts';
import type { Control } from './check.ts';
import type { WriterFixture } from './writer-fixture.ts';

export type Change = NonNullable<Control<WriterFixture>['change']>;
type Session = Awaited<ReturnType<TargetConnections['open']>>;
/** Writable: a control takes methods out and puts others in. */
type Loose<T> = { -readonly [Name in keyof T]: T[Name] };

/** What a session is for, by its name. */
type Purpose = 'channel' | 'prepare' | 'raise' | 'finish' | 'cancel';

/** A connector whose writer is the protocol's own on sessions that are changed. */
export function sessions(purpose: Purpose, change: (session: Loose<Session>) => void): Change {
  const isMeant = purpose === 'channel' ? /:\d+$/ : new RegExp(`:${purpose}$`);
  return (connector, fixture) => ({
    ...connector,
    openWriter: async (config, parameters) => {
      const connections = fixture.connections({ config, parameters });
      return new TransactionalWriter({
        open: async (application) => {
          const session = await connections.open(application);
          if (isMeant.test(application)) change(session);
          return session;
        },
        terminate: (application) => connections.terminate(application),
      });
    },
  });
}

/** Sessions of channels that tell something else about the rows that they lock. */
export const lying = (change: (row: StreamProgress, first: StreamProgress) => StreamProgress): Change => {
  return sessions('channel', ({ progress }) => {
    const { lockStreams } = progress;
    const first = new Map<number, StreamProgress>();
    progress.lockStreams = async (...given) =>
      (await lockStreams.apply(progress, [...given])).map((row) => {
        if (!first.has(row.split)) first.set(row.split, row);
        return change(row, first.get(row.split)!);
      });
  });
};

/** A connector whose writer is changed; its methods are handed on one by one, because it may have private fields. */
export function writer(change: (writer: Writer) => Partial<Writer>): Change {
  return (connector: Connector) => ({
    ...connector,
    openWriter: async (...given) => {
      const made = await connector.openWriter!(...given);
      return {
        prepare: (plan) => made.prepare(plan),
        takeOver: (...asked) => made.takeOver(...asked),
        seal: (...asked) => made.seal(...asked),
        openChannel: (...asked) => made.openChannel(...asked),
        lastDirty: (...asked) => made.lastDirty(...asked),
        finish: (plan) => made.finish(plan),
        cancel: (plan) => made.cancel(plan),
        close: () => made.close(),
        ...change(made),
      };
    },
  });
}

/** A writer whose units are changed. */
export const units = (change: (unit: Unit) => Partial<Unit>): Change =>
  writer((made) => ({
    openChannel: async (...given) => {
      const channel = await made.openChannel(...given);
      return {
        begin: async () => {
          const unit = await channel.begin();
          return {
            offer: (batch) => unit.offer(batch),
            commit: () => unit.commit(),
            rollback: () => unit.rollback(),
            get isInDoubt() {
              return unit.isInDoubt;
            },
            get dirty() {
              return unit.dirty;
            },
            ...change(unit),
          };
        },
        close: () => channel.close(),
      };
    },
  }));

/** A session whose bulk statements call every error one of a record. */
export function takingForDirty(session: Loose<TargetSession>): void {
  const { bulk } = session;
  const asDirty = (error: unknown): never => {
    throw new SluiceError('SLUICE_TGT_VALUE', { detail: String(error), cause: error });
  };
  session.bulk = (...given) => {
    const made = (() => {
      try {
        return bulk.apply(session, given);
      } catch (error) {
        return error;
      }
    })();
    if (!(typeof made === 'object' && made !== null && 'write' in made))
      return {
        write: async () => asDirty(made),
        end: async () => asDirty(made),
        abort: async () => undefined,
      };
    const statement = made as ReturnType<TargetSession['bulk']>;
    return {
      write: (...rows) => statement.write(...rows).catch(asDirty),
      end: () => statement.end().catch(asDirty),
      abort: () => statement.abort(),
    };
  };
}
