import type { StreamProgress, SluiceError } from '@sluice/model';
import type { Answer, Clock, LogLine, StageOrder, StageReport, WorkerReport } from '@sluice/ports';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Longest time that news waits for more of its kind before it is sent, in milliseconds: four times a second is what people see. */
const LINGER = 250;

/** Lines of the run log that wait for the coordinator; older ones are dropped when it is away for long. */
const KEPT_LINES = 5000;

/**
 * Gathers what the stages of a worker have to say. News is taken as one report and, when handing it over fails, put back:
 * everything in a report may be repeated (progress, produced, ...) but `healing`, which is taken only once.
 */
export class Reporter {
  readonly #clock: Clock;
  #stages = new Map<string, Mutable<StageReport>>();
  #answers: Answer[] = [];
  #logs: (LogLine & { run: string })[] = [];
  #wake: (() => void) | undefined;
  #urgent = false;
  #news = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** What a stage that serves this order says. */
  of({ run, stage, plan: { generation }, attempt }: StageOrder): StageReporter {
    return new StageReporter(this, { run, stage, generation, attempt });
  }

  /** Adds to the report of one stage; `urgent` sends it at once. */
  add(of: StageReport, part: Partial<StageReport>, urgent = false): void {
    const report = this.#stage(of);
    const { progress, applied, produced, gaps, stuck, drained, healing, dirty, ...rest } = part;
    Object.assign(report, rest);
    if (progress) report.progress = latest(report.progress ?? [], progress);
    if (applied) report.applied = { ...report.applied, ...applied };
    if (produced) {
      const splits = new Set(produced.map((p) => p.split));
      report.produced = [...(report.produced ?? []).filter((p) => !splits.has(p.split)), ...produced];
    }
    if (gaps) report.gaps = [...(report.gaps ?? []), ...gaps];
    if (stuck) report.stuck = [...(report.stuck ?? []), ...stuck];
    if (drained) report.drained = [...new Set([...(report.drained ?? []), ...drained])];
    if (dirty) report.dirty = [...(report.dirty ?? []), ...dirty];
    if (healing) {
      const sum: Record<string, number> = { ...report.healing };
      for (const [name, count] of Object.entries(healing)) sum[name] = (sum[name] ?? 0) + count;
      report.healing = sum;
    }
    this.#tell(urgent);
  }

  answer(answer: Answer): void {
    this.#answers.push(answer);
    this.#tell(true);
  }

  log(run: string, level: LogLine['level'], message: string, more: Partial<LogLine> = {}): void {
    this.#logs.push({ run, time: Math.round(this.#clock.now()), level, message, ...more });
    if (this.#logs.length > KEPT_LINES) this.#logs.splice(0, this.#logs.length - KEPT_LINES);
    this.#tell(level === 'error');
  }

  /** Resolves when there is news to send, or when the signal aborts. */
  async news(signal: AbortSignal): Promise<void> {
    if (!this.#news && !signal.aborted) {
      await new Promise<void>((resolve) => {
        const done = (): void => {
          signal.removeEventListener('abort', done);
          this.#wake = undefined;
          resolve();
        };
        this.#wake = done;
        signal.addEventListener('abort', done, { once: true });
      });
    }
    if (!this.#urgent && !signal.aborted) await this.#clock.sleep(LINGER, signal);
  }

  /** Takes everything there is to say. */
  take(): Pick<WorkerReport, 'runs' | 'answers' | 'logs'> {
    const taken = { runs: [...this.#stages.values()], answers: this.#answers, logs: this.#logs };
    this.#stages = new Map();
    this.#answers = [];
    this.#logs = [];
    this.#news = false;
    this.#urgent = false;
    return taken;
  }

  /** Puts a report back that could not be handed over. */
  putBack(taken: Pick<WorkerReport, 'runs' | 'answers' | 'logs'>): void {
    const since = this.take();
    for (const report of [...taken.runs, ...since.runs]) this.add(report, report);
    this.#answers = [...taken.answers, ...since.answers];
    this.#logs = [...taken.logs, ...since.logs].slice(-KEPT_LINES) as (LogLine & { run: string })[];
    this.#news = true;
  }

  #stage({ run, stage, generation, attempt }: StageReport): Mutable<StageReport> {
    const key = `${run} ${stage} ${generation} ${attempt}`;
    let report = this.#stages.get(key);
    if (report === undefined) this.#stages.set(key, (report = { run, stage, generation, attempt }));
    return report;
  }

  #tell(urgent: boolean): void {
    this.#news = true;
    if (urgent) this.#urgent = true;
    this.#wake?.();
  }
}

/** What one life of one stage has to say. */
export class StageReporter {
  readonly #reporter: Reporter;
  readonly #of: StageReport;

  constructor(reporter: Reporter, of: StageReport) {
    this.#reporter = reporter;
    this.#of = of;
  }

  add(part: Partial<StageReport>, urgent = false): void {
    this.#reporter.add(this.#of, part, urgent);
  }

  failure(error: SluiceError): void {
    const { code, detail, hint, place } = error;
    this.add({ failure: { code, detail, hint, ...(place === undefined ? {} : { place }) } }, true);
    this.log(error.kind === 'transient' ? 'warn' : 'error', detail, { code });
  }

  log(level: LogLine['level'], message: string, more: Partial<LogLine> = {}): void {
    const { run, stage } = this.#of;
    this.#reporter.log(run, level, message, { stage, ...more });
  }
}

/** The newest row of each split. */
function latest(before: readonly StreamProgress[], rows: readonly StreamProgress[]): StreamProgress[] {
  const bySplit = new Map(before.map((row) => [row.split, row]));
  for (const row of rows) bySplit.set(row.split, row);
  return [...bySplit.values()];
}
