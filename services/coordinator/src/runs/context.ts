import { crashPoint } from '@sluice/connector-sdk';
import {
  asSluiceError,
  type ConnectorSpec,
  mayBecome,
  newTraceId,
  type RunState,
  SluiceError,
  uuidv7,
} from '@sluice/model';
import type {
  Bus,
  Clock,
  Collection,
  Indexed,
  LogLine,
  RunRow,
  Signals,
  Store,
  Versioned,
} from '@sluice/ports';
import type { DataSourceAccess } from '../control.ts';

export interface RunsDependencies {
  readonly store: Store;
  readonly bus: Bus;
  readonly signals: Signals;
  readonly clock: Clock;
  readonly dataSources: DataSourceAccess;
  /** Milliseconds that a silent worker counts as alive; default DEFAULT_LEASE. */
  readonly leaseMs?: number;
  /** What a connector can do; absent: from the registry of connectors. */
  readonly specOf?: (connector: string) => Promise<ConnectorSpec>;
}

/** What the parts of this folder share. */
export interface RunsContext extends RunsDependencies {
  readonly traces: Traces;
  /** Something changed: waiting workers and the driver look again. */
  readonly wake: () => void;
  /** Resolves at the next wake, after `milliseconds`, or when the signal aborts. */
  readonly woken: (milliseconds: number, signal?: AbortSignal) => Promise<void>;
}

/** Now, as rows keep it: whole milliseconds since 1970. */
export const timeOf = (context: { readonly clock: Clock }): number => Math.round(context.clock.now());

/**
 * A new id from the injected clock and chance, so that a simulation can own them. It sorts behind `after`, an earlier one, whatever the
 * clock says.
 */
export function newId(context: { readonly clock: Clock }, after = ''): string {
  const random = Buffer.alloc(10);
  for (let i = 0; i < random.length; i++) random[i] = Math.floor(context.clock.random() * 256);
  const id = uuidv7(Math.floor(context.clock.now()), random);
  return id > after ? id : uuidv7(Number.parseInt(after.replace('-', '').slice(0, 12), 16) + 1, random);
}

/** A new trace id, from the injected chance. */
export function traceIdOf(context: { readonly clock: Clock }): string {
  const random = Buffer.alloc(16);
  for (let i = 0; i < random.length; i++) random[i] = Math.floor(context.clock.random() * 256);
  return newTraceId(random);
}

/** Runs whose trace id is remembered. */
const MOST_TRACES = 1000;

/** Trace ids of runs: they never change, and every line of a log carries one. */
class Traces {
  readonly #known = new Map<string, string | undefined>();

