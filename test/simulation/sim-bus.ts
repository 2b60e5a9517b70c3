import type { Bus, BusMessage, Delivery, Lane, ServeRequest } from '@sluice/ports';
import { SluiceError } from '@sluice/model';
import type { BusWatch } from './watch-bus.ts';
import type { Process, Timer, World } from './world.ts';

interface Member {
  readonly process: Process;
  readonly request: ServeRequest;
  readonly held: Map<number, AbortController>;
  fail(error: unknown): void;
}

interface Channel {
  readonly log: Delivery[];
  next: number;
  /** By group. */
  readonly committed: Map<string, number>;
  /** Lanes that wait for a message. */
  readonly waiting: Set<Timer>;
}

export interface BusFaults {
  /** Messages that are still to be lost; each publish is hit by chance. */
  drop: number;
  /** Messages that are still to be damaged on the way. */
  damage: number;
  /** Chance of a message to be repeated. */
  repeat: number;
  /** Messages that are still to change places with the one before them. */
  swap: number;
  /** Publishes that are still to fail; the message may have arrived all the same. */
  refuse: number;
}

/** The brokers: shared by all processes, survive their death, lose what they are told to lose. */
export class SimBroker {
  readonly world: World;
  readonly watch: BusWatch;
  readonly faults: BusFaults = { drop: 0, damage: 0, repeat: 0, swap: 0, refuse: 0 };
  readonly #topics = new Map<string, Map<number, Channel>>();
  readonly #members = new Map<string, Member[]>();
  #turn = 0;

  constructor(world: World, watch: BusWatch) {
    this.world = world;
    this.watch = watch;
  }

  channel(topic: string, channel: number): Channel {
    const channels = this.#topics.get(topic) ?? new Map<number, Channel>();
    this.#topics.set(topic, channels);
    const found = channels.get(channel) ?? { log: [], next: 0, committed: new Map(), waiting: new Set() };
    channels.set(channel, found);
    return found;
  }

  append(topic: string, channel: number, sent: BusMessage): void {
    const { faults, world } = this;
    if (faults.drop > 0 && world.chance(0.5)) {
      faults.drop--;
      return;
    }
    let message = sent;
    if (faults.damage > 0 && world.chance(0.5)) {
      faults.damage--;
      message = damaged(world, sent);
    }
    const target = this.channel(topic, channel);
    const times = world.chance(faults.repeat) ? 2 : 1;
    for (let i = 0; i < times; i++)
      target.log.push({ ...message, offset: target.next++, timestamp: world.now });
    if (faults.swap > 0 && target.log.length > 1 && world.chance(0.5)) {
      faults.swap--;
      const [a, b] = target.log.slice(-2) as [Delivery, Delivery];
      target.log.splice(-2, 2, { ...b, offset: a.offset }, { ...a, offset: b.offset });
    }
    for (const timer of target.waiting) world.ring(timer);
  }

