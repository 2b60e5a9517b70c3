import { nextEpoch } from '@sluice/model';
import type { Coordination, WorkerOrders, WorkerReport } from '@sluice/ports';
import { change, type RunsContext } from './context.ts';
import type { Orders } from './orders.ts';
import type { Reports } from './reports.ts';
import { splitsOf } from './splits.ts';
import type { Workers } from './workers.ts';

/**
 * How long a waiting worker sleeps when nobody wakes it (milliseconds): another coordinator may have changed something and its
 * signal may be lost.
 */
const LOOK_AGAIN = 1000;

/** The coordinator's end of what workers call. */
export class StoredCoordination implements Coordination {
  readonly #context: RunsContext;
  readonly #workers: Workers;
  readonly #reports: Reports;
  readonly #orders: Orders;

  constructor(context: RunsContext, workers: Workers, reports: Reports, orders: Orders) {
    this.#context = context;
    this.#workers = workers;
    this.#reports = reports;
    this.#orders = orders;
  }

  async renew(
    report: WorkerReport,
    wait?: { readonly version: string; readonly milliseconds: number; readonly signal: AbortSignal },
  ): Promise<WorkerOrders> {
    await this.#workers.renew(report);
    await this.#reports.take(report);
    // News come 20 times a second from every busy worker: deriving orders for each would cost more than the data.
    if (wait === undefined) return { version: '', serve: [], directives: [] };
    const until = this.#context.clock.now() + wait.milliseconds;
    for (;;) {
      const woken = this.#context.woken(LOOK_AGAIN, wait.signal);
      const orders = await this.#orders.for(report);
      if (wait.signal.aborted || orders.version !== wait.version) return orders;
      if (this.#context.clock.now() >= until) return { version: orders.version, serve: [], directives: [] };
      await woken;
    }
  }

  async claimChannel(
    _worker: string,
    run: string,
    channel: number,
    above: number,
  ): Promise<{ readonly epoch: number }> {
    const row = await this.#context.store.runs.get(run);
    const splits = row === undefined ? [] : await splitsOf(this.#context, row.generation);
    const known = splits.filter((split) => split.channel === channel).map((split) => split.writerEpoch ?? 0);
    const epoch = nextEpoch(Math.max(above, 0, ...known), this.#context.clock.random());
    return { epoch };
  }

  async release(worker: string): Promise<void> {
    await this.#workers.gone(worker);
    const runs = await this.#context.store.runs.list({ states: ['running', 'stopping'], limit: 200 });
    for (const run of runs.items)
      for (const split of await splitsOf(this.#context, run.generation))
        if (split.owner === worker)
          // Somebody else may have got it meanwhile.
          await change(this.#context.store.splits, split.id, ({ owner, ...rest }) =>
            owner === worker ? rest : undefined,
          );
    this.#context.wake();
  }
}
