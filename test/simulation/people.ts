import { ACTIVE_STATES, asSluiceError, SluiceError } from '@sluice/model';
import type { RunRow, SplitRow, Versioned } from '@sluice/ports';
import type { RunControl } from '../../services/coordinator/src/control.ts';
import { type Cluster, TASK, WORKSPACE } from './cluster.ts';
import type { Faults } from './faults.ts';
import type { Sabotage } from './sabotage.ts';
import type { Act } from './shape.ts';
import { call, frozen } from './sim-coordinator.ts';
import { Process } from './world.ts';

const ACTOR = 'simulation';
/** Ends of runs that people look into before somebody says that it never gets done. */
const MOST_ENDS = 12;

/** Those who start a run, disturb it as the schedule says, and see to it that it gets done. */
export class People {
  readonly #cluster: Cluster;
  readonly #faults: Faults;
  readonly #sabotage: Sabotage;
  readonly #process = new Process('people');
  #waiting: { until: () => boolean; resume: () => void }[] = [];
  /** The last run has succeeded and nobody has anything to do. */
  done = false;
  /** Ends of runs that were to be expected, by code. */
  readonly #expected = new Set<string>(['SLUICE_RUN_REPEATS']);
  /** Somebody has brought a backup back: what happened since is unknown to the store. */
  #restored = false;

  constructor(cluster: Cluster, faults: Faults, sabotage: Sabotage) {
    this.#cluster = cluster;
    this.#faults = faults;
    this.#sabotage = sabotage;
    if (cluster.shape.overLimit) this.#expected.add('SLUICE_RUN_DIRTY_LIMIT');
  }

  /** Before every step; answers whether somebody does something. */
  tick(): boolean {
    const ready = this.#waiting.filter(({ until }) => until());
    if (ready.length === 0) return false;
    this.#waiting = this.#waiting.filter((waiting) => !ready.includes(waiting));
    for (const { resume } of ready) resume();
    return true;
  }

  async live(): Promise<void> {
    await this.#start({});
    for (const act of this.#cluster.shape.acts) {
      await this.#while(this.#cluster.world.below(act === 'restore the store' ? 150 : 400));
      await this.#do(act);
    }
    await this.#getDone();
    this.done = true;
  }

