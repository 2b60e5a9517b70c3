import type { Stage } from '@sluice/model';
import { DEFAULT_LEASE, type Versioned, type WorkerReport, type WorkerRow } from '@sluice/ports';
import { change, everything, type RunsContext, timeOf } from './context.ts';

/** The store is told of a renewal at most this often in a lease. */
const RENEWALS = 5;

/** Who is alive. The rows are hints for assignment; safety needs none of them (D-13). */
export class Workers {
  readonly #context: RunsContext;
  /** A worker that has not renewed for this long is gone: its splits go to others (milliseconds). */
  readonly leaseMs: number;
  readonly #renewed = new Map<string, number>();

  constructor(context: RunsContext) {
    this.#context = context;
    this.leaseMs = context.leaseMs ?? DEFAULT_LEASE;
  }

  async renew(report: WorkerReport): Promise<void> {
    const now = timeOf(this.#context);
    if (now - (this.#renewed.get(report.worker) ?? -Infinity) < this.leaseMs / RENEWALS) return;
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

  /** Alive workers, of one stage and resource group when these are given, by id; those whose lease ended are marked on the way. */
  async alive(stage?: Stage, group?: string): Promise<Versioned<WorkerRow>[]> {
    const rows = await everything(this.#context.store.workers, { states: ['alive'] });
    const now = timeOf(this.#context);
    const alive: Versioned<WorkerRow>[] = [];
    for (const row of rows) {
      const renewedAt = Math.max(row.renewedAt, this.#renewed.get(row.id) ?? 0);
      if (now - renewedAt > this.leaseMs) await this.gone(row.id);
      else if ((stage === undefined || row.stages.includes(stage)) && (group ?? row.group) === row.group)
        alive.push(row);
    }
    return alive;
  }
}