  /** Everything that lies in the topics is gone. */
  loseEverything(): void {
    for (const channels of this.#topics.values())
      for (const channel of channels.values()) channel.log.length = 0;
  }

  /** Somebody deletes the topics; they come back with all their channels, empty. */
  deleteTopics(): void {
    const all = [...this.#topics];
    for (const [topic, channels] of all) {
      for (const { waiting } of channels.values()) for (const timer of waiting) this.world.ring(timer);
      this.#topics.delete(topic);
      for (const channel of channels.keys()) this.channel(topic, channel);
    }
  }

  removeTopics(names: readonly string[]): void {
    for (const name of names) this.#topics.delete(name);
  }

  /** Somebody resets the groups: to the beginning, or behind everything that is there; who consumes begins anew there. */
  resetOffsets(to: 'beginning' | 'end'): void {
    for (const channels of this.#topics.values())
      for (const channel of channels.values())
        for (const [group] of channel.committed)
          channel.committed.set(group, to === 'beginning' ? 0 : channel.next);
    this.takeEverything();
  }

  /** Every channel changes hands, where there are other hands. */
  turn(): void {
    this.#turn++;
    this.rebalance();
  }

  takeEverything(): void {
    for (const members of this.#members.values())
      for (const { held } of members) {
        for (const taken of held.values()) taken.abort();
        held.clear();
      }
    this.rebalance();
  }

  /** Deals the channels anew: a dead member's go to the living; a paused one is thrown out. */
  rebalance(): void {
    for (const group of this.#members.keys()) this.#deal(group);
  }

  join(group: string, member: Member): void {
    this.#members.set(group, [...(this.#members.get(group) ?? []), member]);
    this.#deal(group);
  }

  leave(group: string, member: Member): void {
    for (const taken of member.held.values()) taken.abort();
    member.held.clear();
    this.#members.set(
      group,
      (this.#members.get(group) ?? []).filter((other) => other !== member),
    );
    this.#deal(group);
  }

  #deal(group: string): void {
    const members = (this.#members.get(group) ?? []).filter((member) => member.process.alive);
    this.#members.set(group, members);
    const topic = members[0]?.request.topic;
    if (topic === undefined) return;
    const present = members.filter((member) => member.process.pausedUntil <= this.world.now);
    for (const [channel] of this.#topics.get(topic) ?? []) {
      const to = present[(channel + this.#turn) % Math.max(1, present.length)];
      for (const member of members)
        if (member !== to && member.held.has(channel)) {
          member.held.get(channel)!.abort();
          member.held.delete(channel);
        }
      if (to !== undefined && !to.held.has(channel)) this.#give(group, to, channel);
    }
  }

  #give(group: string, member: Member, channel: number): void {
    const taken = new AbortController();
    member.held.set(channel, taken);
    const lane = new SimLane(this, member, group, channel, taken.signal);
    member.request.onLane(lane, taken.signal).catch((error: unknown) => {
      if (!taken.signal.aborted) member.fail(error);
    });
  }
}

/** A copy with one bit turned: in the value, or in a digit of a header. */
function damaged(world: World, { headers, value }: BusMessage): BusMessage {
  if (world.chance(0.2)) {
    const names = Object.keys(headers);
    const name = names[world.below(names.length)]!;
    const text = headers[name]!;
    const at = world.below(text.length);
    const turned = String.fromCharCode(text.charCodeAt(at) ^ 1);
    return { headers: { ...headers, [name]: text.slice(0, at) + turned + text.slice(at + 1) }, value };
  }
  const copy = Buffer.from(value);
  const at = world.below(copy.length);
  copy[at] = copy[at]! ^ (1 << world.below(8));
  return { headers, value: copy };
}

class SimLane implements Lane {
  readonly channel: number;
  readonly #broker: SimBroker;
  readonly #process: Process;
  readonly #group: string;
  readonly #topic: string;
  readonly #taken: AbortSignal;
  /** The channel that `#at` counts in: a topic that was deleted comes back with offsets from 0. */
  #of: Channel;
  #at: number;
  #timer: Timer | undefined;

  constructor(broker: SimBroker, member: Member, group: string, channel: number, taken: AbortSignal) {
    this.#broker = broker;
    this.#process = member.process;
    this.channel = channel;
    this.#topic = member.request.topic;
    this.#group = group;
    this.#taken = taken;
    this.#of = broker.channel(this.#topic, channel);
    this.#at = this.#committed();
    taken.addEventListener(
      'abort',
      () => {
        if (this.#timer !== undefined) broker.world.ring(this.#timer);
      },
      { once: true },
    );
  }

  async next(waitMs: number): Promise<Delivery | undefined> {
    const { world } = this.#broker;
    await world.step(this.#process);
    const found = this.#take();
    if (found !== undefined || waitMs === 0 || this.#taken.aborted) return found;
    const { waiting } = this.#now();
    // Some fetches only come back at their time.
    const wakes = world.chance(0.8);
    await new Promise<void>((resume) => {
      const timer = world.timer(this.#process, waitMs, () => {
        waiting.delete(timer);
        resume();
      });
      this.#timer = timer;
      if (wakes) waiting.add(timer);
    });
    return this.#taken.aborted ? undefined : this.#take();
  }

  commit(offset: number): void {
    if (this.#taken.aborted || this.#of !== this.#now()) return;
    const { committed } = this.#of;
    committed.set(this.#group, Math.max(offset + 1, committed.get(this.#group) ?? 0));
  }

  async rewind(): Promise<void> {
    await this.#broker.world.step(this.#process);
    this.#of = this.#now();
    this.#at = this.#committed();
  }

  /** Where the group goes on; one that is out of range begins at the beginning. */
  #committed(): number {
    const offset = this.#of.committed.get(this.#group) ?? 0;
    return offset > this.#of.next ? 0 : offset;
  }

  #now(): Channel {
    return this.#broker.channel(this.#topic, this.channel);
  }

  #take(): Delivery | undefined {
    const now = this.#now();
    if (now !== this.#of) {
      this.#of = now;
      this.#at = 0;
    }
    const first = now.log[0]?.offset ?? now.next;
    // Nothing is there yet or ever was: brokers answer that the offset is out of range, and consumers begin at the first that is there.
    if (this.#at > now.next) this.#at = first;
    const found = now.log[Math.max(0, this.#at - first)];
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
    this.#broker.removeTopics(names);
  }

  async publish(topic: string, channel: number, message: BusMessage): Promise<void> {
    const { world, faults, watch } = this.#broker;
    const sent = watch.sending(this.#process, topic, channel, message);
    try {
      await world.step(this.#process);
      const refused = faults.refuse > 0 && world.chance(0.5);
      if (refused) faults.refuse--;
      if (!refused || world.chance(0.5)) this.#broker.append(topic, channel, message);
      await world.step(this.#process);
      if (refused) throw new SluiceError('SLUICE_BUS_UNREACHABLE', 'The broker did not answer in time.');
    } finally {
      sent();
    }
  }

  async serve(request: ServeRequest): Promise<void> {
    await this.#broker.world.step(this.#process);
    if (request.signal.aborted) return;
    const ended = Promise.withResolvers<void>();
    const member: Member = {
      process: this.#process,
      request,
      held: new Map(),
      fail: (error) => ended.reject(error),
    };
    request.signal.addEventListener('abort', () => ended.resolve(), { once: true });
    this.#broker.join(request.group, member);
    try {
      await ended.promise;
    } finally {
      this.#broker.leave(request.group, member);
    }
  }

  async close(): Promise<void> {}
}
