import type { Bus, BusMessage, Delivery, Lane, ServeRequest, Signals } from '@sluice/ports';
import type { Process, World } from './world.ts';

interface Member {
  readonly process: Process;
  readonly request: ServeRequest;
  readonly held: Map<number, AbortController>;
}

interface Channel {
  readonly log: Delivery[];
  next: number;
}

export interface BusFaults {
  /** Messages that are still to be lost; each publish is hit by chance. */
  drop: number;
  /** Chance of a message to be repeated. */
  repeat: number;
  /** Messages that are still to change places with the one before them. */
  swap: number;
}

/** The brokers: shared by all processes, survives their death, loses what it is told to lose. */
export class SimBroker {
  readonly world: World;
  readonly faults: BusFaults = { drop: 0, repeat: 0, swap: 0 };
  readonly topics = new Map<string, Map<number, Channel>>();
  readonly committed = new Map<string, number>();
  readonly members = new Map<string, Member[]>();

  constructor(world: World) {
    this.world = world;
  }

  channel(topic: string, channel: number): Channel {
    const channels = this.topics.get(topic) ?? new Map<number, Channel>();
    this.topics.set(topic, channels);
    const found = channels.get(channel) ?? { log: [], next: 0 };
    channels.set(channel, found);
    return found;
  }

  append(topic: string, channel: number, message: BusMessage): void {
    if (this.faults.drop > 0 && this.world.random() < 0.5) {
      this.faults.drop--;
      return;
    }
    const target = this.channel(topic, channel);
    const times = this.world.random() < this.faults.repeat ? 2 : 1;
    for (let i = 0; i < times; i++)
      target.log.push({ ...message, offset: target.next++, timestamp: this.world.now });
    if (this.faults.swap > 0 && target.log.length > 1 && this.world.random() < 0.5) {
      this.faults.swap--;
      const [a, b] = target.log.slice(-2) as [Delivery, Delivery];
      target.log.splice(-2, 2, { ...b, offset: a.offset }, { ...a, offset: b.offset });
    }
  }

  /** Everything that lies in the topics is gone. */
  loseEverything(): void {
    for (const channels of this.topics.values())
      for (const channel of channels.values()) channel.log.length = 0;
  }

  /** Somebody resets a group: everything that is still there comes again. */
  resetOffsets(): void {
    this.committed.clear();
  }

  /** Deals the channels of a group anew: a dead member's go to the living; a paused one is thrown out. */
  rebalance(key: string): void {
    const members = (this.members.get(key) ?? []).filter(
      (member) => !member.request.signal.aborted && member.process.alive,
    );
    const present = members.filter((member) => member.process.pausedUntil <= this.world.now);
    this.members.set(key, members);
    const topic = members[0]?.request.topic;
    if (topic === undefined) return;
    const owner = (channel: number): Member | undefined => present[channel % Math.max(1, present.length)];
    for (const [channel] of this.topics.get(topic) ?? []) {
      const to = owner(channel);
      for (const member of members)
        if (member !== to && member.held.has(channel)) {
          member.held.get(channel)!.abort();
          member.held.delete(channel);
        }
      if (to !== undefined && !to.held.has(channel)) this.#give(key, to, channel);
    }
  }

  #give(key: string, member: Member, channel: number): void {
    const taken = new AbortController();
    member.held.set(channel, taken);
    const lane = new SimLane(this, member.process, key, member.request.topic, channel, taken.signal);
    void member.request.onLane(lane, taken.signal).catch(() => undefined);
  }
}

class SimLane implements Lane {
  readonly channel: number;
  readonly #broker: SimBroker;
  readonly #process: Process;
  readonly #key: string;
  readonly #topic: string;
  readonly #taken: AbortSignal;
  #at: number;

  constructor(
    broker: SimBroker,
    process: Process,
    group: string,
    topic: string,
    channel: number,
    taken: AbortSignal,
  ) {
    this.#broker = broker;
    this.#process = process;
    this.channel = channel;
    this.#topic = topic;
    this.#taken = taken;
    this.#key = `${group} ${channel}`;
    this.#at = broker.committed.get(this.#key) ?? 0;
  }

  async next(waitMs: number): Promise<Delivery | undefined> {
    await this.#broker.world.step(this.#process);
    const found = this.#take();
    if (found !== undefined || waitMs === 0 || this.#taken.aborted) return found;
    await this.#broker.world.clockOf(this.#process).sleep(waitMs, this.#taken);
    return this.#taken.aborted ? undefined : this.#take();
  }

  commit(offset: number): void {
    if (this.#taken.aborted) return;
    this.#broker.committed.set(this.#key, Math.max(offset + 1, this.#broker.committed.get(this.#key) ?? 0));
  }

  async rewind(): Promise<void> {
    await this.#broker.world.step(this.#process);
    this.#at = this.#broker.committed.get(this.#key) ?? 0;
  }

  #take(): Delivery | undefined {
    const { log } = this.#broker.channel(this.#topic, this.channel);
    const found = log.find((delivery) => delivery.offset >= this.#at);
    if (found !== undefined) this.#at = found.offset + 1;
    return found;
  }
}

/** One process's client of the brokers. */
export class SimBus implements Bus {
  readonly #broker: SimBroker;
  readonly #process: Process;

  constructor(broker: SimBroker, process: Process) {
    this.#broker = broker;
    this.#process = process;
  }

  async ensureTopics(topics: readonly { name: string; channels: number }[]): Promise<void> {
    await this.#broker.world.step(this.#process);
    for (const { name, channels } of topics) for (let i = 0; i < channels; i++) this.#broker.channel(name, i);
  }

  async removeTopics(names: readonly string[]): Promise<void> {
    for (const name of names) this.#broker.topics.delete(name);
  }

  async publish(topic: string, channel: number, message: BusMessage): Promise<void> {
    await this.#broker.world.step(this.#process);
    this.#broker.append(topic, channel, message);
    await this.#broker.world.step(this.#process);
  }

  async serve(request: ServeRequest): Promise<void> {
    await this.#broker.world.step(this.#process);
    if (request.signal.aborted) return;
    const key = request.group;
    const members = this.#broker.members.get(key) ?? [];
    this.#broker.members.set(key, [...members, { process: this.#process, request, held: new Map() }]);
    this.#broker.rebalance(key);
    await new Promise<void>((resolve) =>
      request.signal.addEventListener('abort', () => resolve(), { once: true }),
    );
    for (const member of this.#broker.members.get(key) ?? [])
      if (member.request === request) for (const taken of member.held.values()) taken.abort();
    this.#broker.rebalance(key);
  }

  async close(): Promise<void> {}
}

/** Hints: half of them are lost. */
export class SimSignals implements Signals {
  readonly #listeners = new Map<string, Set<(message: string) => void>>();
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  publish(topic: string, message: string): void {
    if (this.#world.random() < 0.5) return;
    for (const listener of this.#listeners.get(topic) ?? []) listener(message);
  }

  subscribe(topic: string, listener: (message: string) => void): () => void {
    const listeners = this.#listeners.get(topic) ?? new Set();
    this.#listeners.set(topic, listeners.add(listener));
    return () => listeners.delete(listener);
  }

  async take(): Promise<number> {
    return 0;
  }

  async close(): Promise<void> {}
}
