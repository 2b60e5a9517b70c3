import type { Stage } from '@sluice/model';
import type { Versioned, WorkerReport, WorkerRow } from '@sluice/ports';
import { change, everything, type RunsContext, timeOf } from './context.ts';

/** A worker that has not renewed for this long is gone: its splits go to others (milliseconds). */
export const LEASE = 10_000;
/** The store is told of a renewal at most this often. */
const RENEW = 2000;

/** Who is alive. The rows are hints for assignment; safety needs none of them (D-13). */
export class Workers {
  readonly #context: RunsContext;
  readonly #renewed = new Map<string, number>();

  constructor(context: RunsContext) {
    this.#context = context;
  }

  async renew(report: WorkerReport): Promise<void> {
    const now = this.#context.clock.now();
    if (now - (this.#renewed.get(report.worker) ?? -Infinity) < RENEW) return;
    this.#renewed.set(report.worker, now);
    const { workers } = this.#context.store;
    const known = await change(workers, report.worker, (row): WorkerRow => ({
      ...row,
      state: 'alive',
      renewedAt: timeOf(this.#context),
    }));
    if (known !== undefined) return;
    for (const other of await this.alive())
      if (other.name === report.name && other.group === report.group) await this.gone(other.id);
    const { worker: id, name, group, stages } = report;
    const startedAt = timeOf(this.#context);
    await workers.insert({ id, name, group, stages, state: 'alive', renewedAt: startedAt, startedAt });
    this.#context.wake();
  }

  async gone(id: string): Promise<void> {
    this.#renewed.delete(id);
    await change(this.#context.store.workers, id, (row): WorkerRow | undefined =>
      row.state === 'gone' ? undefined : { ...row, state: 'gone' },
    );
    this.#context.wake();
  }

  /** Alive workers by id; those whose lease ended are marked on the way. */
  async alive(stage?: Stage): Promise<Versioned<WorkerRow>[]> {
    const rows = await everything(this.#context.store.workers, { states: ['alive'] });
    const now = this.#context.clock.now();
    const alive: Versioned<WorkerRow>[] = [];
    for (const row of rows) {
      const renewedAt = Math.max(row.renewedAt, this.#renewed.get(row.id) ?? 0);
      if (now - renewedAt > LEASE) await this.gone(row.id);
      else if (stage === undefined || row.stages.includes(stage)) alive.push(row);
    }
    return alive;
  }
}
