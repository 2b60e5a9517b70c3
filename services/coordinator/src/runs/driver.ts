import { crashPoint } from '@sluice/connector-sdk';
import { addCounts, asSluiceError, balances, SluiceError, type Stage, ZERO_COUNTS } from '@sluice/model';
import type { RunRow, SplitRow, Versioned, WorkerRow } from '@sluice/ports';
import { change, everything, log, type RunsContext, tell, timeOf, topicsOf, transition } from './context.ts';
import { noWorker, type StoredErrands } from './errands.ts';
import { groupOf, groupsOf } from './groups.ts';
import { planRun, storeSplits } from './planning.ts';
import type { Reports } from './reports.ts';
import { assignSplits, splitsOf } from './splits.ts';
import type { Workers } from './workers.ts';

/** How often every active run is looked at when nobody wakes the driver, in milliseconds. */
const TICK = 500;
/** So many of the newest runs are looked at for changes of state that a coordinator could not tell before it died. */
const LOOKED_AT = 100;
/** A stop that the writers do not finish in this time ends without them: what is not committed is read again. */
const STOP_DRAIN = 10_000;

const STAGES: readonly Stage[] = ['read', 'map', 'write'];
const UNMAPPED: readonly Stage[] = ['read', 'write'];

/** Moves runs on. Any number of coordinators may drive the same runs: every step is compare-and-set (D-21). */
export class Driver {
  readonly #context: RunsContext;
  readonly #errands: StoredErrands;
  readonly #reports: Reports;
  readonly #workers: Workers;
  readonly #busy = new Map<string, Promise<void>>();
  readonly #stopping = new Map<string, number>();
  /** Runs and stages that no worker serves and whose log says so. */
  readonly #waiting = new Set<string>();

  constructor(context: RunsContext, errands: StoredErrands, reports: Reports, workers: Workers) {
    this.#context = context;
    this.#errands = errands;
    this.#reports = reports;
    this.#workers = workers;
  }

  /** Ends when the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const told = this.#tell().catch(() => undefined);
    while (!signal.aborted) {
      const woken = this.#context.woken(TICK, signal);
      try {
        const states = ['created', 'queued', 'running', 'retrying', 'stopping', 'cancelling'];
        for (const run of await everything(this.#context.store.runs, { states })) this.#begin(run);
      } catch {
        // The store is away: the next tick tries again, the data plane goes on meanwhile.
      }
      await woken;
    }
    await told;
    await Promise.all(this.#busy.values());
  }

  /** D-20: runs that rest have no next change of state, which would tell the last one. */
  async #tell(): Promise<void> {
    const { items } = await this.#context.store.runs.list({ descending: true, limit: LOOKED_AT });
    for (const run of items) await tell(this.#context, run);
  }

