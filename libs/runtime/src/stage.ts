import type { Connector } from '@sluice/connector-sdk';
import { asSluiceError, type SluiceError } from '@sluice/model';
import type { Bus, Clock, Coordination, Signals, StageOrder } from '@sluice/ports';
import type { StageReporter } from './reporter.ts';

/** What everything in a worker works with. */
export interface WorkerContext {
  readonly worker: string;
  readonly bus: Bus;
  readonly signals: Signals;
  readonly clock: Clock;
  readonly coordination: Coordination;
  readonly connectors: (name: string) => Promise<Connector>;
  /** Claims that were read here, `<generation> <split> <epoch>`: none is begun twice. */
  readonly begun: Set<string>;
}

/** What one life of one stage works with. */
export interface StageContext extends WorkerContext {
  readonly reporter: StageReporter;
}

/** One stage of one run in one worker. */
export interface RunningStage {
  /** The order as it is now; called whenever the orders changed. */
  update(order: StageOrder): void;
  /** Ends everything it started; resolves when nothing of it runs any more. Never rejects. */
  stop(): Promise<void>;
}

/**
 * Topic of the fast way round of flow control (D-18): `<split>:<epoch>:<seq applied>`. What was applied under another epoch may have been
 * rolled back.
 */
export const flowTopic = (run: string): string => `flow:${run}`;

/** What stands is said again so often, in milliseconds: a store that was set back has forgotten it. */
export const SAY_AGAIN = 3000;

const FIRST_BACKOFF = 100;
const LONGEST_BACKOFF = 5000;

/** Full jitter, doubling from 100 ms to 5 s. */
export function backoff(attempt: number, clock: Clock): number {
  return Math.ceil(
    Math.min(LONGEST_BACKOFF, FIRST_BACKOFF * 2 ** Math.min(attempt, 10)) * (0.5 + clock.random() / 2),
  );
}

/**
 * Calls `body` until it succeeds, the signal aborts (answer undefined) or an error comes that no repetition can mend, which
 * is thrown. Transient errors are reported, so that the coordinator can count them against the run's retry budget.
 */
export async function retrying<T>(
  context: { readonly clock: Clock },
  signal: AbortSignal,
  onTransient: (error: SluiceError) => void,
  body: () => Promise<T>,
): Promise<T | undefined> {
  for (let attempt = 0; !signal.aborted; attempt++) {
    try {
      return await body();
    } catch (thrown) {
      const error = asSluiceError(thrown);
      if (signal.aborted) return undefined;
      if (error.kind !== 'transient') throw error;
      onTransient(error);
      await context.clock.sleep(error.retryAfterMs ?? backoff(attempt, context.clock), signal);
    }
  }
  return undefined;
}
