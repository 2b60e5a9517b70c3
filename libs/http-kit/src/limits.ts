import { SluiceError } from '@sluice/model';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Rate, RateLimit } from './rate-limit.ts';

/** What is too much (S-62). What is absent is not limited. */
export interface Limits {
  /** Calls of one access key. */
  readonly calls?: Rate;
  /** Calls of one address that are refused because they carry no valid key (S-7). */
  readonly refused?: Rate;
}

/** Refuses what comes too often with SLUICE_SYS_RATE and Retry-After. Counts per process. */
export class LimitKeeper {
  readonly #calls: RateLimit | undefined;
  readonly #refused: RateLimit | undefined;

  constructor({ calls, refused }: Limits) {
    this.#calls = calls && new RateLimit(calls);
    this.#refused = refused && new RateLimit(refused);
  }

  /**
   * Runs the check of a caller's key. Each is counted as refused before it is made, so that thousands at the same moment
   * are not all let through, and taken back when the key was good.
   */
  async signIn<T>(request: FastifyRequest, reply: FastifyReply, check: () => Promise<T>): Promise<T> {
    this.#demand(this.#refused, request.ip, reply, `Too many calls of ${request.ip} had no valid key.`);
    try {
      const found = await check();
      this.#refused?.giveBack(request.ip);
      return found;
    } catch (error) {
      if (!(error instanceof SluiceError) || error.code !== 'SLUICE_AUTH_MISSING')
        this.#refused?.giveBack(request.ip);
      throw error;
    }
  }

  /** Counts a call of a caller who is known. */
  call(actor: string, reply: FastifyReply): void {
    this.#demand(this.#calls, actor, reply, `${actor} calls more often than it may.`);
  }

  #demand(limit: RateLimit | undefined, caller: string, reply: FastifyReply, detail: string): void {
    const wait = limit?.take(caller) ?? 0;
    if (wait === 0) return;
    const seconds = Math.ceil(wait / 1000);
    void reply.header('retry-after', String(seconds));
    throw new SluiceError('SLUICE_SYS_RATE', { detail, hint: `Call again in ${seconds} s.` });
  }
}
