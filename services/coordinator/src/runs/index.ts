import type { Coordination } from '@sluice/ports';
import type { Errands, RunControl } from '../control.ts';
import { runsContext, type RunsDependencies } from './context.ts';
import { StoredRunControl } from './control.ts';
import { StoredCoordination } from './coordination.ts';
import { Driver } from './driver.ts';
import { StoredErrands } from './errands.ts';
import { Orders } from './orders.ts';
import { Reports } from './reports.ts';
import { Workers } from './workers.ts';

export type { RunsDependencies } from './context.ts';

export interface Runs {
  readonly control: RunControl;
  readonly coordination: Coordination;
  readonly errands: Errands;
  /** Milliseconds that a silent worker counts as alive. */
  readonly leaseMs: number;
  /** Drives runs until the signal aborts. */
  run(signal: AbortSignal): Promise<void>;
}

/** Everything that decides about runs, over one store. */
export function createRuns(dependencies: RunsDependencies): Runs {
  const context = runsContext(dependencies);
  const workers = new Workers(context);
  const errands = new StoredErrands(context, workers);
  const reports = new Reports(context, errands);
  const orders = new Orders(context, errands, reports, workers);
  const driver = new Driver(context, errands, reports, workers);
  return {
    control: new StoredRunControl(context, errands),
    coordination: new StoredCoordination(context, workers, reports, orders),
    errands,
    leaseMs: workers.leaseMs,
    run: (signal) => driver.run(signal),
  };
}
