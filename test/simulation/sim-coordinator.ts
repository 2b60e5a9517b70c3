import { SluiceError } from '@sluice/model';
import type { Collection, Indexed, Store } from '@sluice/ports';
import type { Runs } from '../../services/coordinator/src/runs/index.ts';
import type { Process, World } from './world.ts';

/** A coordinator: its process, and what it serves. */
export interface Seat {
  readonly process: Process;
  readonly runs: Runs;
}

/** How long a call takes at most to notice that the coordinator died (milliseconds). */
const NOTICED = 3000;

/**
 * A call to any coordinator that is there: a step there, a step back; one that dies meanwhile breaks the connection, and a
 * client that is cut off reaches none.
 */
export async function call<T>(
  world: World,
  client: Process,
  seats: readonly Seat[],
  body: (runs: Runs) => Promise<T>,
): Promise<T> {
  await world.step(client);
  const seat = client.cutOffUntil > world.now ? undefined : seats[world.below(seats.length)];
  if (seat === undefined) throw new SluiceError('SLUICE_SYS_STORE', 'The coordinator does not answer.');
  const died = seat.process.died.then(async (): Promise<never> => {
    await world.clockOf(client).sleep(world.below(NOTICED));
    throw new SluiceError('SLUICE_SYS_STORE', 'The coordinator died.');
  });
  died.catch(() => undefined);
  const answer = await Promise.race([body(seat.runs), died]);
  await world.step(client);
  if (client.cutOffUntil > world.now)
    throw new SluiceError('SLUICE_SYS_STORE', 'The answer of the coordinator was lost.');
  return frozen(answer);
}

/** A store as one process sees it: every call is a step of that process, so that it can die between two of them. */
export function steppedStore(world: World, process: Process, store: Store): Store {
  // Most reads come along with what was done before them: a step for each would be half of all steps.
  const looking = (): Promise<void> | undefined => (world.chance(0.3) ? world.step(process) : undefined);
  const collection = <T extends Indexed>(rows: Collection<T>): Collection<T> => ({
    insert: async (row) => {
      await world.step(process);
      return rows.insert(frozen(row));
    },
    get: async (id) => {
      await looking();
      return rows.get(id);
    },
    update: async (row, version) => {
      await world.step(process);
      return rows.update(frozen(row), version);
    },
    remove: async (id) => {
      await world.step(process);
      return rows.remove(id);
    },
    list: async (query) => {
      await looking();
      return rows.list(query);
    },
  });
  return {
    ...store,
    workspaces: collection(store.workspaces),
    accessKeys: collection(store.accessKeys),
    dataSources: collection(store.dataSources),
    tasks: collection(store.tasks),
    runs: collection(store.runs),
    splits: collection(store.splits),
    workers: collection(store.workers),
    errands: collection(store.errands),
    events: collection(store.events),
    dirty: collection(store.dirty),
    idempotency: collection(store.idempotency),
    logs: {
      ...store.logs,
      append: async (run, lines) => {
        await world.step(process);
        return store.logs.append(run, lines);
      },
    },
  };
}

/** What crosses from one process to another is nobody's to change: frozen instead of copied, which is faster and says when it happens. */
export function frozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value) || ArrayBuffer.isView(value))
    return value;
  Object.freeze(value);
  for (const part of Object.values(value)) frozen(part);
  return value;
}
