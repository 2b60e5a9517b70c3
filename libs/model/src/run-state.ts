/** Observed state of a run (D-20). */
export type RunState =
  | 'created'
  | 'queued'
  | 'running'
  | 'retrying'
  | 'stopping'
  | 'stopped'
  | 'cancelling'
  | 'cancelled'
  | 'succeeded'
  | 'failed'
  | 'needs-resync';

/** What the user wants of a run (D-20). */
export type DesiredState = 'run' | 'stop' | 'cancel';

/**
 *   created -> queued -> running <-> retrying      running -> succeeded | failed | needs-resync
 *                          |  \-> stopping -> stopped -> queued (resume)
 *                          \----> cancelling -> cancelled
 */
export const RUN_TRANSITIONS: Readonly<Record<RunState, readonly RunState[]>> = {
  created: ['queued', 'stopped', 'cancelled', 'failed'],
  queued: ['running', 'stopped', 'cancelling', 'cancelled', 'failed'],
  running: ['retrying', 'stopping', 'cancelling', 'succeeded', 'failed', 'needs-resync'],
  retrying: ['running', 'stopping', 'cancelling', 'failed', 'needs-resync'],
  stopping: ['stopped', 'cancelling', 'succeeded', 'failed'],
  stopped: ['queued', 'cancelling', 'cancelled'],
  cancelling: ['cancelled'],
  cancelled: [],
  succeeded: [],
  failed: ['queued', 'cancelling', 'cancelled'],
  'needs-resync': ['cancelling', 'cancelled'],
};

/** States in which a run holds its task: a second start is a conflict (D-24). */
export const ACTIVE_STATES: ReadonlySet<RunState> = new Set<RunState>([
  'created',
  'queued',
  'running',
  'retrying',
  'stopping',
  'cancelling',
]);

/** States that no transition leaves but by an explicit resume or cancel. */
export const RESTING_STATES: ReadonlySet<RunState> = new Set<RunState>([
  'stopped',
  'cancelled',
  'succeeded',
  'failed',
  'needs-resync',
]);

export function mayBecome(from: RunState, to: RunState): boolean {
  return RUN_TRANSITIONS[from].includes(to);
}

export type Stage = 'read' | 'map' | 'write';
export type RunTrigger = 'manual' | 'test' | 'schedule' | 'backfill' | 'api';
