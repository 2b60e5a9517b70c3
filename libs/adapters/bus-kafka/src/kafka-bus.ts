import './client-patches.ts';
import { randomUUID } from 'node:crypto';
import { SluiceError } from '@sluice/model';
import {
  type Bus,
  type BusInspection,
  type BusMessage,
  type ChannelInfo,
  type ChannelLag,
  DEFAULT_LEASE,
  type Delivery,
  type ServeRequest,
  type TopicInfo,
  type TopicSpec,
} from '@sluice/ports';
import { type Admin, CompressionTypes, Kafka, logLevel, type Producer } from 'kafkajs';
import { consumeUntil } from './consumer-session.ts';
import { classify, innermost } from './errors.ts';
import { deliveryOf } from './kafka-lane.ts';

/** How batches are compressed on the way to the broker and in it; everybody reads both. */
export type Compression = 'zstd' | 'lz4' | 'none';

const COMPRESSIONS: Readonly<Record<Compression, CompressionTypes>> = {
  zstd: CompressionTypes.ZSTD,
  lz4: CompressionTypes.LZ4,
  none: CompressionTypes.None,
};

export interface KafkaBusOptions {
  readonly brokers: readonly string[];
  readonly clientId?: string;
  /** Default zstd: the smallest; lz4 costs less time on both sides. */
  readonly compression?: Compression;
  /** Milliseconds that a silent consumer keeps its channels (Kafka's session timeout); default DEFAULT_LEASE. */
  readonly leaseMs?: number;
}

/** Options by the environment: SLUICE_KAFKA (brokers with commas between them), SLUICE_KAFKA_COMPRESSION. Throws SLUICE_CFG_INVALID. */
export function kafkaOptions(
  environment: Readonly<Record<string, string | undefined>>,
): Pick<KafkaBusOptions, 'brokers' | 'compression'> {
  const { SLUICE_KAFKA: brokers = '', SLUICE_KAFKA_COMPRESSION: compression = '' } = environment;
  if (brokers === '')
    throw new SluiceError('SLUICE_CFG_INVALID', 'The environment variable SLUICE_KAFKA is not set.');
  if (compression === '') return { brokers: brokers.split(',') };
  if (!Object.hasOwn(COMPRESSIONS, compression))
    throw new SluiceError('SLUICE_CFG_INVALID', {
      detail: `There is no compression ${compression}.`,
      place: 'SLUICE_KAFKA_COMPRESSION',
      hint: `Set it to ${Object.keys(COMPRESSIONS).join(', ')}, or not at all.`,
    });
  return { brokers: brokers.split(','), compression: compression as Compression };
}

const MESSAGE_BYTES = 8 * 1024 * 1024;
/** What nobody consumes vanishes after a week; the loss heals from the source. */
const RETENTION = 7 * 24 * 3600 * 1000;
const UNKNOWN_TOPIC = 'UNKNOWN_TOPIC_OR_PARTITION';
const PEEK_TIME = 5000;
const PEEK_BYTES = 4 * 1024 * 1024;

/** The bus on Kafka by kafkajs: acks=all, no idempotent producer; one consumer group per (task, stage). */
export class KafkaBus implements Bus, BusInspection {
  readonly #kafka: Kafka;
  readonly #compression: CompressionTypes;
  readonly #lease: number;
  /** Channels of topics that were ensured here, to make one anew that vanished. */
  readonly #channels = new Map<string, number>();
  #producer: Promise<Producer> | undefined;
  #admin: Promise<Admin> | undefined;