  async of(store: Store, run: string): Promise<string | undefined> {
    if (!this.#known.has(run)) {
      if (this.#known.size >= MOST_TRACES) this.#known.clear();
      this.#known.set(run, (await store.runs.get(run))?.traceId);
    }
    return this.#known.get(run);
  }
}

/** Signals topic by which coordinators wake each other. */
const WAKE_TOPIC = 'coordinator:wake';

export function runsContext(dependencies: RunsDependencies): RunsContext {
  let sleepers: (() => void)[] = [];
  const wakeHere = (): void => {
    const woken = sleepers;
    sleepers = [];
    for (const wake of woken) wake();
  };
  dependencies.signals.subscribe(WAKE_TOPIC, wakeHere);
  return {
    ...dependencies,
    traces: new Traces(),
    wake: () => {
      wakeHere();
      dependencies.signals.publish(WAKE_TOPIC, '');
    },
    woken: async (milliseconds, signal) => {
      const early = new AbortController();
      const abort = (): void => early.abort();
      sleepers.push(abort);
      signal?.addEventListener('abort', abort, { once: true });
      await dependencies.clock.sleep(milliseconds, early.signal);
      signal?.removeEventListener('abort', abort);
    },
  };
}

/**
 * Changes a row by compare-and-set, as often as it takes. `next` answers undefined for "leave it"; the row as it is
 * afterwards is the answer, undefined when it does not exist.
 */
export async function change<T extends Indexed>(
  collection: Collection<T>,
  id: string,
  next: (row: Versioned<T>) => NoInfer<T> | undefined,
): Promise<Versioned<T> | undefined> {
  for (;;) {
    const row = await collection.get(id);
    if (row === undefined) return undefined;
    const wanted = next(row);
    if (wanted === undefined) return row;
    const updated = await collection.update(wanted, row.version);
    if (updated !== undefined) return updated;
  }
}

/** Inserts a row that another coordinator may be inserting at the same time: one of them is enough. Answers whether it was this one. */
export async function insertOnce<T extends Indexed>(
  collection: Collection<T>,
  row: NoInfer<T>,
): Promise<boolean> {
  try {
    await collection.insert(row);
    return true;
  } catch (error) {
    if (asSluiceError(error).code !== 'SLUICE_CFG_CONFLICT') throw error;
    return false;
  }
}

/**
 * Moves a run to another state, with its event (D-20), unless `holds` no longer holds for the row. `next` may depend on the state in
 * which the run is found. Throws SLUICE_RUN_STATE when the table does not allow it.
 */
export async function transition(
  context: RunsContext,
  run: string,
  next: RunState | ((from: RunState) => RunState),
  cause: string,
  actor: string,
  more: Partial<RunRow> | ((to: RunState) => Partial<RunRow>) = {},
  holds: (row: RunRow) => boolean = () => true,
): Promise<Versioned<RunRow>> {
  const { runs } = context.store;
  for (;;) {
    const row = await runs.get(run);
    if (row === undefined) throw new SluiceError('SLUICE_CFG_NOT_FOUND', `No run ${run}.`);
    const to = typeof next === 'string' ? next : next(row.state);
    if (row.state === to || !holds(row)) return row;
    if (!mayBecome(row.state, to))
      throw new SluiceError('SLUICE_RUN_STATE', {
        detail: `The run is ${row.state} and cannot become ${to}.`,
        place: run,
      });
    await tell(context, row);
    const { workspace } = row;
    const event = {
      id: newId(context),
      workspace,
      parent: run,
      time: timeOf(context),
      what: to,
      cause,
      actor,
    };
    // The event is in the row that it is about, in one write: whoever dies now is spoken for by the next.
    const changes = typeof more === 'function' ? more(to) : more;
    const moved = await runs.update({ ...row, ...changes, state: to, event }, row.version);
    if (moved === undefined) continue;
    crashPoint('coord.afterCas');
    await tell(context, moved);
    await log(context, run, to === 'failed' ? 'error' : 'info', `Run ${to}: ${cause}`);
    context.wake();
    return moved;
  }
}

/** Writes the event of the run's last change of state where it is not written yet (D-20). */
export async function tell(context: RunsContext, { event }: RunRow): Promise<void> {
  const { events } = context.store;
  if (event === undefined || (await events.get(event.id)) !== undefined) return;
  await insertOnce(events, event);
}

/** A line of the coordinator's own in the run log. */
export async function log(
  context: RunsContext,
  run: string,
  level: LogLine['level'],
  message: string,
  more: Partial<LogLine> = {},
): Promise<void> {
  await appendLog(context, run, [{ time: timeOf(context), level, message, stage: 'coordinator', ...more }]);
}

/** Lines for a run's log, each with the trace id of the run. */
export async function appendLog(context: RunsContext, run: string, lines: readonly LogLine[]): Promise<void> {
  const traceId = await context.traces.of(context.store, run);
  const traced = traceId === undefined ? lines : lines.map((line) => ({ traceId, ...line }));
  await context.store.logs.append(run, traced);
}

/** All rows of a listing, page by page; for listings that are bounded by design (splits of a run, active runs, workers). */
export async function everything<T extends Indexed>(
  collection: Collection<T>,
  query: Parameters<Collection<T>['list']>[0],
): Promise<Versioned<T>[]> {
  const rows: Versioned<T>[] = [];
  let cursor: string | undefined;
  do {
    const page = await collection.list({ ...query, limit: 200, ...(cursor === undefined ? {} : { cursor }) });
    rows.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  return rows;
}

/** Topics of a task (D-2). */
export const topicsOf = (
  workspace: string,
  task: string,
): { read: string; mapped: string; dirty: string } => ({
  read: `sluice.${workspace}.${task}.read`,
  mapped: `sluice.${workspace}.${task}.mapped`,
  dirty: `sluice.${workspace}.${task}.dirty`,
});
