import type { ReplayedRecord } from '@sluice/connector-sdk';
import { ACTIVE_STATES, type DirtyKey, SluiceError, type WriteMode, type WritePlan } from '@sluice/model';
import type { DirtyRow, ErrandRequest, ReplayLine, RunRow, Versioned } from '@sluice/ports';
import type { Errands, ReplayRequest } from '../control.ts';
import { change, everything, log, type RunsContext, timeOf } from './context.ts';
import { dataSource } from './data-source.ts';
import { groupOf } from './groups.ts';
import { mappingOf } from './mapping.ts';
import { describeEnds } from './planning.ts';

/** Records of one errand, which is one transaction of the target. */
const CHUNK = 200;
const CHUNK_MS = 60_000;
const PATIENCE_MS = 3_000;

/** What a replay did, and where the next one goes on. */
export interface Replay {
  readonly line: ReplayLine;
  readonly nextCursor?: string;
}

/**
 * Replays dirty records of a run that has succeeded (D-31). The target says which ones are still dirty: it takes them out in the
 * transaction that writes them. So this may die anywhere and be asked for again, and two may go on at once.
 */
export async function replayDirtyRecords(
  context: RunsContext,
  errands: Errands,
  { run: id, actor, limit, cursor, matches }: ReplayRequest,
): Promise<Replay> {
  const run = await replayable(context, id);
  const request = await requestOf(context, errands, run);
  const options = {
    stage: 'write',
    group: groupOf(run, 'write'),
    timeoutMs: CHUNK_MS,
    patienceMs: PATIENCE_MS,
  } as const;
  const counts = { read: 0, written: 0, filtered: 0, recovered: 0, dirty: 0 };
  let next = cursor;
  do {
    const size = Math.min(CHUNK, limit - counts.read);
    const page = await context.store.dirty.list({
      parent: id,
      limit: size,
      ...(next === undefined ? {} : { cursor: next }),
    });
    next = page.nextCursor;
    const rows = page.items.filter((row) => row.state !== 'replayed' && matches(row));
    if (rows.length === 0) continue;
    const byKey = new Map(rows.map((row) => [JSON.stringify(keyOf(row)), row]));
    const keys = rows.map(keyOf);
    const done = await errands.ask<readonly ReplayedRecord[]>({ ...request, keys }, options);
    for (const one of done) {
      const { split, epoch, seq, index } = one.key;
      const row = byKey.get(JSON.stringify({ split, epoch, seq, index }));
      if (row !== undefined && (await keep(context, row, one))) {
        counts.read++;
        counts[one.outcome === 'gone' ? 'recovered' : one.outcome]++;
      }
    }
  } while (next !== undefined && counts.read < limit);
  const line: ReplayLine = { at: timeOf(context), actor, ...counts };
  if (counts.read > 0) {
    await change(context.store.runs, id, (row) => ({ ...row, replays: [...(row.replays ?? []), line] }));
    const { read, written, filtered, recovered, dirty } = counts;
    const what = `${read} dirty records = ${written} written + ${filtered} filtered + ${recovered} written before + ${dirty} still dirty`;
    await log(context, id, 'info', `Replayed ${what}, by ${actor}.`, { stage: 'write' });
  }
  return next === undefined ? { line } : { line, nextCursor: next };
}

/** Throws SLUICE_RUN_STATE for a run that is not through, SLUICE_RUN_ACTIVE while its task has an active one. */
async function replayable(context: RunsContext, id: string): Promise<Versioned<RunRow>> {
  const run = (await context.store.runs.get(id))!;
  if (run.state !== 'succeeded' || run.plan === undefined)
    throw new SluiceError('SLUICE_RUN_STATE', {
      detail: `The run is ${run.state}; dirty records are replayed when it has succeeded.`,
      place: id,
      hint: 'Resume the run: what it has not committed is read again.',
    });
  const runs = await everything(context.store.runs, { parent: run.parent });
  const active = runs.find(({ state }) => ACTIVE_STATES.has(state));
  if (active !== undefined)
    throw new SluiceError('SLUICE_RUN_ACTIVE', {
      detail: `Run ${active.id} is ${active.state}.`,
      place: active.id,
    });
  return run;
}

type Wanted = Omit<Extract<ErrandRequest, { kind: 'replay' }>, 'keys'>;

/** Mapping and filter are those of the task as it is now, all else is the run's own. */
async function requestOf(context: RunsContext, errands: Errands, run: Versioned<RunRow>): Promise<Wanted> {
  const { read, write, mapped } = run.plan!;
  const { writer } = run.document;
  const { id } = await dataSource(context.store, run.workspace, writer.dataSource);
  const plan = { ...write, mode: modeAfter(write.mode), dirtyLimit: -1 } satisfies WritePlan;
  const wanted: Wanted = {
    kind: 'replay',
    dataSource: id,
    parameters: writer.parameters,
    plan,
    source: read.schema,
  };
  if (!mapped) return wanted;
  const task = await context.store.tasks.get(run.parent);
  const { mapping: _, filter: __, transformers: ___, parameters: ____, ...rest } = run.document;
  const { mapping, filter, transformers, parameters } = task?.document ?? run.document;
  const document = {
    ...rest,
    ...(mapping === undefined ? {} : { mapping }),
    ...(filter === undefined ? {} : { filter }),
    ...(transformers === undefined ? {} : { transformers }),
    ...(parameters === undefined ? {} : { parameters }),
  };
  const ends = await describeEnds(context, errands, run.workspace, document);
  const plan2 = await mappingOf(context, { ...run, document }, { ...ends, source: read.schema });
  const names = plan2.mapping.secrets;
  const secrets = names === undefined ? {} : { secrets: { workspace: run.workspace, names } };
  return { ...wanted, mapping: plan2.mapping, ...secrets };
}

/** A table that was overwritten has been swapped in: later rows are inserted into it. */
function modeAfter(mode: WriteMode): WriteMode {
  return mode === 'overwrite' ? 'insert' : mode;
}

/** Keeps what became of one record; false: somebody else has kept that it is replayed. */
async function keep(
  context: RunsContext,
  { id }: DirtyRow,
  { outcome, dirty }: ReplayedRecord,
): Promise<boolean> {
  let isNews = false;
  await change(context.store.dirty, id, ({ column: _, ...row }): DirtyRow | undefined => {
    isNews = row.state !== 'replayed';
    if (!isNews) return undefined;
    const replayedAt = timeOf(context);
    if (outcome !== 'dirty')
      return { ...row, ...(_ === undefined ? {} : { column: _ }), state: 'replayed', replayedAt };
    const { code, column, reason, record } = dirty!;
    return { ...row, code, ...(column === undefined ? {} : { column }), reason, record, replayedAt };
  });
  return isNews;
}

/** Rows that an older version has stored have epoch and seq in their id only. */
function keyOf({ id, split, index }: DirtyRow): DirtyKey {
  const [epoch, seq] = id.split(':').slice(-3, -1).map(Number) as [number, number];
  return { split, epoch, seq, index };
}
