import { isDeepStrictEqual } from 'node:util';
import { crashPoint } from '@sluice/connector-sdk';
import { effectiveParameters, mappedSchema } from '@sluice/mapping';
import {
  ACTIVE_STATES,
  asSluiceError,
  RESTING_STATES,
  type RunState,
  SluiceError,
  type TaskDocument,
} from '@sluice/model';
import type { RunRow, SplitRow, Versioned } from '@sluice/ports';
import type { DryRun, Errands, ReplayRequest, RunControl, TargetTable } from '../control.ts';
import {
  change,
  everything,
  log,
  newId,
  type RunsContext,
  timeOf,
  traceIdOf,
  transition,
} from './context.ts';
import { type MappedRun, mappingOf } from './mapping.ts';
import { type Replay, replayDirtyRecords } from './dirty-replay.ts';
import { dataSource } from './data-source.ts';
import { groupsOf } from './groups.ts';
import { describeEnds, type Ends, keyedSchema } from './planning.ts';
import { readerSources } from './reader-sources.ts';
import { splitsOf } from './splits.ts';

/** States that cannot be resumed. */
const OVER: ReadonlySet<RunState> = new Set<RunState>(['succeeded', 'cancelled', 'needs-resync']);

type StartRequest = Parameters<RunControl['start']>[0];
type DryRunRequest = Parameters<RunControl['dryRun']>[0];

/** Finding where the splits of a large table begin may take a while. */
const DRY_RUN_MS = 60_000;
const CREATE_TABLE_MS = 15_000;
/** Somebody waits: that nobody of a resource group is alive is said soon. */
const WHILE_WAITED = { timeoutMs: 15_000, patienceMs: 3_000 };

/** What people and the API do to runs. */
export class StoredRunControl implements RunControl {
  readonly #context: RunsContext;
  readonly #errands: Errands;

  constructor(context: RunsContext, errands: Errands) {
    this.#context = context;
    this.#errands = errands;
  }

  async start(request: StartRequest): Promise<Versioned<RunRow>> {
    const { store } = this.#context;
    const task = await store.tasks.get(request.task);
    if (task === undefined || task.workspace !== request.workspace)
      throw new SluiceError('SLUICE_CFG_NOT_FOUND', `No task ${request.task}.`);
    if (request.run !== undefined) {
      const known = await store.runs.get(request.run);
      if (known !== undefined && known.parent !== task.id)
        throw new SluiceError('SLUICE_CFG_CONFLICT', {
          detail: 'The run id that was given is taken.',
          place: '/runId',
          hint: 'Give a new random UUID for each run, or none.',
        });
      if (known !== undefined) return known;
    }
    const earlier = await this.#unlessActive(task.id);
    const last = earlier.at(-1);
    const unfinished = request.fresh === true ? undefined : await this.#unfinished(earlier);
    if (unfinished !== undefined) {
      refuseOtherParameters(unfinished, request);
      await this.#giveUpBetween(unfinished, earlier, request.actor);
      return this.resume(unfinished.id, request.actor);
    }
    effectiveParameters(task.document.parameters, request.parameters);
    const generation = newId(this.#context, last?.generation);
    // What a run was allowed that never came to anything holds for the one after it.
    const given = last === undefined || OVER.has(last.state) ? undefined : last.repeats;
    const repeats = request.fresh === true ? generation : given;
    const { rowsPerSecond, bytesPerSecond } = task.document.control ?? {};
    const row: RunRow = {
      id: request.run ?? newId(this.#context),
      workspace: task.workspace,
      parent: task.id,
      state: 'created',
      desired: 'run',
      trigger: request.trigger,
      actor: request.actor,
      document: task.document,
      ...(request.parameters === undefined ? {} : { parameters: request.parameters }),
      generation,
      createdAt: timeOf(this.#context),
      traceId: request.traceId ?? traceIdOf(this.#context),
      ...(repeats === undefined ? {} : { repeats }),
      ...(rowsPerSecond === undefined ? {} : { rowsPerSecond }),
      ...(bytesPerSecond === undefined ? {} : { bytesPerSecond }),
    };
    const run = await this.#onlyActive(row, () => store.runs.insert(row)).catch(async (error: unknown) => {
      // The same call, repeated before the first one has ended.
      const same = request.run === undefined ? undefined : await store.runs.get(request.run);
      if (same?.parent === task.id) return same;
      throw error;
    });
    crashPoint('coord.afterRunInsert');
    this.#context.wake();
    return run;
  }

  stop(run: string, actor: string): Promise<Versioned<RunRow>> {
    return this.#want(run, 'stop', actor, (state) => {
      if (state === 'cancelled') return state;
      return state === 'created' || state === 'queued' ? 'stopped' : 'stopping';
    });
  }