  async #do(act: Act): Promise<void> {
    const { world } = this.#cluster;
    this.#faults.happened.push(act);
    switch (act) {
      case 'stop': {
        const run = this.#active();
        if (run !== undefined) await this.#ask((control) => control.stop(run.id, ACTOR));
        return this.#goOn();
      }
      case 'cancel': {
        const run = this.#active() ?? this.#last();
        if (run !== undefined) await this.#ask((control) => control.cancel(run.id, ACTOR));
        return this.#goOn();
      }
      case 'start twice':
        await Promise.all([this.#start({}), this.#start({ fresh: world.chance(0.3) })]);
        return;
      case 'start over':
        return this.#startOver();
      case 'throttle': {
        const rate = world.chance(0.3) ? {} : { rowsPerSecond: 3 + world.below(20) };
        const run = this.#active();
        if (run !== undefined) await this.#ask((control) => control.throttle(run.id, rate, ACTOR));
        return;
      }
      case 'break the source':
        this.#expected.add('SLUICE_SRC_QUERY');
        this.#cluster.source.refused = true;
        return;
      case 'restore the store':
        return this.#restoreTheStore();
    }
  }

  /** A stopped or cancelled run is left alone or not, before the same task is started over, perhaps with a zombie at work. */
  async #startOver(): Promise<void> {
    const { world } = this.#cluster;
    const run = this.#active();
    if (world.chance(0.5)) this.#faults.do('cut a worker off from the coordinators');
    if (run !== undefined)
      await this.#ask((control) =>
        world.chance(0.5) ? control.stop(run.id, ACTOR) : control.cancel(run.id, ACTOR),
      );
    await this.#rest();
    await this.#start({ fresh: true });
    if (world.chance(0.3) && run !== undefined) {
      await this.#while(world.below(100));
      await this.#ask((control) => control.resume(run.id, ACTOR));
    }
  }

  /** A backup of any moment comes back; in half of the cases what it does not know of is that splits have other readers since. */
  async #restoreTheStore(): Promise<void> {
    const { world, store } = this.#cluster;
    const zombie = world.chance(0.5);
    const taken = zombie ? await this.#splitThatIsRead(() => true) : undefined;
    if (taken !== undefined) {
      this.#cluster.worker(taken.owner!)?.leaving.abort();
      await this.#while(300, () => store.splits.rows.get(taken.id)?.owner === undefined);
    }
    const backup = store.snapshot();
    if (taken !== undefined) {
      this.#cluster.startWorker();
      const since = await this.#splitThatIsRead(
        ({ id, readerEpoch }) => id === taken.id && readerEpoch > taken.readerEpoch,
      );
      const reader = this.#cluster.worker(since?.owner ?? '');
      if (reader !== undefined) reader.cutOffUntil = world.now + 40_000;
      this.#cluster.startWorker();
    } else {
      if (world.chance(0.4)) this.#faults.do('lose everything on the bus');
      await this.#while(world.below(500));
    }
    this.#restored = true;
    this.#cluster.restore(backup);
    await this.#while(world.below(100));
    if (this.#last() === undefined) await this.#start({});
  }

  /** Waits a while for a split that somebody has published something of and is not done with. */
  async #splitThatIsRead(is: (row: SplitRow) => boolean): Promise<SplitRow | undefined> {
    const find = (): SplitRow | undefined => {
      for (const row of this.#cluster.store.splits.rows.values())
        if (
          row.owner !== undefined &&
          row.sealing !== true &&
          (row.produced ?? 0) > 0 &&
          row.readDone !== true
        )
          if (is(row)) return row;
      return undefined;
    };
    await this.#while(500, () => find() !== undefined);
    return find();
  }

  /** Sees to it that the last run succeeds: repairs what was broken on purpose, and nothing else. */
  async #getDone(): Promise<void> {
    for (let ends = 0; ends < MOST_ENDS; ends++) {
      const run = await this.#rest();
      if (run?.state === 'succeeded') return;
      if (run?.state === 'failed') {
        const code = run.error?.code ?? '';
        if (!this.#expected.has(code) && !(this.#restored && LOST.has(code)))
          return this.#cluster.world.wrong(`The run fails: ${code} ${run.error?.detail}`);
        if (code === 'SLUICE_RUN_DIRTY_LIMIT' && this.#cluster.world.chance(0.3)) {
          await this.#raiseTheLimit();
          continue;
        }
        this.#cluster.source.refused = false;
        this.#cluster.server.repaired = true;
        if (code === 'SLUICE_RUN_REPEATS') {
          const known = [...this.#cluster.store.runs.rows.values()].some(
            ({ generation }) => generation === run.error?.place,
          );
          await this.#start({ fresh: !known });
          continue;
        }
      }
      await this.#goOn();
    }
    this.#cluster.world.wrong('D-24: the task is never done, however often somebody goes on with it.');
  }

  /** Allows more dirty records; only a new generation knows of it. */
  async #raiseTheLimit(): Promise<void> {
    const { tasks } = this.#cluster.store;
    const task = (await tasks.get(TASK))!;
    const control = { ...task.document.control, dirtyLimit: 100 };
    await tasks.update(frozen({ ...task, document: { ...task.document, control } }), task.version);
    await this.#start({ fresh: true });
  }

  /** Resumes the last run, or just starts the task again. */
  async #goOn(): Promise<void> {
    const run = await this.#rest();
    if (run === undefined || run.state === 'succeeded') return;
    if (run.state !== 'cancelled' && this.#cluster.world.chance(0.5))
      await this.#ask((control) => control.resume(run.id, ACTOR));
    else await this.#start({ fresh: false });
  }

  async #start({ fresh = false }: { fresh?: boolean }): Promise<void> {
    const { world, server, store } = this.#cluster;
    // The client chooses the id, so that asking again starts nothing twice; such ids are in no order.
    const run = `${String(world.below(1e8)).padStart(8, '0')}-0000-4000-8000-000000000000`;
    if (fresh) {
      for (const { generation } of store.runs.rows.values()) server.watch.startedOver(generation);
      for (const { generation } of server.tasks.values()) server.watch.startedOver(generation);
    }
    await this.#ask((control) =>
      control.start({ workspace: WORKSPACE, task: TASK, trigger: 'test', actor: ACTOR, run, fresh }),
    );
  }

  /** Asks until somebody answers; a refusal is an answer. */
  async #ask(body: (control: RunControl) => Promise<unknown>): Promise<void> {
    const { world } = this.#cluster;
    for (;;) {
      try {
        await call(world, this.#process, this.#cluster.seats, ({ control }) =>
          body(this.#sabotage.control?.(control) ?? control),
        );
        return;
      } catch (thrown) {
        const error = asSluiceError(thrown);
        if (REFUSALS.has(error.code)) return;
        if (error.kind !== 'transient')
          return world.wrong(`An answer to people is ${error.code}: ${error.detail}`);
        await world.clockOf(this.#process).sleep(300);
      }
    }
  }

  /** Waits until no run is active; answers the last one. */
  async #rest(): Promise<Versioned<RunRow> | undefined> {
    await this.#until(() => this.#active() === undefined);
    return this.#last();
  }

  #active(): Versioned<RunRow> | undefined {
    for (const run of this.#cluster.store.runs.rows.values()) if (ACTIVE_STATES.has(run.state)) return run;
    return undefined;
  }

  #last(): Versioned<RunRow> | undefined {
    return this.#cluster.watch.last();
  }

  /** Waits while the schedule makes so many steps, or until something is so. */
  #while(steps: number, until: () => boolean = () => false): Promise<void> {
    const due = this.#cluster.world.steps + steps;
    return this.#until(() => this.#cluster.world.steps >= due || until());
  }

  #until(until: () => boolean): Promise<void> {
    return new Promise((resume) => this.#waiting.push({ until, resume }));
  }
}

/** Answers that people who come too early or too late get. */
const REFUSALS: ReadonlySet<string> = new Set([
  'SLUICE_RUN_ACTIVE',
  'SLUICE_RUN_STATE',
  'SLUICE_CFG_NOT_FOUND',
] satisfies SluiceError['code'][]);

/** How a run may end whose store was set back: the target says that it is over. */
const LOST: ReadonlySet<string> = new Set(['SLUICE_TGT_REPLACED']);
