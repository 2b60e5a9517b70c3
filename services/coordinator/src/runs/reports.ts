import { asSluiceError, ERRORS, type ErrorCode, type StreamProgress } from '@sluice/model';
import type { Answer, RunRow, StageReport, Versioned, WorkerReport } from '@sluice/ports';
import { appendLog, change, insertOnce, log, type RunsContext, timeOf, transition } from './context.ts';
import { remote, type StoredErrands } from './errands.ts';
import { mirror, reseal, sealed, splitId, splitOf, splitsOf, timesLate, untoldOf } from './splits.ts';

/** Transient errors in a row, without anything committed in between, before a run gives up. */
const RETRY_BUDGET = 100;
/**
 * A lane that gave nothing for this long while batches are missing behind it has lost them (D-11), in milliseconds; twice as long
 * each time that reading them again did not help.
 */
const TAIL_LOST = 3000;

/** Soft state of flow control, per run: lost with the process, found again with the next commits. */
export interface Flow {
  readonly applied: Map<number, { readonly epoch: number; readonly seq: number }>;
  lastMove: number;
}

/** Takes in what workers say. Everything may come twice. */
export class Reports {
  readonly #context: RunsContext;
  readonly #errands: StoredErrands;
  readonly #flows = new Map<string, Flow>();

  constructor(context: RunsContext, errands: StoredErrands) {
    this.#context = context;
    this.#errands = errands;
  }

  flow(run: string): Flow {
    let flow = this.#flows.get(run);
    if (flow === undefined)
      this.#flows.set(run, (flow = { applied: new Map(), lastMove: this.#context.clock.now() }));
    return flow;
  }

  forget(run: string): void {
    this.#flows.delete(run);
  }

  async take(report: WorkerReport): Promise<void> {
    const lines = new Map<string, WorkerReport['logs'][number][]>();
    for (const line of report.logs) lines.set(line.run, [...(lines.get(line.run) ?? []), line]);
    for (const [run, some] of lines)
      await appendLog(
        this.#context,
        run,
        some.map(({ run: _, ...line }) => ({
          ...line,
          message: this.#redact(line.message),
          worker: report.name,
        })),
      );
    for (const stage of report.runs) {
      const run = await this.#context.store.runs.get(stage.run);
      if (run?.plan === undefined || run.generation !== stage.generation) continue;
      try {
        await this.#stage(run, stage);
      } catch (thrown) {
        const { code, kind, detail, hint } = asSluiceError(thrown);
        // The store is away: the worker says all of it again.
        if (kind === 'transient') throw thrown;
        await this.#fail(run, { code, detail, hint });
      }
    }
    // Last: an answer that ends a run comes with what is to be known of it then.
    for (const answer of report.answers) await this.#answer(answer);
  }

  async #stage(run: Versioned<RunRow>, report: StageReport): Promise<void> {
    const { store, clock } = this.#context;
    const flow = this.flow(run.id);
    for (const [split, now] of Object.entries(report.applied ?? {})) {
      const known = flow.applied.get(Number(split));
      if (
        known === undefined ||
        now.epoch > known.epoch ||
        (now.epoch === known.epoch && now.seq > known.seq)
      )
        flow.applied.set(Number(split), now);
      flow.lastMove = clock.now();
    }
    if (report.prepared === true && run.prepared !== true) {
      await change(store.runs, run.id, (row) => (row.prepared ? undefined : { ...row, prepared: true }));
      this.#context.wake();
    }
    // Before the progress that counts them: who sees a run's end sees all of them.
    await this.#keepDirty(run, report.dirty ?? []);
    for (const found of report.progress ?? []) {
      await mirror(this.#context, run.generation, found);
      flow.lastMove = clock.now();
    }
    for (const { split, epoch, seq, final } of report.produced ?? [])
      await this.#produced(run, split, epoch, seq, final);
    for (const gap of report.gaps ?? [])
      await reseal(this.#context, run, gap.split, gap.readerEpoch, 'lost', `batch ${gap.seq + 1} is missing`);
    for (const { split, readerEpoch, seq } of report.stuck ?? [])
      await this.#stuck(run, split, readerEpoch, seq);
    for (const channel of report.drained ?? []) await this.#drained(run, channel, flow);
    if (report.healing !== undefined || (report.progress?.length ?? 0) > 0) await this.#count(run, report);
    if (report.failure !== undefined && report.attempt === (run.attempt ?? 0))
      await this.#fail(run, report.failure);
  }

  async #keepDirty(run: RunRow, records: NonNullable<StageReport['dirty']>): Promise<void> {
    const { store } = this.#context;
    const told = new Map<number, number>();
    for (const dirty of records) {
      const id = `${run.generation}:${dirty.split}:${dirty.epoch}:${dirty.seq}:${dirty.index}`;
      if (await insertOnce(store.dirty, { ...dirty, id, parent: run.id }))
        told.set(dirty.split, (told.get(dirty.split) ?? 0) + 1);
    }
    // Who dies here leaves too small a number: then they are told once more than needed.
    for (const [split, count] of told)
      await change(store.splits, splitId(run.generation, split), (row) => ({
        ...row,
        told: (row.told ?? 0) + count,
      }));
  }

