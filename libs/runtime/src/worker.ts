import type { Connector } from '@sluice/connector-sdk';
import type { Stage } from '@sluice/model';
import type {
  Bus,
  Clock,
  Coordination,
  Directive,
  Signals,
  StageOrder,
  WorkerOrders,
  WorkerReport,
} from '@sluice/ports';
import { DirectiveRunner } from './directives.ts';
import { MapStage } from './map-stage.ts';
import { ReadStage } from './read-stage.ts';
import { Reporter } from './reporter.ts';
import { backoff, type RunningStage, type StageContext, type WorkerContext } from './stage.ts';
import { WriteStage } from './write-stage.ts';

export interface WorkerOptions {
  /** UUID of this process's life: a restarted worker is another one. */
  readonly id: string;
  /** What people call it; a new worker of the same name replaces the old one at once. */
  readonly name: string;
  /** Resource group. */
  readonly group: string;
  readonly stages: readonly Stage[];
  readonly coordination: Coordination;
  readonly bus: Bus;
  readonly signals: Signals;
  readonly clock: Clock;
  readonly connectors: (name: string) => Promise<Connector>;
}

/** How long one call waits for new orders, in milliseconds; also the heartbeat. */
const POLL = 2000;

/** Serves the stages that the coordinator orders, and nothing else. */
export class Worker {
  readonly #options: WorkerOptions;
  readonly #context: WorkerContext;
  readonly #reporter: Reporter;
  readonly #stages = new Map<string, RunningStage>();
  readonly #ending = new Map<string, Promise<void>>();
  readonly #directives: DirectiveRunner;
  #version = '';
  #wanted = new Map<string, StageOrder>();

  constructor(options: WorkerOptions) {
    this.#options = options;
    this.#reporter = new Reporter(options.clock);
    this.#context = { ...options, worker: options.id, begun: new Set() };
    this.#directives = new DirectiveRunner(this.#context, this.#reporter, (run) => {
      for (const [key, stage] of this.#stages)
        if (stage instanceof WriteStage && key.startsWith(`${run} `)) return stage;
      return undefined;
    });
  }

  /** Ends when the signal aborts and everything it started has ended. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([this.#poll(signal), this.#push(signal)]);
    this.#wanted.clear();
    await Promise.all([...this.#stages.values()].map((stage) => stage.stop()));
    await Promise.all(this.#ending.values());
    await this.#directives.settled();
    await this.#hand(this.#reporter.take()).catch(() => undefined);
    await this.#options.coordination.release(this.#options.id).catch(() => undefined);
  }

  /** Asks for orders: the waiting call, with nothing to say. */
  async #poll(signal: AbortSignal): Promise<void> {
    const { coordination, clock } = this.#options;
    for (let attempt = 0; !signal.aborted;) {
      try {
        const wait = { version: this.#version, milliseconds: POLL, signal };
        const orders = await coordination.renew(this.#report({ runs: [], answers: [], logs: [] }), wait);
        attempt = 0;
        if (!signal.aborted) this.#follow(orders);
      } catch {
        // The coordinator is away: the data path goes on with what it has (D-21).
        if (!signal.aborted) await clock.sleep(backoff(attempt++, clock), signal);
      }
    }
  }

  /** Hands news over as it comes. */
  async #push(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    const reporter = this.#reporter;
    for (let attempt = 0; !signal.aborted;) {
      await reporter.news(signal);
      if (signal.aborted) return;
      const news = reporter.take();
      try {
        await this.#hand(news);
        attempt = 0;
      } catch {
        reporter.putBack(news);
        await clock.sleep(backoff(attempt++, clock), signal);
      }
    }
  }

  async #hand(news: ReturnType<Reporter['take']>): Promise<void> {
    await this.#options.coordination.renew(this.#report(news));
    this.#directives.handed(news.answers);
  }

  #report(news: ReturnType<Reporter['take']>): WorkerReport {
    const { id, name, group, stages } = this.#options;
    return { worker: id, name, group, stages, ...news };
  }

  #follow(orders: WorkerOrders): void {
    if (orders.version === this.#version) return;
    this.#version = orders.version;
    this.#wanted = new Map(orders.serve.map((order) => [lifeOf(order), order]));
    for (const [key, stage] of this.#stages) if (!this.#wanted.has(key)) this.#end(key, stage);
    for (const [key, order] of this.#wanted) this.#serve(key, order);
    for (const directive of orders.directives) this.#directive(directive);
  }

  #serve(key: string, order: StageOrder): void {
    const running = this.#stages.get(key);
    if (running !== undefined) return running.update(order);
    // The same stage is still ending here: it is started when that has ended, if it is wanted then.
    if (!this.#ending.has(key)) this.#stages.set(key, this.#start(order));
  }

  #end(key: string, stage: RunningStage): void {
    this.#stages.delete(key);
    const ended = stage.stop().finally(() => {
      this.#ending.delete(key);
      const order = this.#wanted.get(key);
      if (order !== undefined) this.#serve(key, order);
    });
    this.#ending.set(key, ended);
  }

  #start(order: StageOrder): RunningStage {
    const context: StageContext = { ...this.#context, reporter: this.#reporter.of(order) };
    if (order.stage === 'read') return new ReadStage(context, order);
    if (order.stage === 'map') return new MapStage(context, order);
    return new WriteStage(context, order);
  }

  #directive(directive: Directive): void {
    this.#directives.take(directive);
  }
}

/** One life of a stage: a run that was resumed begins anew, also here, where it may have failed. */
const lifeOf = ({ run, stage, plan: { generation }, attempt }: StageOrder): string =>
  `${run} ${stage} ${generation} ${attempt}`;
