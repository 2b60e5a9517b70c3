import { ACTIVE_STATES, balances, mayBecome, type RunState } from '@sluice/model';
import type { RunRow, SplitRow, Versioned } from '@sluice/ports';
import type { SimStore, Snapshot } from './sim-store.ts';
import type { SimServer } from './sim-target.ts';
import type { World } from './world.ts';

/** A worker whose renewals were never further apart than this has its splits for good reason (milliseconds). */
const LEASE = 10_000;
/** One that was not heard of for longer may be thought dead by whoever looked just then. */
const LOOK = 2000;

/** Sees every write of the store that is done, and knows what the rules say about it. */
export class StoreWatch {
  readonly #world: World;
  readonly #store: SimStore;
  readonly #server: SimServer;
  /** States that each run came into, in order. */
  #moves = new Map<string, RunState[]>();
  /** Runs in the order in which they were made or changed their state. */
  readonly #order: string[] = [];
  /** When a worker was first heard of, or again after a long silence. */
  readonly #backSince = new Map<string, number>();
  /** Rates that each run has had, in order. */
  readonly #rates = new Map<string, (number | undefined)[]>();

  constructor(world: World, store: SimStore, server: SimServer) {
    this.#world = world;
    this.#store = store;
    this.#server = server;
    store.runs.seen = (before, after) => this.#run(before, after);
    store.workers.seen = (before, after) => {
      if (before === undefined || after.renewedAt - before.renewedAt > LEASE)
        this.#backSince.set(after.id, world.now);
    };
    store.splits.seen = (before, after) => this.#split(before, after);
  }

  /** Brings a backup back; what has been seen since never was. */
  restore(snapshot: Snapshot): void {
    this.#store.restore(snapshot);
    this.#moves = new Map();
    for (const run of this.#store.runs.rows.values()) {
      this.#moves.set(run.id, this.#told(run));
      this.#rated(run);
    }
  }

  /** The run that was made or moved last, of those that are there. */
  last(): Versioned<RunRow> | undefined {
    const { rows } = this.#store.runs;
    const id = this.#order.findLast((run) => rows.has(run));
    return id === undefined ? undefined : rows.get(id);
  }

  /** How many rates the run has had by now, for `isRate`. */
  rates(): ReadonlyMap<string, number> {
    return new Map([...this.#rates].map(([run, rates]) => [run, rates.length]));
  }

  /** D-19: the rate is one that the run has had since then. */
  isRate(run: string, perSecond: number | undefined, since: ReadonlyMap<string, number>): void {
    const rates = (this.#rates.get(run) ?? []).slice(Math.max(0, (since.get(run) ?? 0) - 1));
    if (!rates.includes(perSecond))
      this.#world.wrong(`D-19: readers are told ${perSecond} records a second, the run has ${rates.at(-1)}.`);
  }

  /** D-20: every change of state has left its event. */
  everyMoveIsTold(): void {
    for (const run of this.#store.runs.rows.values()) {
      const moves = [...(this.#moves.get(run.id) ?? [])].sort().join();
      const told = this.#told(run).sort().join();
      if (moves !== told) this.#world.wrong(`D-20: run ${run.id} became ${moves}; its events say ${told}.`);
    }
  }

  /** What the run's events say, and the one that is kept in the row until it is written. */
  #told(run: RunRow): RunState[] {
    const events = [...this.#store.events.rows.values()].filter((event) => event.parent === run.id);
    const kept = run.event;
    const told = events.map((event) => event.what as RunState);
    return kept === undefined || events.some((event) => event.id === kept.id)
      ? told
      : [...told, kept.what as RunState];
  }

  #run(before: Versioned<RunRow> | undefined, after: Versioned<RunRow>): void {
    if (before === undefined || before.rowsPerSecond !== after.rowsPerSecond) this.#rated(after);
    if (before?.plan !== undefined && (after.plan === undefined || after.generation !== before.generation))
      this.#wrong('D-1', `The plan or generation of run ${after.id} is changed.`);
    if (before?.state === after.state) return;
    this.#order.push(after.id);
    if (ACTIVE_STATES.has(after.state)) this.#onlyOne(after);
    if (before === undefined) return;
    if (!mayBecome(before.state, after.state))
      this.#wrong('D-20', `Run ${after.id} was ${before.state} and is ${after.state}.`);
    this.#moves.set(after.id, [...(this.#moves.get(after.id) ?? []), after.state]);
    if (after.state === 'cancelled') this.#server.watch.cancelled(after.generation);
    if (after.state === 'succeeded') this.#complete(after);
  }

  /** D-24. */
  #onlyOne(run: RunRow): void {
    for (const other of this.#store.runs.rows.values())
      if (other.id !== run.id && other.parent === run.parent && ACTIVE_STATES.has(other.state))
        this.#wrong('D-24', `Run ${run.id} is ${run.state} while ${other.id} is ${other.state}.`);
  }

  /** D-22. */
  #complete({ id, parent, generation, plan }: RunRow): void {
    for (const { split } of plan?.read.splits.map(({ ordinal }) => ({ split: ordinal })) ?? []) {
      const row = this.#server.streams.get(`${parent} ${generation} ${split}`);
      if (row?.final !== true || !balances(row.counts))
        this.#wrong('D-22', `Run ${id} has succeeded; split ${split} is at ${row?.seq} and not final.`);
    }
  }

  #split(before: Versioned<SplitRow> | undefined, after: Versioned<SplitRow>): void {
    if (before === undefined) return;
    if (after.readerEpoch < before.readerEpoch) this.#wrong('D-1a', `The epoch of ${after.id} is lowered.`);
    if (before.owner === undefined || before.owner === after.owner || before.state === 'final') return;
    const run = [...this.#store.runs.rows.values()].find((row) => row.generation === after.parent);
    const owner = [...this.#store.workers.rows.values()].find(({ id }) => id === before.owner);
    if (run?.state !== 'running' || owner?.state !== 'alive') return;
    if (this.#world.now - owner.renewedAt > LEASE) return;
    if (this.#world.now - (this.#backSince.get(owner.id) ?? 0) > LOOK)
      this.#wrong('D-5', `Split ${after.id} is taken from ${before.owner}, who reads it.`);
  }

  #rated({ id, rowsPerSecond }: RunRow): void {
    this.#rates.set(id, [...(this.#rates.get(id) ?? []), rowsPerSecond]);
  }

  #wrong(rule: string, what: string): void {
    this.#world.wrong(`${rule}: ${what}`);
  }
}
