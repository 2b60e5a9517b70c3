import type { TaskDocument } from '@sluice/model';
import { isBad } from './sim-target.ts';
import type { SourceShape } from './sim-source.ts';
import type { Ahead } from './watch-bus.ts';
import type { World } from './world.ts';

/** What people do to a run while it runs. */
export type Act =
  'stop' | 'cancel' | 'start twice' | 'start over' | 'throttle' | 'break the source' | 'restore the store';

const ACTS: readonly Act[] = [
  'stop',
  'stop',
  'cancel',
  'start twice',
  'start over',
  'start over',
  'throttle',
  'break the source',
  'restore the store',
  'restore the store',
];

/** One schedule, as far as it is decided before it begins. */
export interface Shape extends SourceShape {
  readonly document: TaskDocument;
  readonly workers: number;
  readonly coordinators: number;
  /** Faults of machines that will happen. */
  readonly faults: number;
  readonly acts: readonly Act[];
  /** Limits of reading ahead that such a small run meets; absent: those of the coordinator, which it never meets. */
  readonly ahead?: Ahead;
  /** Bad records are more than the limit allows. */
  readonly overLimit: boolean;
  /** After the end everything but the coordinators goes on until every sleeper has woken. */
  readonly aftermath: boolean;
}

/** Most schedules are a run and what machines do to it; in the others people take part. */
export function shapeOf(world: World): Shape {
  const withPeople = world.chance(0.35);
  const acts = withPeople
    ? Array.from({ length: 1 + world.below(2) }, () => ACTS[world.below(ACTS.length)]!)
    : [];
  const restores = acts.includes('restore the store');
  const rows = 4 + world.below(restores ? 60 : 24);
  const channels = 1 + world.below(2);
  const bad = Array.from({ length: rows }, (_, id) => id).filter(isBad).length;
  const overLimit = withPeople && bad > 0 && world.chance(0.25);
  // A slow run is what a backup finds in the middle.
  const rated = world.chance(restores ? 0.5 : 0.06);
  return {
    rows,
    splits: 1 + world.below(3),
    resumable: world.chance(0.8),
    batch: 1 + world.below(4),
    workers: 1 + world.below(2),
    coordinators: world.chance(0.15) ? 2 : 1,
    faults: world.below(withPeople ? 4 : 5),
    acts,
    overLimit,
    aftermath: world.chance(withPeople ? 0.4 : 0.1),
    ...(world.chance(0.25) ? { ahead: { batches: 2 + world.below(4), bytes: 300 + world.below(1500) } } : {}),
    document: {
      mode: 'full',
      reader: { dataSource: 'source', parameters: { table: 'orders' } },
      writer: { dataSource: 'target', parameters: { table: 'orders' } },
      mapStage: world.chance(0.3),
      write: { mode: 'insert', truncateFirst: world.chance(0.5) },
      control: {
        channels,
        dirtyLimit: overLimit ? world.below(bad) : 100,
        ...(rated ? { rowsPerSecond: restores ? 2 + world.below(20) : 5 + world.below(30) } : {}),
      },
    },
  };
}
