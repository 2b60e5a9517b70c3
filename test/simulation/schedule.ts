import { Cluster } from './cluster.ts';
import { Faults } from './faults.ts';
import { finalProblem } from './final-state.ts';
import { People } from './people.ts';
import type { Sabotage } from './sabotage.ts';
import { shapeOf } from './shape.ts';
import { World } from './world.ts';

export interface Outcome {
  readonly seed: number;
  readonly problem?: string;
  /** What machines and people did, in order. */
  readonly happened: readonly string[];
  readonly state?: string;
  readonly healing: Readonly<Record<string, number>>;
  readonly steps: number;
  /** The run log. */
  readonly log: readonly string[];
}

/** Everything that sleeps or is cut off is back after this long (virtual milliseconds). */
const AFTERMATH = 75_000;

/** One schedule: a task from its start to its end through what the seed chooses; says what is wrong, if anything. */
export async function playSchedule(
  seed: number,
  sabotage: Sabotage = {},
  mostSteps?: number,
): Promise<Outcome> {
  // Thousands of errors belong to every minute of this: their stacks would be half of the work.
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    // A schedule never leaves the queue of promises: whoever else lives in this process has a turn before each.
    await new Promise((resolve) => setImmediate(resolve));
    return await play(seed, sabotage, mostSteps);
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

async function play(seed: number, sabotage: Sabotage, mostSteps?: number): Promise<Outcome> {
  const world = new World(seed, mostSteps);
  const cluster = new Cluster(world, shapeOf(world), sabotage);
  const faults = new Faults(cluster);
  const people = new People(cluster, faults, sabotage);
  const between = (): boolean => {
    faults.tick();
    return people.tick();
  };
  let problem: string | undefined;
  try {
    await cluster.fill();
    people.live().catch((error: unknown) => world.wrong(String(error)));
    await world.run(() => people.done, between);
    cluster.watch.everyMoveIsTold();
    if (cluster.shape.aftermath) {
      faults.end();
      cluster.killCoordinators();
      const end = world.now + AFTERMATH;
      await world.run(() => world.now >= end, between);
    }
    await world.run(() => true, between);
    problem = finalProblem(cluster);
  } catch (error) {
    problem = error instanceof Error ? error.message : String(error);
  }
  const run = [...cluster.store.runs.rows.values()].at(-1);
  return {
    seed,
    happened: faults.happened,
    healing: run?.healing ?? {},
    steps: world.steps,
    log: cluster.store.lines,
    ...(problem === undefined ? {} : { problem }),
    ...(run === undefined ? {} : { state: run.state }),
  };
}
