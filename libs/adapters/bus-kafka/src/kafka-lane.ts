import type { Delivery, Lane } from '@sluice/ports';
import type { KafkaMessage } from 'kafkajs';

/** Bytes that are fetched ahead for one channel. */
const AHEAD = 4 * 1024 * 1024;

export function deliveryOf(message: KafkaMessage): Delivery {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(message.headers ?? {}))
    if (value !== undefined) headers[name] = value.toString();
  return {
    headers,
    value: message.value ?? Buffer.alloc(0),
    offset: Number(message.offset),
    timestamp: Number(message.timestamp),
  };
}

/** One partition while this consumer holds it: a queue between kafkajs' fetching and our pulling. */
export class KafkaLane implements Lane {
  readonly channel: number;
  readonly #taken: AbortSignal;
  readonly #seek: (offset: number) => void;
  readonly #commit: (offset: number) => void;
  #queue: Delivery[] = [];
  #bytes = 0;
  /** Next offset after the last one committed here; undefined: nothing committed here yet. */
  #committed: number | undefined;
  #first: number | undefined;
  #arrived: (() => void) | undefined;
  #left: (() => void) | undefined;

  constructor(
    channel: number,
    taken: AbortSignal,
    actions: { seek(offset: number): void; commit(offset: number): void },
  ) {
    this.channel = channel;
    this.#taken = taken;
    this.#seek = actions.seek;
    this.#commit = actions.commit;
    taken.addEventListener('abort', () => {
      this.#arrived?.();
      this.#left?.();
    });
  }

  /** Called by the fetching side; resolves when more may come, at the latest after `waitMs`. False: still full. */
  async offer(delivery: Delivery, waitMs: number): Promise<boolean> {
    if (this.#bytes >= AHEAD && !this.#taken.aborted) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, waitMs);
        this.#left = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      this.#left = undefined;
      if (this.#bytes >= AHEAD && !this.#taken.aborted) return false;
    }
    this.#first ??= delivery.offset;
    this.#queue.push(delivery);
    this.#bytes += delivery.value.length;
    this.#arrived?.();
    return true;
  }

  async next(waitMs: number): Promise<Delivery | undefined> {
    if (this.#taken.aborted) return undefined;
    const found = this.#shift();
    if (found !== undefined || waitMs === 0) return found;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, waitMs);
      this.#arrived = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#arrived = undefined;
    return this.#taken.aborted ? undefined : this.#shift();
  }

  commit(offset: number): void {
    if (this.#taken.aborted) return;
    this.#committed = offset + 1;
    this.#commit(offset + 1);
  }

  async rewind(): Promise<void> {
    const to = this.#committed ?? this.#first;
    if (to === undefined || this.#taken.aborted) return;
    this.#queue = [];
    this.#bytes = 0;
    this.#left?.();
    this.#seek(to);
  }

  #shift(): Delivery | undefined {
    const found = this.#queue.shift();
    if (found === undefined) return undefined;
    this.#bytes -= found.value.length;
    this.#left?.();
    return found;
  }
}
