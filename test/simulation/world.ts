import type { Clock } from '@sluice/ports';

/** A small, fast, seedable generator (mulberry32): 0 <= x < 1. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Something that can be killed or paused: what it waits for never comes, or comes later. */
export class Process {
  alive = true;
  pausedUntil = 0;
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

interface Parked {
  readonly process: Process;
  readonly resume: () => void;
}

interface Timer extends Parked {
  readonly at: number;
  readonly order: number;
}

/** Virtual milliseconds after which a schedule that is not done counts as hung. */
const PATIENCE = 20 * 60_000;
const MOST_STEPS = 400_000;

/**
 * Time, chance and interleaving of one schedule. Every asynchronous step of the fakes parks here, and one parked step at a
 * time is resumed, chosen by the seed; time moves only when nothing is left to do. So one seed is one schedule.
 */
export class World {
  now = 1_700_000_000_000;
  readonly random: () => number;
  steps = 0;
  #ready: Parked[] = [];
  #timers: Timer[] = [];
  #order = 0;
  readonly #start = this.now;

  readonly #mostSteps: number;

  constructor(seed: number, mostSteps = MOST_STEPS) {
    this.#mostSteps = mostSteps;
    this.random = seeded(seed);
  }

  /** Whole number below n. */
  below(n: number): number {
    return Math.floor(this.random() * n);
  }

  /** Parks the caller until the schedule picks it; for ever when its process is dead by then. */
  step(process: Process): Promise<void> {
    return new Promise((resolve) => this.#ready.push({ process, resume: resolve }));
  }

  clockOf(process: Process): Clock {
    return {
      now: () => this.now,
      random: this.random,
      sleep: (milliseconds, signal) =>
        new Promise((resolve) => {
          if (signal?.aborted) return resolve();
          const timer: Timer = {
            process,
            resume: resolve,
            at: this.now + milliseconds,
            order: this.#order++,
          };
          this.#timers.push(timer);
          signal?.addEventListener(
            'abort',
            () => {
              const index = this.#timers.indexOf(timer);
              if (index < 0) return;
              this.#timers.splice(index, 1);
              this.#ready.push(timer);
            },
            { once: true },
          );
        }),
    };
  }

  /** Runs until `done`, calling `between` before every step. Throws when it hangs. */
  async run(done: () => boolean, between: () => void): Promise<void> {
    for (;;) {
      await settled();
      if (done()) return;
      if (++this.steps > this.#mostSteps || this.now - this.#start > PATIENCE)
        throw new Error(
          `The schedule hangs after ${this.steps} steps, ${(this.now - this.#start) / 1000} virtual seconds.`,
        );
      between();
      this.#ready = this.#ready.filter((parked) => parked.process.alive);
      const able = this.#ready.filter((parked) => parked.process.pausedUntil <= this.now);
      if (able.length > 0) {
        const chosen = able[this.below(able.length)]!;
        this.#ready.splice(this.#ready.indexOf(chosen), 1);
        chosen.resume();
      } else this.#advance();
    }
  }

  #advance(): void {
    this.#timers = this.#timers.filter((timer) => timer.process.alive);
    const wakes = this.#ready.map((parked) => parked.process.pausedUntil);
    let next: Timer | undefined;
    for (const timer of this.#timers) {
      const at = Math.max(timer.at, timer.process.pausedUntil);
      const best = next === undefined ? Infinity : Math.max(next.at, next.process.pausedUntil);
      if (at < best || (at === best && timer.order < next!.order)) next = timer;
    }
    const wake = Math.min(...wakes, Infinity);
    if (next === undefined || wake < Math.max(next.at, next.process.pausedUntil)) {
      if (wake === Infinity) throw new Error('The schedule hangs: nothing is left to happen.');
      this.now = Math.max(this.now, wake);
      return;
    }
    this.#timers.splice(this.#timers.indexOf(next), 1);
    this.now = Math.max(this.now, next.at, next.process.pausedUntil);
    next.resume();
  }
}

/** Lets everything that can go on without time or steps go on. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
