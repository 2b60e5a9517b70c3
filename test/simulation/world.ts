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
  /** It sleeps until then, and does not know. */
  pausedUntil = 0;
  /** It does not reach the coordinators until then; everything else it does. */
  cutOffUntil = 0;
  readonly name: string;
  /** Aborted when it is asked to end in order. */
  readonly leaving = new AbortController();
  /** Resolves when it is killed: its connections break. */
  readonly died: Promise<void>;
  #die!: () => void;

  constructor(name: string) {
    this.name = name;
    this.died = new Promise((resolve) => (this.#die = resolve));
  }

  kill(): void {
    this.alive = false;
    this.#die();
  }
}

interface Parked {
  readonly process: Process;
  readonly resume: () => void;
}

export interface Timer extends Parked {
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
  readonly #ready: Parked[] = [];
  readonly #timers = new Set<Timer>();
  readonly #clocks = new Map<Process, Clock>();
  #order = 0;
  #wrong: string | undefined;
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

  chance(probability: number): boolean {
    return this.random() < probability;
  }

  /** Milliseconds since the beginning. */
  get elapsed(): number {
    return this.now - this.#start;
  }

  /** An oracle has seen a rule broken: the schedule ends with the first of these. */
  wrong(what: string): void {
    this.#wrong ??= what;
  }

  /** Parks the caller until the schedule picks it; for ever when its process is dead by then. */
  step(process: Process): Promise<void> {
    return new Promise((resume) => this.#ready.push({ process, resume }));
  }

  clockOf(process: Process): Clock {
    let clock = this.#clocks.get(process);
    if (clock === undefined) this.#clocks.set(process, (clock = this.#clock(process)));
    return clock;
  }

  /** Calls `resume` after some time, or when the timer is rung. */
  timer(process: Process, milliseconds: number, resume: () => void): Timer {
    const timer: Timer = { process, resume, at: this.now + milliseconds, order: this.#order++ };
    this.#timers.add(timer);
    return timer;
  }

  /** What waits for the timer goes on with the next steps. */
  ring(timer: Timer): void {
    if (this.#timers.delete(timer)) this.#ready.push(timer);
  }

  /**
   * Runs until `done`, calling `between` before every step; when that has set something going, it comes first. Throws when it hangs, or when
   * something is wrong.
   */
  async run(done: () => boolean, between: () => boolean): Promise<void> {
    for (;;) {
      await settled();
      if (this.#wrong !== undefined) throw new Error(this.#wrong);
      if (done()) return;
      if (++this.steps > this.#mostSteps || this.elapsed > PATIENCE)
        throw new Error(
          `The schedule hangs after ${this.steps} steps, ${this.elapsed / 1000} virtual seconds.`,
        );
      if (between()) continue;
      const chosen = this.#choose();
      if (chosen === undefined) this.#advance();
      else chosen.resume();
    }
  }

  #clock(process: Process): Clock {
    return {
      now: () => this.now,
      random: this.random,
      sleep: (milliseconds, signal) =>
        new Promise((resume) => {
          if (signal?.aborted) return resume();
          const abort = (): void => this.ring(timer);
          const timer = this.timer(process, milliseconds, () => {
            signal?.removeEventListener('abort', abort);
            resume();
          });
          signal?.addEventListener('abort', abort);
        }),
    };
  }

  /** One of the parked steps whose process can go on; those of the dead are forgotten on the way. */
  #choose(): Parked | undefined {
    const ready = this.#ready;
    while (ready.length > 0) {
      const index = this.below(ready.length);
      const chosen = ready[index]!;
      if (!chosen.process.alive) this.#take(index);
      else if (chosen.process.pausedUntil <= this.now) return this.#take(index);
      else return this.#chooseAwake();
    }
    return undefined;
  }

  #chooseAwake(): Parked | undefined {
    const awake = this.#ready.flatMap(({ process }, index) =>
      process.alive && process.pausedUntil <= this.now ? [index] : [],
    );
    return awake.length === 0 ? undefined : this.#take(awake[this.below(awake.length)]!);
  }

  #take(index: number): Parked {
    const taken = this.#ready[index]!;
    const last = this.#ready.pop()!;
    if (last !== taken) this.#ready[index] = last;
    return taken;
  }

  #advance(): void {
    let wake = Infinity;
    for (const { process } of this.#ready) if (process.alive) wake = Math.min(wake, process.pausedUntil);
    let next: Timer | undefined;
    let first = Infinity;
    for (const timer of this.#timers) {
      if (!timer.process.alive) {
        this.#timers.delete(timer);
        continue;
      }
      const at = Math.max(timer.at, timer.process.pausedUntil);
      if (at < first || (at === first && timer.order < next!.order)) [next, first] = [timer, at];
    }
    if (next === undefined || wake < first) {
      if (wake === Infinity) throw new Error('The schedule hangs: nothing is left to happen.');
      this.now = Math.max(this.now, wake);
      return;
    }
    this.#timers.delete(next);
    this.now = Math.max(this.now, first);
    next.resume();
  }
}

/** Lets everything that can go on without time or steps go on: a tick comes when no promise is left to be told. */
function settled(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve));
}
