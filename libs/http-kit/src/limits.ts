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
  /** Checks under way, by address, and who waits for their ends. */
  readonly #checking = new Map<string, { count: number; readonly waiting: (() => void)[] }>();

  constructor({ calls, refused }: Limits) {
    this.#calls = calls && new RateLimit(calls);
    this.#refused = refused && new RateLimit(refused);
  }

  /**
   * Runs the check of a caller's key. Each is counted as refused before it is made, so that thousands at the same moment
   * are not all let through, and taken back when the key was good. So many good calls at once only wait for one another.
   */
  async signIn<T>(request: FastifyRequest, reply: FastifyReply, check: () => Promise<T>): Promise<T> {
    if (this.#refused === undefined) return check();
    const { ip } = request;
    while (this.#refused.take(ip) > 0) {
      const checking = this.#checking.get(ip);
      if (checking === undefined)
        this.#demand(this.#refused, ip, reply, `Too many calls of ${ip} had no valid key.`);
      else await new Promise<void>((resolve) => checking.waiting.push(resolve));
    }
    const checking = this.#checking.get(ip) ?? { count: 0, waiting: [] };
    this.#checking.set(ip, checking);
    checking.count += 1;
    let isRefused = false;
    try {
      return await check();
    } catch (error) {
      isRefused = error instanceof SluiceError && error.code === 'SLUICE_AUTH_MISSING';
      throw error;
    } finally {
      checking.count -= 1;
      if (!isRefused) this.#refused.giveBack(ip);
      if (checking.count === 0) this.#checking.delete(ip);
      // What is left to wait for is over when the last check is; until then each place that is free takes one.
      const next =
        checking.count === 0 ? checking.waiting.splice(0) : isRefused ? [] : checking.waiting.splice(0, 1);
      for (const resolve of next) resolve();
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