  constructor(options: KafkaBusOptions) {
    this.#compression = COMPRESSIONS[options.compression ?? 'zstd'];
    this.#lease = options.leaseMs ?? DEFAULT_LEASE;
    this.#kafka = new Kafka({
      clientId: options.clientId ?? 'sluice',
      brokers: [...options.brokers],
      logLevel: logLevel.NOTHING,
      connectionTimeout: 3000,
      requestTimeout: 10_000,
      retry: { retries: 3, initialRetryTime: 50, maxRetryTime: 1000 },
    });
  }

  async ensureTopics(topics: readonly TopicSpec[]): Promise<void> {
    for (const { name, channels } of topics) this.#channels.set(name, channels);
    try {
      const admin = await this.#connectedAdmin();
      await admin.createTopics({
        waitForLeaders: true,
        topics: topics.map(({ name, channels }) => ({
          topic: name,
          numPartitions: channels,
          configEntries: [
            { name: 'max.message.bytes', value: String(MESSAGE_BYTES) },
            { name: 'retention.ms', value: String(RETENTION) },
          ],
        })),
      });
      const found = await admin.fetchTopicMetadata({ topics: topics.map(({ name }) => name) });
      for (const { name, partitions } of found.topics) {
        const wanted = this.#channels.get(name) ?? 0;
        if (partitions.length < wanted)
          await admin.createPartitions({ topicPartitions: [{ topic: name, count: wanted }] });
      }
    } catch (error) {
      // An admin client that has heard of a topic does nothing any more once that has vanished: the next call makes another.
      const failed = this.#admin;
      this.#admin = undefined;
      void failed?.then((admin) => admin.disconnect()).catch(() => undefined);
      throw classify(error);
    }
  }

  async removeTopics(names: readonly string[]): Promise<void> {
    const admin = await this.#connectedAdmin();
    for (const name of names)
      await admin.deleteTopics({ topics: [name] }).catch((error: unknown) => {
        if (innermost(error).type !== UNKNOWN_TOPIC) throw classify(error);
      });
  }

  async publish(topic: string, channel: number, message: BusMessage, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    const headers: Record<string, string> = { ...message.headers };
    try {
      const producer = await this.#connectedProducer();
      this.#learn(topic);
      const taken = await producer.send({
        topic,
        acks: -1,
        compression: this.#compression,
        messages: [{ partition: channel, value: message.value, headers }],
      });
      // For a partition that its metadata does not know kafkajs sends nothing and says nothing.
      if (taken.length === 0) throw Object.assign(new Error('No such partition.'), { type: UNKNOWN_TOPIC });
    } catch (error) {
      // A producer that failed once may have lost track of its connections: the next call makes another one (D-5).
      const failed = this.#producer;
      this.#producer = undefined;
      void failed?.then((producer) => producer.disconnect()).catch(() => undefined);
      const channels = Math.max(this.#channels.get(topic) ?? 0, channel + 1);
      if (innermost(error).type === UNKNOWN_TOPIC) await this.ensureTopics([{ name: topic, channels }]);
      throw classify(error);
    }
  }

  serve(request: ServeRequest): Promise<void> {
    return consumeUntil(this.#kafka, request, this.#lease);
  }

  async close(): Promise<void> {
    await this.#producer?.then((producer) => producer.disconnect()).catch(() => undefined);
    await this.#admin?.then((admin) => admin.disconnect()).catch(() => undefined);
  }

  async topics(prefix: string): Promise<readonly TopicInfo[]> {
    const admin = await this.#connectedAdmin();
    const names = (await admin.listTopics()).filter((name) => name.startsWith(prefix));
    if (names.length === 0) return [];
    const { topics } = await admin.fetchTopicMetadata({ topics: names });
    return topics.map(({ name, partitions }) => ({ name, channels: partitions.length }));
  }

  async channels(topic: string): Promise<readonly ChannelInfo[]> {
    const found = await (await this.#connectedAdmin()).fetchTopicOffsets(topic);
    return found
      .map(({ partition, low, high }) => ({ channel: partition, low: Number(low), high: Number(high) }))
      .sort((a, b) => a.channel - b.channel);
  }

  async lag(topic: string, group: string): Promise<readonly ChannelLag[]> {
    const admin = await this.#connectedAdmin();
    const [channels, offsets] = await Promise.all([
      this.channels(topic),
      admin.fetchOffsets({ groupId: group, topics: [topic] }),
    ]);
    const committed = new Map(
      offsets[0]?.partitions.map(({ partition, offset }) => [partition, Number(offset)]),
    );
    return channels.map(({ channel, low, high }) => {
      const at = committed.get(channel) ?? -1;
      return { channel, committed: at < 0 ? null : at, lag: Math.max(0, high - (at < 0 ? low : at)) };
    });
  }

  /** By a group of its own that is removed afterwards: kafkajs can read in a group only. */
  async peek(
    topic: string,
    channel: number,
    from: number | 'newest',
    limit: number,
  ): Promise<readonly Delivery[]> {
    const info = (await this.channels(topic)).find((candidate) => candidate.channel === channel);
    if (info === undefined || info.high === info.low) return [];
    const start = from === 'newest' ? Math.max(info.low, info.high - limit) : Math.max(from, info.low);
    const end = Math.min(info.high, start + limit);
    if (start >= end) return [];
    const group = `sluice.peek.${randomUUID()}`;
    const consumer = this.#kafka.consumer({ groupId: group });
    const found: Delivery[] = [];
    let bytes = 0;
    try {
      await consumer.connect();
      await consumer.subscribe({ topic, fromBeginning: true });
      const done = Promise.withResolvers<void>();
      const timer = setTimeout(() => done.resolve(), PEEK_TIME);
      await consumer.run({
        autoCommit: false,
        eachMessage: async ({ partition, message }) => {
          if (partition !== channel || Number(message.offset) < start || found.length >= limit) return;
          found.push(deliveryOf(message));
          bytes += message.value?.length ?? 0;
          if (Number(message.offset) >= end - 1 || bytes >= PEEK_BYTES) done.resolve();
        },
      });
      consumer.seek({ topic, partition: channel, offset: String(start) });
      await done.promise;
      clearTimeout(timer);
      return found;
    } catch (error) {
      throw classify(error);
    } finally {
      await consumer.disconnect().catch(() => undefined);
      await (await this.#connectedAdmin()).deleteGroups([group]).catch(() => undefined);
    }
  }

  /** How many channels a topic has, asked in passing: it may have to be made anew. */
  #learn(topic: string): void {
    if (this.#channels.has(topic)) return;
    this.#channels.set(topic, 0);
    void this.channels(topic)
      .then((found) => this.#channels.set(topic, Math.max(found.length, this.#channels.get(topic) ?? 0)))
      .catch(() => this.#channels.delete(topic));
  }

  #connectedProducer(): Promise<Producer> {
    this.#producer ??= (async () => {
      const producer = this.#kafka.producer({
        allowAutoTopicCreation: false,
        idempotent: false,
        maxInFlightRequests: 5,
        // A request that times out would be repeated on the same dead connection; our caller repeats it on a new one (D-5).
        retry: { retries: 0 },
      });
      await producer.connect();
      return producer;
    })();
    return this.#producer;
  }

  #connectedAdmin(): Promise<Admin> {
    this.#admin ??= (async () => {
      const admin = this.#kafka.admin();
      await admin.connect();
      return admin;
    })().catch((error: unknown) => {
      this.#admin = undefined;
      throw classify(error);
    });
    return this.#admin;
  }
}
