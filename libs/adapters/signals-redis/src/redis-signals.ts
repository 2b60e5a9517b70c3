import type { Signals } from '@sluice/ports';
import { Redis } from 'ioredis';

export interface RedisSignalsOptions {
  readonly url: string;
  /** Put before every key and channel; default `sluice:`. */
  readonly prefix?: string;
  /** Commands that are not answered in this time (milliseconds, default 200) count as not made. */
  readonly patience?: number;
}

type Listener = (message: string) => void;

/**
 * One bucket a key, in microseconds of Redis' own clock: the value is when the bucket is full again at the rate. Answers how long to
 * wait. At most one second's worth is there after a pause.
 */
const TAKE = `local t = redis.call('time') local now = t[1] * 1000000 + t[2]
local from = math.max(tonumber(redis.call('get', KEYS[1]) or now), now - 1000000)
local till = from + ARGV[1] * 1000000 / ARGV[2]
redis.call('set', KEYS[1], string.format('%.0f', till), 'PX', 60000)
return math.ceil(math.max(0, till - now) / 1000)`;

/** Signals over Redis. Nothing here throws: without Redis, listeners hear nothing and buckets are this process's own. */
export class RedisSignals implements Signals {
  readonly #commands: Redis;
  readonly #subscriber: Redis;
  readonly #prefix: string;
  readonly #listeners = new Map<string, Set<Listener>>();
  readonly #local = new Map<string, number>();

  constructor(options: RedisSignalsOptions) {
    this.#prefix = options.prefix ?? 'sluice:';
    const retryStrategy = (attempt: number): number => Math.min(100 * attempt, 2000);
    this.#commands = new Redis(options.url, {
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      commandTimeout: options.patience ?? 200,
      retryStrategy,
    });
    this.#subscriber = new Redis(options.url, {
      autoResubscribe: true,
      maxRetriesPerRequest: null,
      retryStrategy,
    });
    for (const connection of [this.#commands, this.#subscriber]) connection.on('error', () => undefined);
    this.#subscriber.on('message', (channel: string, message: string) => {
      for (const listener of this.#listeners.get(channel.slice(this.#prefix.length)) ?? []) listener(message);
    });
  }

  /** Resolves when Redis answers; never without it. */
  async connected(): Promise<void> {
    for (const connection of [this.#commands, this.#subscriber])
      if (connection.status !== 'ready')
        await new Promise<void>((resolve) => connection.once('ready', () => resolve()));
  }

  publish(topic: string, message: string): void {
    this.#commands.publish(this.#prefix + topic, message).catch(() => undefined);
  }

  subscribe(topic: string, listener: Listener): () => void {
    const listeners = this.#listeners.get(topic) ?? new Set<Listener>();
    if (listeners.size === 0) this.#subscriber.subscribe(this.#prefix + topic).catch(() => undefined);
    this.#listeners.set(topic, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size > 0) return;
      this.#listeners.delete(topic);
      this.#subscriber.unsubscribe(this.#prefix + topic).catch(() => undefined);
    };
  }

  async take(key: string, amount: number, perSecond: number): Promise<number> {
    try {
      return Number(await this.#commands.eval(TAKE, 1, `${this.#prefix}rate:${key}`, amount, perSecond));
    } catch {
      const now = performance.now();
      const until = Math.max(this.#local.get(key) ?? now, now - 1000) + (amount / perSecond) * 1000;
      this.#local.set(key, until);
      return Math.max(0, Math.round(until - now));
    }
  }

  async close(): Promise<void> {
    this.#commands.disconnect();
    this.#subscriber.disconnect();
  }
}
