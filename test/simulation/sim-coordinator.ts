import { SluiceError } from '@sluice/model';
import type { Coordination, Store } from '@sluice/ports';
import type { Process, World } from './world.ts';

/** Whatever runs now and can be killed and replaced: the coordinator that calls reach. */
export interface Seat<T> {
  process: Process;
  served: T;
}

/**
 * The workers' way to the coordinator: a step there, a step back; a call to one that is dead, or dies meanwhile, fails as a
 * connection does.
 */
export function simCoordination(world: World, client: Process, seat: Seat<Coordination>): Coordination {
  const call = async <T>(body: (coordination: Coordination) => Promise<T>): Promise<T> => {
    await world.step(client);
    const { process, served } = seat;
    if (!process.alive) throw new SluiceError('SLUICE_SYS_STORE', 'The coordinator does not answer.');
    const died = (async (): Promise<never> => {
      while (process.alive) await world.clockOf(client).sleep(3000);
      throw new SluiceError('SLUICE_SYS_STORE', 'The coordinator died.');
    })();
    died.catch(() => undefined);
    const answer = await Promise.race([body(served), died]);
    await world.step(client);
    return structuredClone(answer);
  };
  return {
    renew: (report, wait) => call((coordination) => coordination.renew(structuredClone(report), wait)),
    claimChannel: (worker, run, channel, above) =>
      call((coordination) => coordination.claimChannel(worker, run, channel, above)),
    release: (worker) => call((coordination) => coordination.release(worker)),
  };
}

/** A store as one process sees it: every call is a step of that process, so that it can die between two of them. */
export function steppedStore(world: World, process: Process, store: Store): Store {
  const stepped = <T extends object>(part: T): T =>
    new Proxy(part, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name);
        if (typeof member !== 'function')
          return typeof member === 'object' && member !== null ? stepped(member) : member;
        return async (...given: unknown[]): Promise<unknown> => {
          await world.step(process);
          return structuredClone(
            await (member as (...all: unknown[]) => unknown).apply(target, structuredClone(given)),
          );
        };
      },
    });
  return stepped(store);
}
