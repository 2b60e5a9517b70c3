import type { Signals } from '@sluice/ports';

type Listener = (message: string) => void;

/** Signals within one process. Listeners are called at once; what they throw is theirs to catch. */
export class MemorySignals implements Signals {
  readonly #now: () => number;
  readonly #listeners = new Map<string, Set<Listener>>();
  /** Per key, when the bucket is empty again at the given rate, in milliseconds. */
  readonly #buckets = new Map<string, number>();

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  publish(topic: string, message: string): void {
    for (const listener of this.#listeners.get(topic) ?? []) listener(message);
  }

  subscribe(topic: string, listener: Listener): () => void {
    const listeners = this.#listeners.get(topic) ?? new Set<Listener>();
    this.#listeners.set(topic, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0) this.#listeners.delete(topic);
    };
  }

  async take(key: string, amount: number, perSecond: number): Promise<number> {
    const now = this.#now();
    // Empty at first; one second's worth may be taken at once after a pause. What is taken beyond it is waited for.
    const from = Math.max(this.#buckets.get(key) ?? now, now - 1000);
    const until = from + (amount / perSecond) * 1000;
    this.#buckets.set(key, until);
    return Math.max(0, Math.round(until - now));
  }

  async close(): Promise<void> {
    this.#listeners.clear();
  }
}