  /** One step of a run at a time in this process. */
  #begin(run: Versioned<RunRow>): void {
    if (this.#busy.has(run.id)) return;
    const step = this.#step(run)
      .catch((thrown: unknown) => this.#broken(run, thrown))
      .finally(() => this.#busy.delete(run.id));
    this.#busy.set(run.id, step);
  }

  async #step(run: Versioned<RunRow>): Promise<void> {
    switch (run.state) {
      case 'created':
        await transition(this.#context, run.id, 'queued', 'accepted', run.actor);
        return;
      case 'queued':
        return this.#start(run);
      case 'running':
      case 'retrying':
        return this.#running(run);
      case 'stopping':
        return this.#stop(run);
      case 'cancelling':
        return this.#cancel(run);
    }
  }

  /** D-1: plan and splits are in the store before anything is read. */
  async #start(run: Versioned<RunRow>): Promise<void> {
    if (run.plan === undefined) {
      const { read } = await groupsOf(this.#context, run.workspace, run.document);
      await planRun(this.#context, this.#errands, run, await this.#readers(read));
    }
    const planned = (await this.#context.store.runs.get(run.id))!;
    const { channels, mapped, read, write } = planned.plan!;
    await storeSplits(this.#context, planned);
    const topics = topicsOf(run.workspace, run.parent);
    const names = mapped ? [topics.read, topics.mapped] : [topics.read];
    await this.#context.bus.ensureTopics(names.map((name) => ({ name, channels })));
    const stages = mapped ? 'read, map, write' : 'read, write';
    await log(
      this.#context,
      run.id,
      'info',
      `${read.splits.length} splits in ${channels} channels; ${stages}; ${write.mode} into the target.`,
    );
    await transition(this.#context, run.id, 'running', 'planned', 'system', {
      startedAt: planned.startedAt ?? timeOf(this.#context),
    });
  }

  async #running(run: Versioned<RunRow>): Promise<void> {
    // A start that died between its two steps left rows out.
    const splits = await splitsOf(this.#context, run.generation);
    if (splits.length < run.plan!.read.splits.length) return storeSplits(this.#context, run);
    if (splits.every((row) => row.state === 'final')) {
      if (run.finished === true) await this.#succeed(run, splits);
      return;
    }
    const alive = await this.#workers.alive();
    const isReader = ({ stages, group }: WorkerRow): boolean =>
      stages.includes('read') && group === groupOf(run, 'read');
    await assignSplits(
      this.#context,
      run,
      alive.filter(isReader).map(({ id }) => id),
    );
    await this.#sayLonely(run, alive);
  }

  async #readers(group: string): Promise<string[]> {
    return (await this.#workers.alive('read', group)).map((row) => row.id);
  }

  /** Says once whom a run waits for: nothing else would. */
  async #sayLonely(run: RunRow, alive: readonly WorkerRow[]): Promise<void> {
    for (const stage of run.plan!.mapped ? STAGES : UNMAPPED) {
      const group = groupOf(run, stage);
      const name = `${run.id} ${run.attempt ?? 0} ${stage}`;
      if (alive.some((worker) => worker.group === group && worker.stages.includes(stage)))
        this.#waiting.delete(name);
      else if (!this.#waiting.has(name)) {
        this.#waiting.add(name);
        await log(this.#context, run.id, 'warn', noWorker(stage, group), { code: 'SLUICE_RUN_NO_WORKER' });
      }
    }
  }

  /** D-22. */
  async #succeed(run: RunRow, splits: readonly SplitRow[]): Promise<void> {
    const counts = splits.reduce((sum, row) => addCounts(sum, row.counts), ZERO_COUNTS);
    if (!balances(counts))
      throw new SluiceError('SLUICE_OFF_LEDGER', `The ledger reads ${JSON.stringify(counts)}.`);
    crashPoint('coord.beforeSucceed');
    const cause = `read ${counts.read} = written ${counts.written} + filtered ${counts.filtered} + dirty ${counts.dirty}`;
    await transition(this.#context, run.id, 'succeeded', cause, 'system', {
      counts,
      endedAt: timeOf(this.#context),
    });
    this.#reports.forget(run.id);
  }

  /** D-23: readers have stopped; when all that was produced is committed, or after a while, the run is stopped. */
  async #stop(run: Versioned<RunRow>): Promise<void> {
    const now = this.#context.clock.now();
    const since = this.#stopping.get(run.id) ?? now;
    this.#stopping.set(run.id, since);
    const splits = await splitsOf(this.#context, run.generation);
    for (const row of splits)
      if (row.owner !== undefined && row.state === 'open')
        await change(this.#context.store.splits, row.id, ({ owner: _, ...rest }) => rest);
    const drained = splits.every((row) => row.state === 'final' || (row.produced ?? 0) <= row.seq);
    if (!drained && now - since < STOP_DRAIN) return;
    this.#stopping.delete(run.id);
    const counts = splits.reduce((sum, row) => addCounts(sum, row.counts), ZERO_COUNTS);
    await transition(
      this.#context,
      run.id,
      'stopped',
      drained ? 'everything read is written' : 'the writers did not drain in time',
      'system',
      {
        counts,
        endedAt: timeOf(this.#context),
      },
    );
  }

  async #cancel(run: Versioned<RunRow>): Promise<void> {
    // Without a plan nothing can have reached the target. That it was finished there is no answer to this: what is cancelled is so there too.
    if (run.fenced !== true && run.plan !== undefined) return;
    const splits = await splitsOf(this.#context, run.generation);
    const counts = splits.reduce((sum, row) => addCounts(sum, row.counts), ZERO_COUNTS);
    await transition(this.#context, run.id, 'cancelled', 'every writer is fenced', 'system', {
      counts,
      endedAt: timeOf(this.#context),
    });
  }

  async #broken(run: Versioned<RunRow>, thrown: unknown): Promise<void> {
    const error = asSluiceError(thrown);
    // Somebody else moved the run while this step was under way: the next one begins with what it is now.
    if (error.code === 'SLUICE_RUN_STATE') return;
    try {
      const row = await change(this.#context.store.runs, run.id, (current) => ({
        ...current,
        retries: (current.retries ?? 0) + 1,
      }));
      await log(this.#context, run.id, 'warn', error.detail, { code: error.code });
      if (error.kind === 'transient' && (row?.retries ?? 0) < 20) return;
      const { code, detail, hint, place } = error;
      const shown = { code, detail, hint, ...(place === undefined ? {} : { place }) };
      await transition(
        this.#context,
        run.id,
        'failed',
        `${code}: ${detail}`,
        'system',
        { error: shown, endedAt: timeOf(this.#context) },
        ({ state, attempt }) => state === run.state && attempt === run.attempt,
      );
    } catch {
      // The store is away, or somebody else moved the run: the next tick looks again.
    }
  }
}
