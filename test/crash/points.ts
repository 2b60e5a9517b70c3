import type { CrashPoint, FileCrashPoint } from '@sluice/connector-sdk';
import type { Role } from '../e2e/cluster.ts';

/**
 * Where commits lie around a point. `after`: it comes before anything can be committed; `before`: everything is committed when it comes.
 */
export type Commits = 'both' | 'after' | 'before';

export interface Point {
  readonly role: Role;
  readonly commits: Commits;
}

/** Points of every run; those of files are passed in file-points.test.ts. */
export type RunPoint = Exclude<CrashPoint, FileCrashPoint>;

/** Every named point; one that is added to the product without a line here does not pass the type check. */
export const POINTS: Readonly<Record<RunPoint, Point>> = {
  'reader.afterFetch': { role: 'reader', commits: 'both' },
  'reader.afterProduce': { role: 'reader', commits: 'both' },
  'mapper.afterConsume': { role: 'mapper', commits: 'both' },
  'mapper.afterProduce': { role: 'mapper', commits: 'both' },
  'writer.midPrepare': { role: 'writer', commits: 'after' },
  'writer.beforeStep': { role: 'writer', commits: 'both' },
  'writer.afterStep': { role: 'writer', commits: 'both' },
  'writer.afterFenceUpdate': { role: 'writer', commits: 'both' },
  'writer.midRows': { role: 'writer', commits: 'both' },
  'writer.beforeCommit': { role: 'writer', commits: 'both' },
  'writer.commitSent': { role: 'writer', commits: 'both' },
  'writer.afterCommit': { role: 'writer', commits: 'both' },
  'writer.afterOffset': { role: 'writer', commits: 'both' },
  'writer.beforeFinal': { role: 'writer', commits: 'both' },
  'writer.afterFinal': { role: 'writer', commits: 'before' },
  'writer.midFinish': { role: 'writer', commits: 'before' },
  'coord.afterRunInsert': { role: 'coordinator', commits: 'after' },
  'coord.afterPlan': { role: 'coordinator', commits: 'after' },
  'coord.beforeCas': { role: 'coordinator', commits: 'both' },
  'coord.afterCas': { role: 'coordinator', commits: 'both' },
  'coord.beforeSucceed': { role: 'coordinator', commits: 'before' },
};

/** Points at the end of a run: it has one stream then, so that the final of that stream is its last. */
export const AT_THE_END: ReadonlySet<CrashPoint> = new Set<CrashPoint>([
  'writer.beforeFinal',
  'writer.afterFinal',
  'writer.midFinish',
  'coord.beforeSucceed',
]);

/** Points of what only some tasks have a generation do once: write-steps.test.ts kills there. */
export const OF_STEPS: ReadonlySet<CrashPoint> = new Set<CrashPoint>([
  'writer.beforeStep',
  'writer.afterStep',
]);

/** Points that are passed when somebody asks for something. */
export const ASKED: ReadonlySet<CrashPoint> = new Set<CrashPoint>(['coord.beforeCas', 'coord.afterCas']);
