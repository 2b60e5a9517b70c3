import { type DirtyKey, EPOCH_FENCED, type StreamProgress, SluiceError, type WritePlan } from '@sluice/model';
import { crashPoint } from './crash-point.ts';
import { replaced, runSteps, statementSteps, workOf } from './generation-steps.ts';
import { type KeptDirty, replayDirty, type ReplayedRecord, type ReplayWork } from './dirty-replay.ts';
import type { TargetConnections, TargetSession, TaskRow } from './target.ts';
import { TransactionUnit } from './transaction-unit.ts';
import {
  KEPT_DIRTY,
  type ChannelWriter,
  type Unit,
  type UnitDirtyRecord,
  type Writer,
  type WriterClaim,
} from './writer.ts';

/** Session name of a channel's writer: the same for every holder, so that a successor can end a zombie's session. */
const channelSession = (plan: WritePlan, channel: number): string => `sluice:${plan.generation}:${channel}`;

/** Phases of a generation that is prepared, or was; and of one that may have rows and is not done. */
const PREPARED: ReadonlySet<TaskRow['phase']> = new Set(['prepared', 'finishing', 'finished']);
const UNFINISHED: ReadonlySet<TaskRow['phase']> = new Set(['prepared', 'finishing']);

type OpenSession = TargetSession & { close(): Promise<void> };

/**
 * Runs the write side of the delivery protocol (D-9 to D-17, D-23) on any transactional target. Every method but
 * `openChannel` uses a session of its own and leaves none behind.
 */
export class TransactionalWriter implements Writer {
  readonly #connections: TargetConnections;

  constructor(connections: TargetConnections) {
    this.#connections = connections;
  }