  cancel(run: string, actor: string): Promise<Versioned<RunRow>> {
    return this.#want(run, 'cancel', actor, (state) =>
      state === 'created' || state === 'cancelled' ? 'cancelled' : 'cancelling',
    );
  }

  async resume(run: string, actor: string): Promise<Versioned<RunRow>> {
    const row = await this.#get(run);
    if (row.state !== 'stopped' && row.state !== 'failed')
      throw new SluiceError('SLUICE_RUN_STATE', {
        detail: `The run is ${row.state}; only a stopped or failed run can be resumed.`,
        place: run,
      });
    const runs = await this.#unlessActive(row.parent);
    const newer = runs.find((run) => run.generation > row.generation && mayBegin(run));
    if (newer !== undefined)
      throw new SluiceError('SLUICE_RUN_STATE', {
        detail: `Run ${newer.id} has begun since; the target is no longer this run's.`,
        place: run,
      });
    for (const split of await splitsOf(this.#context, row.generation))
      await change(this.#context.store.splits, split.id, ({ owner: _, sealing: __, ...rest }) => rest);
    await change(this.#context.store.runs, run, ({ error: _, endedAt: __, ...rest }): RunRow => ({
      ...rest,
      desired: 'run',
      retries: 0,
      attempt: (rest.attempt ?? 0) + 1,
    }));
    return this.#onlyActive(row, () => transition(this.#context, run, 'queued', 'resumed', actor));
  }

  async throttle(
    run: string,
    rate: Parameters<RunControl['throttle']>[1],
    actor: string,
  ): Promise<Versioned<RunRow>> {
    await this.#get(run);
    const row = await change(
      this.#context.store.runs,
      run,
      ({ rowsPerSecond: _, bytesPerSecond: __, ...rest }) => ({ ...rest, ...rate }),
    );
    await log(this.#context, run, 'info', `Throttle is now ${JSON.stringify(rate)}, set by ${actor}.`);
    this.#context.wake();
    return row!;
  }

  async validate(workspace: string, document: TaskDocument): ReturnType<RunControl['validate']> {
    const ends = await describeEnds(this.#context, this.#errands, workspace, document, WHILE_WAITED);
    const { verdicts, notes } = await mappingOf(this.#context, this.#unstarted(workspace, document), ends);
    return { verdicts, notes: [...targetNotes(ends), ...notes] };
  }

  replay(request: ReplayRequest): Promise<Replay> {
    return replayDirtyRecords(this.#context, this.#errands, request);
  }

  async targetTable(workspace: string, document: TaskDocument): Promise<TargetTable> {
    const ends = await describeEnds(this.#context, this.#errands, workspace, document, WHILE_WAITED);
    const { mapping, notes } = await mappingOf(this.#context, this.#unstarted(workspace, document), ends);
    const { dataSource: reference, parameters } = document.writer;
    const statement = await this.#errands.ask<string | null>(
      {
        kind: 'create-table',
        dataSource: (await dataSource(this.#context.store, workspace, reference)).id,
        parameters,
        schema: keyedSchema(mappedSchema(mapping, ends.source), undefined, document.write?.key).schema,
      },
      {
        stage: 'write',
        group: (await groupsOf(this.#context, workspace, document)).write,
        timeoutMs: CREATE_TABLE_MS,
      },
    );
    const exists = ends.target !== undefined;
    return { exists, ...(statement === null ? {} : { statement }), notes: [...targetNotes(ends), ...notes] };
  }

  async dryRun(request: DryRunRequest): Promise<DryRun> {
    const { workspace, document, rows, parameters } = request;
    const ends = await describeEnds(this.#context, this.#errands, workspace, document, WHILE_WAITED);
    const run = this.#unstarted(workspace, document);
    const { mapping, verdicts, notes } = await mappingOf(
      this.#context,
      parameters === undefined ? run : { ...run, parameters },
      ends,
    );
    const { secrets: names } = mapping;
    const sources = await readerSources(this.#context.store, workspace, document.reader);
    const found = await this.#errands.ask<DryRun['rows']>(
      {
        kind: 'dry-run',
        dataSource: (await dataSource(this.#context.store, workspace, document.reader.dataSource)).id,
        parameters: document.reader.parameters,
        ...(sources === undefined ? {} : { sources }),
        mapping,
        ...(names === undefined ? {} : { secrets: { workspace, names } }),
        rows,
      },
      {
        stage: 'read',
        group: (await groupsOf(this.#context, workspace, document)).read,
        timeoutMs: DRY_RUN_MS,
      },
    );
    return { rows: found, verdicts, notes: [...targetNotes(ends), ...notes] };
  }

  /** A run that is only thought of. */
  #unstarted(workspace: string, document: TaskDocument): MappedRun {
    return { id: newId(this.#context), workspace, document, createdAt: this.#context.clock.now() };
  }

  /** The runs of a task in the order of their generations. Throws SLUICE_RUN_ACTIVE when one is active (D-24). */
  async #unlessActive(task: string): Promise<Versioned<RunRow>[]> {
    const runs = await everything(this.#context.store.runs, { parent: task });
    const active = runs.find((run) => ACTIVE_STATES.has(run.state));
    if (active !== undefined)
      throw new SluiceError('SLUICE_RUN_ACTIVE', {
        detail: `Run ${active.id} is ${active.state}.`,
        place: active.id,
      });
    // Ids of runs may be their clients', in no order.
    return runs.sort((a, b) => (a.generation < b.generation ? -1 : 1));
  }

  /** The store refuses a second active run: somebody else has started one at the same moment (D-24). */
  async #onlyActive<T>(run: RunRow, body: () => Promise<T>): Promise<T> {
    try {
      return await body();
    } catch (error) {
      if (asSluiceError(error).code === 'SLUICE_CFG_CONFLICT') await this.#unlessActive(run.parent);
      throw error;
    }
  }

  /** D-24: an appending generation with committed rows, which a new one would double. */
  async #unfinished(earlier: readonly RunRow[]): Promise<RunRow | undefined> {
    const last = earlier.at(-1);
    if (last === undefined || OVER.has(last.state)) return undefined;
    // The target had more than the store knew of: it named the generation.
    if (last.error?.code === 'SLUICE_RUN_REPEATS')
      return earlier.find((run) => run.generation === last.error?.place && !OVER.has(run.state));
    const write = last.plan?.write;
    if (write === undefined || write.mode !== 'insert' || write.truncateFirst) return undefined;
    const splits = await splitsOf(this.#context, last.generation);
    // What a stopped run has published may be committed without the store knowing yet.
    const has = ({ seq, produced = 0 }: SplitRow): boolean =>
      seq > 0 || (last.state === 'stopped' && produced > 0);
    return splits.some(has) ? last : undefined;
  }

  /**
   * The target has refused a run because of this one: those between them have not begun there and never will once they are cancelled. Throws
   * SLUICE_RUN_ACTIVE while they are.
   */
  async #giveUpBetween(unfinished: RunRow, earlier: readonly RunRow[], actor: string): Promise<void> {
    if (earlier.at(-1)?.error?.code !== 'SLUICE_RUN_REPEATS') return;
    const between = earlier.filter((run) => run.generation > unfinished.generation && mayBegin(run));
    if (between.some(({ prepared, state }) => prepared === true || state === 'cancelled')) return;
    for (const { id } of between) await this.cancel(id, actor);
    await this.#unlessActive(unfinished.parent);
  }

  async #want(
    run: string,
    desired: 'stop' | 'cancel',
    actor: string,
    next: (state: RunState) => RunState,
  ): Promise<Versioned<RunRow>> {
    const row = await this.#get(run);
    if (next(row.state) === row.state) return row;
    crashPoint('coord.beforeCas');
    // From the state in which it is found then: it may have begun meanwhile.
    return transition(this.#context, run, next, `${desired} was asked for`, actor, (to) => ({
      desired,
      ...(RESTING_STATES.has(to) ? { endedAt: timeOf(this.#context) } : {}),
    }));
  }

  async #get(run: string): Promise<Versioned<RunRow>> {
    const row = await this.#context.store.runs.get(run);
    if (row === undefined) throw new SluiceError('SLUICE_CFG_NOT_FOUND', `No run ${run}.`);
    return row;
  }
}

/**
 * Whether zombies of a run that rests may take the target yet: not when the target refused it, or when it was cancelled before it began
 * there, which are both for good.
 */
const mayBegin = ({ startedAt, error, state, prepared }: RunRow): boolean =>
  startedAt !== undefined &&
  error?.code !== 'SLUICE_RUN_REPEATS' &&
  !(state === 'cancelled' && prepared !== true);

const targetNotes = (ends: Ends): string[] =>
  ends.target === undefined ? ['The target table does not exist and will be created.'] : [];

/** A run goes on with the parameters that it began with: half of a table with others would be nobody's wish. */
function refuseOtherParameters(last: RunRow, { parameters }: StartRequest): void {
  const { document } = last;
  if (parameters === undefined) return;
  const [before, now] = [last.parameters, parameters].map((given) =>
    effectiveParameters(document.parameters, given),
  );
  if (isDeepStrictEqual(before, now)) return;
  throw new SluiceError('SLUICE_RUN_UNFINISHED', {
    detail: `Run ${last.id} has written rows and began with other parameters.`,
    place: last.id,
    hint: 'Start without parameters to finish it as it began, or start over (fresh): rows may repeat.',
  });
}
