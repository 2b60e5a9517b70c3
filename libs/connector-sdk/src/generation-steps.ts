import { SluiceError, type WritePlan } from '@sluice/model';
import { crashPoint } from './crash-point.ts';
import type { GenerationWork, TargetSession, TaskRow } from './target.ts';

/** Something that a generation does once in its target, in order. */
export interface Step {
  /** May be repeated when it has died in the middle, where the target commits parts of it by itself. */
  run(): Promise<void>;
}

/**
 * Runs the steps of a phase, those that the task row does not count as done yet, each with its count in one transaction where the target
 * has such (D-9, D-25). Each looks at the task row again: a cancelled or replaced generation does nothing any more (D-23). Inside
 * `exclusively`.
 */
export async function runSteps(
  session: TargetSession,
  plan: WritePlan,
  phase: TaskRow['phase'],
  steps: readonly Step[],
): Promise<void> {
  for (const [index, step] of steps.entries())
    await workOf(session, plan).step(async () => {
      const row = await session.progress.lockTask(plan.task);
      if (row.generation !== plan.generation || row.phase !== phase) throw replaced(row, plan);
      if ((row.steps ?? 0) > index) return;
      crashPoint('writer.beforeStep');
      await step.run();
      await session.progress.saveTask({ ...row, steps: index + 1 });
      crashPoint('writer.afterStep');
    });
}

/**
 * The steps that run the plan's own statements of one place: those that the target does not commit by itself are one step together, so
 * that what a temporary table holds is never needed by a session that has not made it.
 */
export function statementSteps(session: TargetSession, plan: WritePlan, place: 'preSql' | 'postSql'): Step[] {
  const texts = plan[place] ?? [];
  if (texts.length === 0) return [];
  const groups: { commits: boolean; runs: (() => Promise<void>)[] }[] = [];
  let temporary = false;
  for (const [index, statement] of workOf(session, plan)
    .statements(plan, texts, `/write/${place}`)
    .entries()) {
    const at = `/write/${place}/${index}`;
    const { commits, isOfSession, run } = statement;
    if (commits && temporary)
      throw new SluiceError('SLUICE_CFG_INVALID', {
        detail: 'This target commits the statement by itself, behind one that makes a temporary table.',
        place: at,
        hint: 'Put it before the temporary table, or write delete instead of truncate.',
      });
    temporary ||= isOfSession;
    const last = groups.at(-1);
    const placed = (): Promise<void> =>
      run().catch((error: unknown) => {
        throw asStatementError(error, at);
      });
    if (last === undefined || commits || last.commits) groups.push({ commits, runs: [placed] });
    else last.runs.push(placed);
  }
  return groups.map(({ runs }) => ({
    run: async () => {
      for (const run of runs) await run();
    },
  }));
}

/** Throws SLUICE_CFG_INVALID for a target that does no such thing. */
export function workOf({ work }: TargetSession, { mode }: WritePlan): GenerationWork {
  if (work !== undefined) return work;
  throw new SluiceError('SLUICE_CFG_INVALID', {
    detail: 'The target takes no statements and cannot be overwritten.',
    place: mode === 'overwrite' ? '/write/mode' : '/write',
  });
}

/** A statement of the task is a matter of its configuration, whatever the server says of it; unless it was interrupted. */
function asStatementError(error: unknown, place: string): unknown {
  if (!(error instanceof SluiceError) || error.kind === 'transient' || error.kind === 'bug') return error;
  return new SluiceError('SLUICE_TGT_STATEMENT', {
    detail: `${error.detail} (${error.code})`,
    place,
    cause: error,
  });
}

export function replaced(row: TaskRow, plan: WritePlan): SluiceError {
  return new SluiceError(
    'SLUICE_TGT_REPLACED',
    row.generation === plan.generation
      ? 'The run was cancelled in the target.'
      : 'A newer run of the task is in the target.',
  );
}
