import { type Counts, EPOCH_FENCED, type StreamProgress, type WritePlan } from '@sluice/model';
import type { Changes, SimServer } from './sim-target.ts';
import type { World } from './world.ts';

/** Sees every commit of the target before it is done, and knows what the rules say about it. */
export class TargetWatch {
  readonly #world: World;
  /** Plans by generation, from when they are prepared. */
  readonly #plans = new Map<string, WritePlan>();
  readonly #cancelled = new Set<string>();
  readonly #over = new Set<string>();

  constructor(world: World) {
    this.#world = world;
  }

  /** A generation's rows are inserted. */
  planned(plan: WritePlan): void {
    this.#plans.set(plan.generation, plan);
  }

  /** A run is reported as cancelled: nothing of its generation may change any more (D-23). */
  cancelled(generation: string): void {
    this.#cancelled.add(generation);
  }

  /** Whether somebody has said that what the generation has appended may be appended again. */
  isGivenUp(generation: string): boolean {
    return this.#over.has(generation) || this.#cancelled.has(generation);
  }

  /** Somebody has said that a new generation may repeat what this one has written (D-24). */
  startedOver(generation: string): void {
    this.#over.add(generation);
  }

  committing(server: SimServer, changes: Changes): void {
    for (const task of changes.tasks.values()) {
      const before = server.tasks.get(task.task);
      if (before?.phase === 'prepared' && before.generation !== task.generation && task.phase === 'prepared')
        this.#replaced(server, before.generation);
    }
    if (changes.truncated !== undefined) this.#owned(server, changes, changes.truncated, 'empties the table');
    const written = new Map<string, number>();
    for (const [key, row] of changes.streams) {
      const [, generation] = key.split(' ') as [string, string, string];
      const before = server.streams.get(key);
      if (before !== undefined) this.#upwards(key, before, row);
      else if (row.seq > 0) this.#wrong('D-9', `A batch makes the row ${key}.`);
      if (row.seq === (before?.seq ?? 0)) continue;
      this.#owned(server, changes, generation, `moves split ${row.split}`);
      if (before !== undefined) this.#fences(row, before);
      written.set(
        generation,
        (written.get(generation) ?? 0) + row.counts.written - (before?.counts.written ?? 0),
      );
      this.#limit(server, changes, generation);
    }
    this.#together(changes, written);
  }

  /** D-24: what a generation has appended is not doubled by another one, unless somebody said so. */
  #replaced(server: SimServer, generation: string): void {
    const plan = this.#plans.get(generation);
    if (plan === undefined || plan.truncateFirst || this.#over.has(generation)) return;
    if (server.rows.some((row) => row.generation === generation))
      this.#wrong(
        'D-24',
        `Generation ${generation} is replaced, and what it has appended is appended again.`,
      );
  }

  /** D-9, D-13, D-23: only the present generation, prepared and not cancelled, changes anything. */
  #owned(server: SimServer, changes: Changes, generation: string, what: string): void {
    for (const [task, { phase, generation: present }] of new Map([...server.tasks, ...changes.tasks]))
      if (present !== generation || phase === 'cancelled')
        this.#wrong(
          phase === 'cancelled' ? 'D-23' : 'D-13',
          `Generation ${generation} ${what}; the target of ${task} is ${phase} for ${present}.`,
        );
    if (this.#cancelled.has(generation))
      this.#wrong('D-23', `Generation ${generation} ${what} after it was reported as cancelled.`);
  }

  /** D-1a. */
  #upwards(key: string, before: StreamProgress, row: StreamProgress): void {
    if (row.readerEpoch < before.readerEpoch || row.writerEpoch < before.writerEpoch)
      this.#wrong('D-1a', `An epoch of ${key} is lowered.`);
    if (row.seq < before.seq || (before.final && !row.final))
      this.#wrong('D-14', `${key} goes back from ${before.seq} to ${row.seq}.`);
  }

  /** D-13: whoever moves a row is the one that the row names. */
  #fences(row: StreamProgress, before: StreamProgress): void {
    if (before.writerEpoch === EPOCH_FENCED || row.writerEpoch !== before.writerEpoch)
      this.#wrong('D-13', `Split ${row.split} is moved by a writer that is fenced.`);
  }

  /** D-10, D-14: the rows of a transaction are the rows that its progress counts. */
  #together(changes: Changes, written: ReadonlyMap<string, number>): void {
    const rows = new Map<string, number>();
    for (const { generation } of changes.rows) rows.set(generation, (rows.get(generation) ?? 0) + 1);
    for (const generation of new Set([...rows.keys(), ...written.keys()]))
      if ((rows.get(generation) ?? 0) !== (written.get(generation) ?? 0))
        this.#wrong(
          'D-10',
          `${rows.get(generation) ?? 0} rows are committed with progress over ${written.get(generation) ?? 0}.`,
        );
  }

  /** D-17: never more dirty records than the limit, not even for a moment. */
  #limit(server: SimServer, changes: Changes, generation: string): void {
    const limit = this.#plans.get(generation)?.dirtyLimit ?? -1;
    if (limit < 0) return;
    const rows = new Map<string, { readonly counts: Counts }>([...server.streams, ...changes.streams]);
    let dirty = 0;
    for (const [key, { counts }] of rows) if (key.includes(` ${generation} `)) dirty += counts.dirty;
    if (dirty > limit) this.#wrong('D-17', `${dirty} dirty records are committed, ${limit} are allowed.`);
  }

  #wrong(rule: string, what: string): void {
    this.#world.wrong(`${rule}: ${what}`);
  }
}
