/** A message as it is handed to the bus: headers are ASCII text, the value is opaque bytes. */
export interface BusMessage {
  readonly headers: Readonly<Record<string, string>>;
  readonly value: Buffer;
}

/** A message as the bus hands it out. */
export interface Delivery extends BusMessage {
  /** Rises within the channel. */
  readonly offset: number;
  /** Milliseconds since 1970, as the bus knows it. */
  readonly timestamp: number;
}

export interface TopicSpec {
  readonly name: string;
  /** Partitions: the task's channels. */
  readonly channels: number;
}

/**
 * One channel of one topic, as it is given to a consumer: its messages in order. Messages may be lost, repeated or
 * reordered by the bus; consumers rely on nothing but bytes being what somebody sent.
 */
export interface Lane {
  readonly channel: number;
  /**
   * The next message, or undefined when none came within `waitMs` (0: only what is here already) or when the channel was
   * taken. What was fetched ahead is bounded by bytes; not calling `next` is back-pressure.
   */
  next(waitMs: number): Promise<Delivery | undefined>;
  /** Marks everything up to this offset as done: for lag display and for where a new consumer starts. Never throws. */
  commit(offset: number): void;
  /** Goes back to the last committed offset: messages after it are delivered again, if the bus still has them. */
  rewind(): Promise<void>;
}

export interface ServeRequest {
  readonly topic: string;
  /** Consumer group: one per (task, stage). */
  readonly group: string;
  /** Aborting it gives all channels back and ends `serve`. */
  readonly signal: AbortSignal;
  /**
   * Runs while the channel is held: the bus starts it when it gives the channel and aborts `taken` when it takes it back;
   * it then waits (bounded) for the promise. When the promise rejects, `serve` gives everything back and rejects with it.
   */
  onLane(lane: Lane, taken: AbortSignal): Promise<void>;
}

/** Fast transport, never the truth. Implementations classify their errors as SLUICE_BUS_*. */
export interface Bus {
  /** Creates topics that are absent; durable on return; may be repeated. */
  ensureTopics(topics: readonly TopicSpec[]): Promise<void>;
  /** Removes topics and the groups on them; absent ones are no error. */
  removeTopics(names: readonly string[]): Promise<void>;
  /**
   * Sends to one channel; resolves when the bus has taken it (Kafka: acks=all). The caller keeps one publish in flight per
   * channel (D-5). After a failure the message may still arrive; sending the same bytes again is legal. The embedded bus
   * waits here while the channel is over its byte budget; a signal that is aborted ends the wait, and sends nothing, with an abort.
   */
  publish(topic: string, channel: number, message: BusMessage, signal?: AbortSignal): Promise<void>;
  /** Consumes a topic in a group until the signal aborts. Survives broker restarts and topics that vanish. */
  serve(request: ServeRequest): Promise<void>;
  close(): Promise<void>;
}

export interface TopicInfo {
  readonly name: string;
  readonly channels: number;
}

export interface ChannelInfo {
  readonly channel: number;
  /** Offset of the first message that is still there, and one above the last. */
  readonly low: number;
  readonly high: number;
}

export interface ChannelLag {
  readonly channel: number;
  /** Committed offset: the next to be read; null: none yet. */
  readonly committed: number | null;
  readonly lag: number;
}

/** What the topic pages need; reads never join a group and never disturb consumers. */
export interface BusInspection {
  topics(prefix: string): Promise<readonly TopicInfo[]>;
  channels(topic: string): Promise<readonly ChannelInfo[]>;
  lag(topic: string, group: string): Promise<readonly ChannelLag[]>;
  /** At most `limit` messages from an offset on, or the newest ones. Bounded in bytes (4 MiB) and time (5 s). */
  peek(topic: string, channel: number, from: number | 'newest', limit: number): Promise<readonly Delivery[]>;
}
