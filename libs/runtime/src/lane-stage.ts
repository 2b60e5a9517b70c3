import { asSluiceError, type SluiceError } from '@sluice/model';
import type { Lane, StageOrder } from '@sluice/ports';
import { retrying, type RunningStage, SAY_AGAIN, type StageContext } from './stage.ts';

/** What a stage that consumes a topic does beside consuming it. */
export interface LaneWork {
  /** Once, before the bus is served; repeated on transient errors. */
  ready(signal: AbortSignal): Promise<void>;
  /** One channel, while it is held. Rejects only for what no repetition can mend. */
  lane(lane: Lane, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/** Serves one topic for one stage until it is stopped; a failure is reported and ends it. */
export class LaneStage implements RunningStage {
  readonly #controller = new AbortController();
  readonly #done: Promise<void>;
  readonly #change: (order: StageOrder) => void;
  readonly #context: StageContext;
  #failed: { readonly error: SluiceError; saidAt: number } | undefined;

  constructor(context: StageContext, order: StageOrder, work: LaneWork, change: (order: StageOrder) => void) {
    this.#context = context;
    this.#change = change;
    this.#done = this.#run(context, order, work);
  }

  update(order: StageOrder): void {
    this.#change(order);
    const now = this.#context.clock.now();
    if (this.#failed !== undefined && now - this.#failed.saidAt >= SAY_AGAIN) this.#fail(this.#failed.error);
  }

  async stop(): Promise<void> {
    this.#controller.abort();
    await this.#done;
  }

  async #run(context: StageContext, order: StageOrder, work: LaneWork): Promise<void> {
    const { signal } = this.#controller;
    try {
      await retrying(
        context,
        signal,
        (error) => context.reporter.failure(error),
        async () => {
          await work.ready(signal);
          if (signal.aborted) return;
          await context.bus.serve({
            topic: order.input!,
            group: order.consumers!,
            signal,
            onLane: (lane, taken) => work.lane(lane, taken),
          });
        },
      );
    } catch (error) {
      if (!signal.aborted) this.#fail(asSluiceError(error));
    } finally {
      await work.close().catch(() => undefined);
    }
  }

  /** A failed stage does nothing more but to say so, for as long as it is ordered. */
  #fail(error: SluiceError): void {
    this.#failed = { error, saidAt: this.#context.clock.now() };
    this.#context.reporter.failure(error);
  }
}
