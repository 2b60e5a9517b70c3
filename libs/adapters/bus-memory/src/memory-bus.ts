import type {
  Bus,
  BusInspection,
  BusMessage,
  ChannelInfo,
  ChannelLag,
  Delivery,
  Lane,
  ServeRequest,
  TopicInfo,
  TopicSpec,
} from '@sluice/ports';
import { ChannelLog, type Retention } from './channel-log.ts';

export interface MemoryBusOptions {
  /** Bytes that may be published and not taken, over all channels of a topic; default 32 MiB (D-18). */
  readonly budgetBytes?: number;
  /** Bytes of committed messages that each channel keeps for the topic browser; default 1 MiB. */
  readonly keepBytes?: number;
  /** Bytes of taken, not committed messages that each channel keeps for a rewind; default 24 MiB: more than one unit. */
  readonly rewindBytes?: number;
}

interface Member {
  readonly request: ServeRequest;
  readonly held: Map<number, { readonly taken: AbortController; readonly done: Promise<void> }>;
  fail(error: unknown): void;
}

/** Longest answer of `peek`. */
const PEEK_BYTES = 4 * 1024 * 1024;

/**
 * The bus within one process, bounded by bytes. It loses everything with the process, which is legal: the target is the
 * truth. A topic has one group of consumers; its channels are dealt among the members.
 */
export class MemoryBus implements Bus, BusInspection {
  readonly #budgetBytes: number;
  readonly #retention: Retention;
  readonly #topics = new Map<string, ChannelLog[]>();
  readonly #members = new Map<string, Member[]>();

  constructor(options: MemoryBusOptions = {}) {
    this.#budgetBytes = options.budgetBytes ?? 32 * 1024 * 1024;
    this.#retention = {
      done: options.keepBytes ?? 1024 * 1024,
      taken: options.rewindBytes ?? 24 * 1024 * 1024,
    };
  }

  async ensureTopics(topics: readonly TopicSpec[]): Promise<void> {
    for (const { name, channels } of topics) {
      const logs = this.#topics.get(name) ?? [];
      while (logs.length < channels) logs.push(new ChannelLog(this.#retention));
      this.#topics.set(name, logs);
      this.#deal(name);
    }
  }

  async removeTopics(names: readonly string[]): Promise<void> {
    for (const name of names) this.#topics.delete(name);
  }

  async publish(topic: string, channel: number, message: BusMessage, signal?: AbortSignal): Promise<void> {
    const quiet = signal ?? new AbortController().signal;
    for (;;) {
      quiet.throwIfAborted();
      const logs = this.#logs(topic, channel);
      const waiting = logs.reduce((sum, log) => sum + log.waitingBytes, 0);
      const log = logs[channel]!;
      // A channel whose own queue is empty may always send one: no channel can starve another.
      if (waiting < this.#budgetBytes || log.waitingBytes === 0) return log.append(message);
      await log.departure(quiet);
    }
  }

  async serve(request: ServeRequest): Promise<void> {
    const failed = Promise.withResolvers<never>();
    failed.promise.catch(() => undefined);
    const member: Member = { request, held: new Map(), fail: (error) => failed.reject(error) };
    const members = this.#members.get(request.topic) ?? [];
    this.#members.set(request.topic, [...members, member]);
    this.#deal(request.topic);
    try {
      await Promise.race([ended(request.signal), failed.promise]);
    } finally {
      this.#members.set(
        request.topic,
        (this.#members.get(request.topic) ?? []).filter((other) => other !== member),
      );
      for (const { taken } of member.held.values()) taken.abort();
      await Promise.allSettled([...member.held.values()].map(({ done }) => done));
      this.#deal(request.topic);
    }
  }

  async close(): Promise<void> {}

  async topics(prefix: string): Promise<readonly TopicInfo[]> {
    return [...this.#topics]
      .filter(([name]) => name.startsWith(prefix))
      .map(([name, logs]) => ({ name, channels: logs.length }));
  }

  async channels(topic: string): Promise<readonly ChannelInfo[]> {
    return (this.#topics.get(topic) ?? []).map((log, channel) => ({ channel, low: log.low, high: log.high }));
  }

  async lag(topic: string): Promise<readonly ChannelLag[]> {
    return (this.#topics.get(topic) ?? []).map((log, channel) => ({
      channel,
      committed: log.committed,
      lag: log.high - log.committed,
    }));
  }

  async peek(
    topic: string,
    channel: number,
    from: number | 'newest',
    limit: number,
  ): Promise<readonly Delivery[]> {
    const log = this.#topics.get(topic)?.[channel];
    if (log === undefined) return [];
    const found: Delivery[] = [];
    let bytes = 0;
    let offset = from === 'newest' ? Math.max(log.low, log.high - limit) : Math.max(from, log.low);
    for (; found.length < limit && offset < log.high && bytes < PEEK_BYTES; offset++) {
      const delivery = log.from(offset);
      if (delivery === undefined) break;
      found.push(delivery);
      bytes += delivery.value.length;
    }
    return found;
  }

  /** The channels of a topic; one that was removed while it is in use comes back empty. */
  #logs(topic: string, channel: number): ChannelLog[] {
    const logs = this.#topics.get(topic) ?? [];
    if (logs.length <= channel) {
      while (logs.length <= channel) logs.push(new ChannelLog(this.#retention));
      this.#topics.set(topic, logs);
      this.#deal(topic);
    }
    return logs;
  }

  #deal(topic: string): void {
    const members = this.#members.get(topic) ?? [];
    const logs = this.#topics.get(topic) ?? [];
    logs.forEach((log, channel) => {
      const to = members[channel % Math.max(1, members.length)];
      const leaving: Promise<void>[] = [];
      for (const member of members) {
        const held = member.held.get(channel);
        if (member === to || held === undefined) continue;
        held.taken.abort();
        leaving.push(held.done);
        member.held.delete(channel);
      }
      if (to !== undefined && !to.held.has(channel)) this.#give(to, topic, channel, log, leaving);
    });
  }

  #give(
    member: Member,
    topic: string,
    channel: number,
    log: ChannelLog,
    leaving: readonly Promise<void>[],
  ): void {
    const taken = new AbortController();
    const done = Promise.allSettled(leaving)
      .then(() => {
        if (taken.signal.aborted) return;
        const lane = new MemoryLane(channel, () => this.#topics.get(topic)?.[channel] ?? log, taken.signal);
        return member.request.onLane(lane, taken.signal);
      })
      .catch((error: unknown) => {
        if (!taken.signal.aborted) member.fail(error);
      });
    member.held.set(channel, { taken, done });
  }
}

class MemoryLane implements Lane {
  readonly channel: number;
  readonly #log: () => ChannelLog;
  readonly #taken: AbortSignal;

  constructor(channel: number, log: () => ChannelLog, taken: AbortSignal) {
    this.channel = channel;
    this.#log = log;
    this.#taken = taken;
    log().rewind();
  }

  async next(waitMs: number): Promise<Delivery | undefined> {
    if (this.#taken.aborted) return undefined;
    const found = this.#log().take();
    if (found !== undefined || waitMs === 0) return found;
    await this.#log().arrival(this.#taken, waitMs);
    return this.#taken.aborted ? undefined : this.#log().take();
  }

  commit(offset: number): void {
    if (!this.#taken.aborted) this.#log().commit(offset);
  }

  async rewind(): Promise<void> {
    this.#log().rewind();
  }
}

function ended(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