  async #produced(run: RunRow, split: number, epoch: number, seq: number, final: boolean): Promise<void> {
    await change(this.#context.store.splits, splitId(run.generation, split), (current) => {
      if (current.readerEpoch !== epoch || current.sealing === true) return undefined;
      if ((current.produced ?? 0) >= seq && (current.readDone ?? false) === final) return undefined;
      return {
        ...current,
        produced: Math.max(seq, current.produced ?? 0),
        readDone: final || current.readDone === true,
      };
    });
    if (final) this.#context.wake();
  }

  /** A stream that cannot be committed yet: its reader may be slow, or what it has published since was lost. */
  async #stuck(run: RunRow, split: number, readerEpoch: number, seq: number): Promise<void> {
    const row = await splitOf(this.#context, run.generation, split);
    if (row !== undefined && row.readerEpoch === readerEpoch && (row.produced ?? 0) > seq)
      await reseal(this.#context, run, split, readerEpoch, 'late', `nothing came after batch ${seq}`);
  }

  /** D-11: the writer has drained the bus and batches that were produced are not there. */
  async #drained(run: RunRow, channel: number, flow: Flow): Promise<void> {
    const idle = this.#context.clock.now() - flow.lastMove;
    if (idle < TAIL_LOST) return;
    for (const row of await splitsOf(this.#context, run.generation))
      if (row.channel === channel && row.state === 'open' && (row.produced ?? 0) > row.seq) {
        if (idle < TAIL_LOST * 2 ** Math.min(5, timesLate(row))) continue;
        const why = 'the last batches did not arrive';
        await reseal(this.#context, run, row.ordinal, row.readerEpoch, 'late', why);
        flow.lastMove = this.#context.clock.now();
      }
  }

  /** Adds to the run's healing counters; anything committed gives the retry budget back. */
  async #count(run: RunRow, report: StageReport): Promise<void> {
    if (report.healing === undefined && (run.retries ?? 0) === 0) return;
    await change(this.#context.store.runs, run.id, (row) => {
      const healing: Record<string, number> = { ...row.healing };
      for (const [name, count] of Object.entries(report.healing ?? {}))
        healing[name] = (healing[name] ?? 0) + count;
      const retries = (report.progress?.length ?? 0) > 0 ? 0 : (row.retries ?? 0);
      if (report.healing === undefined && retries === (row.retries ?? 0)) return undefined;
      return { ...row, healing, retries };
    });
  }

  async #fail(run: Versioned<RunRow>, failure: NonNullable<StageReport['failure']>): Promise<void> {
    const kind = failure.code in ERRORS ? ERRORS[failure.code as ErrorCode].kind : 'bug';
    if (kind === 'fenced') return;
    failure = { ...failure, detail: this.#redact(failure.detail) };
    if (kind === 'transient') {
      const row = await change(this.#context.store.runs, run.id, (current) => ({
        ...current,
        retries: (current.retries ?? 0) + 1,
      }));
      if (row === undefined || (row.retries ?? 0) < RETRY_BUDGET) return;
      const hint = ERRORS.SLUICE_RUN_BUDGET.remedy;
      failure = {
        code: 'SLUICE_RUN_BUDGET',
        detail: `${RETRY_BUDGET} errors in a row, the last: ${failure.detail}`,
        hint,
      };
    }
    // What the target refused it refused for good, whatever else the run has failed of before: the next start goes by it (D-24).
    if (run.state === 'failed' && failure.code === 'SLUICE_RUN_REPEATS') {
      const error = failure;
      await change(this.#context.store.runs, run.id, (row) =>
        row.state === 'failed' && row.error?.code !== error.code ? { ...row, error } : undefined,
      );
      return;
    }
    const now = timeOf(this.#context);
    await transition(
      this.#context,
      run.id,
      'failed',
      `${failure.code}: ${failure.detail}`,
      'system',
      { error: failure, endedAt: now },
      ({ state, attempt }) => attempt === run.attempt && ['running', 'retrying', 'stopping'].includes(state),
    );
  }

  /** Whether the store knows every split's end and was told all dirty records, or these splits were asked for what it lacks. */
  async #isAllTold({ generation }: RunRow, asked = ''): Promise<boolean> {
    const known = new Set(asked.split(','));
    const splits = await splitsOf(this.#context, generation);
    if (splits.some(({ state }) => state !== 'final')) return false;
    return untoldOf(splits).every((ordinal) => known.has(String(ordinal)));
  }

  #redact(text: string): string {
    return this.#context.dataSources.redact(text);
  }

  async #answer(answer: Answer): Promise<void> {
    const [kind, run, split, epoch] = answer.id.split(' ');
    if (kind === 'errand' || run === undefined) return void (await this.#errands.answer(answer));
    const row = await this.#context.store.runs.get(run);
    if (row === undefined) return;
    if (answer.error !== undefined) {
      const error = remote(answer.error);
      if (error.kind !== 'transient' && error.kind !== 'fenced') await this.#fail(row, answer.error);
      else await log(this.#context, run, 'warn', `${kind}: ${error.detail}`, { code: error.code });
      return;
    }
    if (kind === 'seal')
      await sealed(this.#context, row, Number(split), Number(epoch), answer.result as StreamProgress);
    // An answer from before the store was set back knows nothing of what it has forgotten: it is asked for again.
    if (kind === 'finish' && !(await this.#isAllTold(row, split))) return;
    if (kind === 'finish' || kind === 'cancel') {
      const done = kind === 'finish' ? 'finished' : 'fenced';
      await change(this.#context.store.runs, run, (current) =>
        current[done] === true ? undefined : { ...current, [done]: true },
      );
      this.#context.wake();
    }
  }
}
