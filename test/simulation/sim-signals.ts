import type { Signals } from '@sluice/ports';
import type { Process, World } from './world.ts';

interface Listener {
  readonly process: Process;
  readonly hear: (message: string) => void;
}

/** Hints between processes, half of which are lost; one token bucket a key, in the time of the schedule. */
export class SimSignals {
  readonly #world: World;
  readonly #listeners = new Map<string, Set<Listener>>();
  readonly #buckets = new Map<string, number>();
  /** Hears everything, also what is lost. */
  readonly #overhear: (topic: string, message: string) => void;

  constructor(world: World, overhear: (topic: string, message: string) => void) {
    this.#world = world;
    this.#overhear = overhear;
  }

  of(process: Process): Signals {
    return {
      publish: (topic, message) => {
        this.#overhear(topic, message);
        if (this.#world.chance(0.5)) return;
        for (const { process: to, hear } of this.#listeners.get(topic) ?? [])
          if (to.alive && to.pausedUntil <= this.#world.now) hear(message);
      },
      subscribe: (topic, hear) => {
        const listeners = this.#listeners.get(topic) ?? new Set();
        const listener = { process, hear };
        this.#listeners.set(topic, listeners.add(listener));
        return () => listeners.delete(listener);
      },
      take: async (key, amount, perSecond) => {
        await this.#world.step(process);
        return this.#take(key, amount, perSecond);
      },
      close: async () => undefined,
    };
  }

  #take(key: string, amount: number, perSecond: number): number {
    const { now } = this.#world;
    const until = Math.max(this.#buckets.get(key) ?? 0, now - 1000) + (amount / perSecond) * 1000;
    this.#buckets.set(key, until);
    return Math.max(0, Math.ceil(until - now));
  }
}
