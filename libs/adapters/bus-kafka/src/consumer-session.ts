import type { ServeRequest } from '@sluice/ports';
import type { Consumer, EachBatchPayload, Kafka } from 'kafkajs';
import { setTimeout as sleep } from 'node:timers/promises';
import { classify } from './errors.ts';
import { deliveryOf, KafkaLane } from './kafka-lane.ts';

/** Offsets are committed at most this often a channel; they are for lag display and for where a successor starts. */
const COMMIT_EVERY = 500;
const HEARTBEAT = 1000;
/** Longest wait for a lane to end when its channel is taken. */
const LEAVE = 15_000;
/** Longest wait for a consumer to say goodbye: over a dead connection it never can. */
const GOODBYE = 2000;

/** Consumes until the signal aborts; a consumer that crashes is followed by a new one. Rejects for what cannot be mended. */
export async function consumeUntil(kafka: Kafka, request: ServeRequest, lease: number): Promise<void> {
  for (let attempt = 0; !request.signal.aborted; attempt++) {
    const session = new ConsumerSession(kafka, request, lease);
    try {
      await session.run();
      attempt = 0;
    } catch (thrown) {
      const error = session.laneError ?? classify(thrown);
      if (request.signal.aborted) return;
      if (session.laneError !== undefined || classify(error).kind === 'config') throw error;
      await new Promise((resolve) => setTimeout(resolve, Math.min(3000, 100 * 2 ** Math.min(attempt, 5))));
    }
  }
}

interface Held {
  readonly lane: KafkaLane;
  readonly taken: AbortController;
  readonly done: Promise<void>;
}

/** One consumer from its joining to its end. */
class ConsumerSession {
  readonly #request: ServeRequest;
  readonly #consumer: Consumer;
  readonly #held = new Map<number, Held>();
  readonly #offsets = new Map<number, number>();
  /** Counts seeks a channel: what was fetched before one is not delivered after it. */
  readonly #seeks = new Map<number, number>();
  #fail: (error: unknown) => void = () => undefined;
  laneError: unknown;

  constructor(kafka: Kafka, request: ServeRequest, lease: number) {
    this.#request = request;
    this.#consumer = kafka.consumer({
      groupId: request.group,
      sessionTimeout: lease,
      heartbeatInterval: Math.min(HEARTBEAT, lease / 5),
      rebalanceTimeout: 20_000,
      maxWaitTimeInMs: 500,
      metadataMaxAge: 20_000,
      maxBytesPerPartition: 2 * 1024 * 1024,
      allowAutoTopicCreation: false,
      retry: { retries: 3, restartOnFailure: async () => false },
    });
  }

  async run(): Promise<void> {
    const { topic, signal } = this.#request;
    const consumer = this.#consumer;
    const ended = Promise.withResolvers<void>();
    this.#fail = (error) => ended.reject(error);
    const stop = (): void => ended.resolve();
    signal.addEventListener('abort', stop, { once: true });
    const committing = setInterval(() => void this.#commitOffsets(), COMMIT_EVERY);
    try {
      await consumer.connect();
      await consumer.subscribe({ topic, fromBeginning: true });
      consumer.on(consumer.events.GROUP_JOIN, ({ payload }) =>
        this.#deal(payload.memberAssignment[topic] ?? []),
      );
      consumer.on(consumer.events.REBALANCING, () => void this.#commitOffsets());
      consumer.on(consumer.events.CRASH, ({ payload }) => ended.reject(payload.error));
      // kafkajs would ask again on the same connection, which may be half open.
      consumer.on(consumer.events.REQUEST_TIMEOUT, ({ payload }) =>
        ended.reject(new Error(`${payload.apiName} got no answer`)),
      );
      await consumer.run({
        autoCommit: false,
        eachBatchAutoResolve: false,
        partitionsConsumedConcurrently: 16,
        eachBatch: (payload) => this.#batch(payload),
      });
      await ended.promise;
    } finally {
      clearInterval(committing);
      signal.removeEventListener('abort', stop);
      await this.#leave([...this.#held.keys()]);
      const goodbye = this.#commitOffsets().then(() => consumer.disconnect());
      await Promise.race([goodbye.catch(() => undefined), sleep(GOODBYE, undefined, { ref: false })]);
    }
  }

  /** The group's decision: channels given start their lanes now, not at their first message (D-13). */
  #deal(channels: readonly number[]): void {
    void this.#leave([...this.#held.keys()].filter((channel) => !channels.includes(channel)));
    for (const channel of channels) if (!this.#held.has(channel)) this.#take(channel);
  }

  #take(channel: number): void {
    const taken = new AbortController();
    const lane = new KafkaLane(channel, taken.signal, {
      commit: (offset) => this.#offsets.set(channel, offset),
      seek: (offset) => {
        this.#seeks.set(channel, (this.#seeks.get(channel) ?? 0) + 1);
        this.#consumer.seek({ topic: this.#request.topic, partition: channel, offset: String(offset) });
      },
    });
    const done = this.#request.onLane(lane, taken.signal).catch((error: unknown) => {
      if (taken.signal.aborted) return;
      this.laneError = error;
      this.#fail(error);
    });
    this.#held.set(channel, { lane, taken, done });
  }

  async #leave(channels: readonly number[]): Promise<void> {
    const leaving = channels.map((channel) => this.#held.get(channel)!);
    for (const channel of channels) this.#held.delete(channel);
    for (const { taken } of leaving) taken.abort();
    const late = new Promise<void>((resolve) => setTimeout(resolve, LEAVE).unref());
    await Promise.race([Promise.all(leaving.map(({ done }) => done)), late]);
  }

  /** Hands a fetched batch to its lane; while that is full the session is kept alive by heartbeats. */
  async #batch({ batch, resolveOffset, heartbeat, isRunning, isStale }: EachBatchPayload): Promise<void> {
    const seeks = this.#seeks.get(batch.partition) ?? 0;
    const moved = (): boolean =>
      !isRunning() || isStale() || (this.#seeks.get(batch.partition) ?? 0) !== seeks;
    for (const message of batch.messages) {
      const delivery = deliveryOf(message);
      for (;;) {
        const held = this.#held.get(batch.partition);
        if (held === undefined || moved()) return;
        if (await held.lane.offer(delivery, HEARTBEAT)) break;
        await heartbeat();
      }
      if (moved()) return;
      resolveOffset(message.offset);
    }
    await heartbeat();
  }

  async #commitOffsets(): Promise<void> {
    if (this.#offsets.size === 0) return;
    const { topic } = this.#request;
    const offsets = [...this.#offsets].map(([partition, offset]) => ({
      topic,
      partition,
      offset: String(offset),
    }));
    this.#offsets.clear();
    await this.#consumer.commitOffsets(offsets).catch(() => undefined);
  }
}
