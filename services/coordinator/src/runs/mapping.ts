import { effectiveParameters, type MappingPlan, type ParameterValues, planMapping } from '@sluice/mapping';
import { type ErrorCode, SluiceError, type TaskDocument } from '@sluice/model';
import { everything, type RunsContext } from './context.ts';
import type { Ends } from './planning.ts';

/** What of a run its mapping depends on. */
export interface MappedRun {
  readonly id: string;
  readonly workspace: string;
  readonly document: TaskDocument;
  /** Milliseconds since 1970; `runTime()` of expressions. */
  readonly createdAt: number;
  /** Given at the start. */
  readonly parameters?: ParameterValues;
}

/**
 * The mapping of a run against its real ends. Throws SLUICE_MAP_IMPOSSIBLE, or the code that all its problems share, with the fields,
 * before anything runs; SLUICE_CFG_INVALID for parameters.
 */
export async function mappingOf(context: RunsContext, run: MappedRun, ends: Ends): Promise<MappingPlan> {
  const { document } = run;
  const secrets = await secretNames(context, run);
  const plan = planMapping(document, ends.source, ends.target, {
    run: { id: run.id, startedAt: Math.floor(run.createdAt) * 1000 },
    parameters: effectiveParameters(document.parameters, run.parameters),
    hasSecret: (name) => secrets.has(name),
  });
  if (plan.problems.length > 0)
    throw new SluiceError(sharedCode(plan.problems.map(({ code }) => code)), {
      detail: plan.problems.map(({ detail }) => detail).join(' '),
      fields: plan.problems,
    });
  return plan;
}

/** What a mapping is refused for when it is one thing only; else that it is impossible. */
function sharedCode(codes: readonly ErrorCode[]): ErrorCode {
  const [first] = codes;
  return first!.startsWith('SLUICE_MAP_') && codes.every((code) => code === first)
    ? first!
    : 'SLUICE_MAP_IMPOSSIBLE';
}

/** The store is asked only by mappings that speak of secrets. */
async function secretNames(context: RunsContext, { workspace, document }: MappedRun): Promise<Set<string>> {
  if (!JSON.stringify([document.mapping, document.filter]).includes('secret')) return new Set();
  const rows = await everything(context.store.secrets, { workspace });
  return new Set(rows.map(({ name }) => name));
}
