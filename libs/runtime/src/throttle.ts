import type { BatchLimits } from '@sluice/model';
import type { StageOrder } from '@sluice/ports';
import type { StageContext } from './stage.ts';

/** A batch is paid for in parts of so many milliseconds' worth: a new rate is in force after one of them. */
const PART = 250;

/**
 * D-19: the run's rates over all channels and processes. What is published is paid for before, from buckets that all readers of the run
 * share; `bytes` are those of the encoded rows.
 */
export class Throttle {
  readonly #context: StageContext;
  readonly #order: () => StageOrder;

  constructor(context: StageContext, order: () => StageOrder) {
    this.#context = context;
    this.#order = order;
  }

  /** Batches of a slow run are small, so that its rate is even: at most a part each. They follow a rate that changes. */
  get limits(): BatchLimits {
    const order = this.#order;
    return {
      get maxRecords() {
        return atMost(order().batchRecords, order().rowsPerSecond);
      },
      get maxBytes() {
        return atMost(order().batchBytes, order().bytesPerSecond);
      },
    };
  }

  /** Resolves when this much may be published. */
  async pay(records: number, bytes: number, signal: AbortSignal): Promise<void> {
    let left = 1;
    while (left > 0 && !signal.aborted) {
      const { run, rowsPerSecond, bytesPerSecond } = this.#order();
      const whole = Math.max(seconds(records, rowsPerSecond), seconds(bytes, bytesPerSecond));
      if (whole === 0) return;
      const part = Math.min(left, PART / 1000 / whole);
      left = left - part < 1e-9 ? 0 : left - part;
      const waits = await Promise.all([
        this.#take(`rows:${run}`, records * part, rowsPerSecond),
        this.#take(`bytes:${run}`, bytes * part, bytesPerSecond),
      ]);
      await this.#context.clock.sleep(Math.max(...waits), signal);
    }
  }

  async #take(key: string, amount: number, perSecond: number | undefined): Promise<number> {
    if (perSecond === undefined || amount === 0) return 0;
    return this.#context.signals.take(key, amount, perSecond);
  }
}

const seconds = (amount: number, perSecond: number | undefined): number =>
  perSecond === undefined ? 0 : amount / perSecond;

const atMost = (limit: number, perSecond: number | undefined): number =>
  perSecond === undefined ? limit : Math.max(1, Math.min(limit, Math.ceil((perSecond * PART) / 1000)));