  prepare(plan: WritePlan): Promise<void> {
    return this.#withSession(`sluice:${plan.generation}:prepare`, async (session) => {
      await session.progress.ensure();
      let repeated: string | undefined;
      await session.exclusively(plan.task, async () => {
        const row = await session.progress.lockTask(plan.task);
        const same = row.generation === plan.generation;
        if (same && PREPARED.has(row.phase)) return;
        // Generations are UUIDv7: a late worker of an older one must not begin it anew over a newer one.
        if ((same && row.phase === 'cancelled') || row.generation > plan.generation)
          throw replaced(row, plan);
        if (!same && (await this.#repeats(session, plan, row))) {
          // For good: a writer that comes late must not find the earlier generation finished and begin this one after all.
          await this.#never(session, plan);
          repeated = row.generation;
          return;
        }
        const before = statementSteps(session, plan, 'preSql');
        if (!same || row.phase !== 'preparing')
          await session.progress.saveTask({ ...own(plan), phase: 'preparing' });
        await session.progress.fenceOthers(plan.task, plan.generation);
        if (before.length === 0) await session.tables.prepare(plan);
        else {
          // Emptying the table once more would undo what a statement has put in.
          const first = { run: () => session.tables.prepare(plan) };
          await runSteps(session, plan, 'preparing', [first, ...before]);
        }
        crashPoint('writer.midPrepare');
        await session.progress.insertStreams(plan, plan.streams);
        await session.progress.saveTask({ ...own(plan), phase: 'prepared' });
      });
      if (repeated !== undefined)
        throw new SluiceError('SLUICE_RUN_REPEATS', {
          detail: 'An earlier run has appended rows to the target and is not finished.',
          place: repeated,
        });
    });
  }

  async takeOver(
    plan: WritePlan,
    splits: readonly number[],
    claim: WriterClaim,
  ): Promise<readonly StreamProgress[]> {
    try {
      return await this.#raise(plan, splits, (row) =>
        row.writerEpoch < claim.epoch
          ? { ...row, writerEpoch: claim.epoch, writerHolder: claim.holder }
          : row,
      );
    } catch (error) {
      // The row lock did not come within the lock timeout: a zombie keeps its transaction open (D-13).
      const channels = new Set(plan.streams.filter((s) => splits.includes(s.split)).map((s) => s.channel));
      if (error instanceof SluiceError && error.code === 'SLUICE_TGT_INTERRUPTED')
        for (const channel of channels) await this.#connections.terminate(channelSession(plan, channel));
      throw error;
    }
  }

  async seal(plan: WritePlan, split: number, readerEpoch: number): Promise<StreamProgress> {
    const rows = await this.#raise(plan, [split], (row) =>
      row.readerEpoch < readerEpoch ? { ...row, readerEpoch } : row,
    );
    return rows[0]!;
  }

  async openChannel(plan: WritePlan, claim: WriterClaim): Promise<ChannelWriter> {
    const session = await this.#connections.open(channelSession(plan, claim.channel));
    const ours = plan.streams.filter((stream) => stream.channel === claim.channel);
    const open = new Set(ours.map((stream) => stream.split));
    return {
      begin: async (): Promise<Unit> => new TransactionUnit(session, plan, claim, open),
      close: () => session.close(),
    };
  }

  lastDirty({ task, generation }: WritePlan, split: number): Promise<readonly UnitDirtyRecord[]> {
    return this.#withSession(`sluice:${generation}:dirty`, async ({ tables }) => {
      const records = await tables.lastDirty({ task, generation, split }, KEPT_DIRTY);
      return records.map((record) => ({ ...record, split }));
    });
  }

  finish(plan: WritePlan): Promise<void> {
    return this.#withSession(`sluice:${plan.generation}:finish`, (session) =>
      session.exclusively(plan.task, async () => {
        const row = await session.progress.lockTask(plan.task);
        if (row.generation !== plan.generation || row.phase === 'cancelled') throw replaced(row, plan);
        const streams = await session.progress.lockStreams(plan.task, plan.generation);
        const open = streams.filter((stream) => !stream.final);
        if (open.length > 0 || streams.length < plan.streams.length)
          throw new SluiceError('SLUICE_OFF_LEDGER', `${open.length} streams are not final in the target.`);
        if (row.phase !== 'finished') await this.#end(session, plan, row);
        await session.progress.saveTask({ ...own(plan), phase: 'finished' });
        crashPoint('writer.midFinish');
        await session.tables.removeOlder(plan.task, plan.generation);
      }),
    );
  }

  replay(
    plan: WritePlan,
    keys: readonly DirtyKey[],
    work: (kept: readonly KeptDirty[]) => ReplayWork,
  ): Promise<readonly ReplayedRecord[]> {
    return this.#withSession(`sluice:${plan.generation}:replay`, (session) =>
      replayDirty(session, plan, keys, work),
    );
  }

  cancel(plan: WritePlan): Promise<void> {
    return this.#withSession(`sluice:${plan.generation}:cancel`, async (session) => {
      await session.progress.ensure();
      await session.exclusively(plan.task, async () => {
        const row = await session.progress.lockTask(plan.task);
        if (row.generation > plan.generation) return;
        // It has not begun here, and an unfinished earlier one has: that is not given up with it (D-24).
        if (row.generation !== plan.generation && UNFINISHED.has(row.phase))
          return this.#never(session, plan);
        await session.progress.saveTask({ ...own(plan), phase: 'cancelled' });
        // Keeps no generation: everything the task has in the target is fenced, an open unit waited for.
        await session.progress.fenceOthers(plan.task, '');
        if (plan.mode === 'overwrite') await workOf(session, plan).discard(plan);
      });
    });
  }

  async close(): Promise<void> {}

  /** Nobody will begin the generation any more: not a writer that comes late either. */
  #never({ progress }: TargetSession, plan: WritePlan): Promise<void> {
    const fenced = plan.streams.map((stream) => ({ ...stream, writerEpoch: EPOCH_FENCED }));
    return progress.insertStreams(plan, fenced);
  }

  /** What comes behind the last row: the swap of an overwritten table, then the task's own statements. */
  async #end(session: TargetSession, plan: WritePlan, row: TaskRow): Promise<void> {
    const steps = statementSteps(session, plan, 'postSql');
    if (plan.mode === 'overwrite') {
      const work = workOf(session, plan);
      // Two: the swap is counted before what is left of the old table goes.
      steps.unshift({ run: () => work.swap(plan) }, { run: () => work.discard(plan) });
    }
    if (steps.length === 0) return;
    if (row.phase !== 'finishing') await session.progress.saveTask({ ...own(plan), phase: 'finishing' });
    await runSteps(session, plan, 'finishing', steps);
  }

  /**
   * D-24: whether the plan would append again what an unfinished generation has appended, and nobody has asked for that; or was refused
   * for that before. Only the target knows.
   */
  async #repeats(session: TargetSession, plan: WritePlan, row: TaskRow): Promise<boolean> {
    const own = await session.progress.lockStreams(plan.task, plan.generation);
    if (own.some(({ writerEpoch }) => writerEpoch === EPOCH_FENCED)) return true;
    if (!UNFINISHED.has(row.phase) || plan.mode !== 'insert' || plan.truncateFirst) return false;
    if (row.generation < (plan.repeats ?? '')) return false;
    const streams = await session.progress.lockStreams(plan.task, row.generation);
    return streams.some(({ counts }) => counts.written > 0);
  }

  /** Changes rows under their locks, upwards only; answers them as they are afterwards. */
  #raise(
    plan: WritePlan,
    splits: readonly number[],
    change: (row: StreamProgress) => StreamProgress,
  ): Promise<readonly StreamProgress[]> {
    return this.#withSession(`sluice:${plan.generation}:raise`, async (session) => {
      await session.progress.ensure();
      await session.begin();
      try {
        const rows = await session.progress.lockStreams(plan.task, plan.generation, splits);
        if (rows.length < splits.length)
          throw new SluiceError(
            'SLUICE_TGT_NOT_PREPARED',
            'The generation has no progress rows in the target yet.',
          );
        const raised: StreamProgress[] = [];
        for (const row of rows) {
          const next = row.writerEpoch === EPOCH_FENCED ? row : change(row);
          const id = { task: plan.task, generation: plan.generation, split: row.split };
          if (next !== row) await session.progress.saveStream(id, next);
          raised.push(next);
        }
        await session.commit();
        return raised;
      } catch (error) {
        await session.rollback();
        throw error;
      }
    });
  }

  async #withSession<T>(name: string, body: (session: OpenSession) => Promise<T>): Promise<T> {
    const session = await this.#connections.open(name);
    try {
      return await body(session);
    } finally {
      await session.close();
    }
  }
}

/** The task row of a plan, but for its phase. */
function own({ task, generation }: WritePlan): Pick<TaskRow, 'task' | 'generation'> {
  return { task, generation };
}
