import type { Bus, Delivery, Lane } from '@sluice/ports';

interface Given {
  readonly lane: Lane;
  readonly taken: AbortSignal;
}

/** One consumer of a topic that holds what it is given until the bus takes it back: tests pull from its lanes themselves. */
export class LaneCollector {
  readonly #stopping = new AbortController();
  readonly #held = new Map<number, Given>();
  #changed = Promise.withResolvers<void>();
  /** Of `serve`. */
  readonly done: Promise<void>;

  constructor(bus: Bus, topic: string, group: string) {
    this.done = bus.serve({
      topic,
      group,
      signal: this.#stopping.signal,
      onLane: (lane, taken) => this.#hold(lane, taken),
    });
    this.done.catch(() => undefined);
  }

  get channels(): readonly number[] {
    return [...this.#held.keys()].sort((a, b) => a - b);
  }

  /** Resolves when the channels held are these; rejects when serving ended instead. */
  async holds(channels: readonly number[] | ((held: readonly number[]) => boolean)): Promise<void> {
    const fits =
      typeof channels === 'function'
        ? channels
        : (held: readonly number[]): boolean => held.join() === channels.join();
    while (!fits(this.channels)) await Promise.race([this.#changed.promise, this.#ended()]);
  }

  /** The lane of a channel that is held. */
  lane(channel: number): Lane {
    return this.#held.get(channel)!.lane;
  }

  taken(channel: number): AbortSignal {
    return this.#held.get(channel)!.taken;
  }

  /** The next `count` messages of a channel. */
  async take(channel: number, count: number): Promise<Delivery[]> {
    const lane = this.lane(channel);
    const found: Delivery[] = [];
    while (found.length < count) {
      const next = await lane.next(1000);
      if (next !== undefined) found.push(next);
      else if (this.#held.get(channel)?.lane !== lane) throw new Error(`channel ${channel} was taken`);
    }
    return found;
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.done;
  }

  async #ended(): Promise<never> {
    await this.done;
    throw new Error('serving ended');
  }

  async #hold(lane: Lane, taken: AbortSignal): Promise<void> {
    this.#held.set(lane.channel, { lane, taken });
    this.#change();
    if (!taken.aborted)
      await new Promise<void>((resolve) => taken.addEventListener('abort', () => resolve(), { once: true }));
    if (this.#held.get(lane.channel)?.lane === lane) this.#held.delete(lane.channel);
    this.#change();
  }

  #change(): void {
    const { resolve } = this.#changed;
    this.#changed = Promise.withResolvers<void>();
    resolve();
  }
}
