import type { BusMessage, Delivery } from '@sluice/ports';

/** What a channel keeps of messages that were handed out, in bytes. */
export interface Retention {
  /** Committed ones, for the topic browser. */
  readonly done: number;
  /** Ones that are not committed yet, for `rewind`: what is dropped beyond it is read again from the source. */
  readonly taken: number;
}

/** Messages of one channel of one topic: waiting ones whole, handed-out ones up to the retention. */
export class ChannelLog {
  readonly #retention: Retention;
  #messages: Delivery[] = [];
  #nextOffset = 0;
  /** Everything below was handed out. */
  #taken = 0;
  /** Everything below is done. */
  #committed = 0;
  #waitingBytes = 0;
  #takenBytes = 0;
  #doneBytes = 0;
  #arrivals: (() => void)[] = [];
  #departures: (() => void)[] = [];

  constructor(retention: Retention) {
    this.#retention = retention;
  }

  get low(): number {
    return this.#messages[0]?.offset ?? this.#nextOffset;
  }

  get high(): number {
    return this.#nextOffset;
  }

  get committed(): number {
    return this.#committed;
  }

  /** Bytes that nobody has taken yet: what back-pressure counts. Batches in an open transaction do not (D-18). */
  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  append(message: BusMessage): void {
    this.#messages.push({ ...message, offset: this.#nextOffset++, timestamp: Date.now() });
    this.#waitingBytes += message.value.length;
    wake(this.#arrivals);
  }

  /** The first message at or above an offset that is still here. */
  from(offset: number): Delivery | undefined {
    return this.#messages[Math.max(0, offset - this.low)];
  }

  /** Hands the next message out. */
  take(): Delivery | undefined {
    const found = this.from(this.#taken);
    if (found === undefined) return undefined;
    this.#taken = found.offset + 1;
    this.#waitingBytes -= found.value.length;
    this.#takenBytes += found.value.length;
    this.#trim();
    wake(this.#departures);
    return found;
  }

  /** Goes back to the first message that is not done and still here. */
  rewind(): void {
    this.#taken = Math.max(this.#committed, this.low);
    this.#waitingBytes += this.#takenBytes;
    this.#takenBytes = 0;
  }

  /** Everything up to `offset` is done. */
  commit(offset: number): void {
    const until = Math.min(offset + 1, this.#taken);
    for (let at = Math.max(this.#committed, this.low); at < until; at++) {
      const bytes = this.from(at)!.value.length;
      this.#takenBytes -= bytes;
      this.#doneBytes += bytes;
    }
    this.#committed = Math.max(this.#committed, until);
    this.#trim();
  }

  #trim(): void {
    let drop = 0;
    for (const message of this.#messages) {
      const done = message.offset < this.#committed;
      if (done && this.#doneBytes > this.#retention.done) this.#doneBytes -= message.value.length;
      else if (!done && message.offset < this.#taken - 1 && this.#takenBytes > this.#retention.taken)
        this.#takenBytes -= message.value.length;
      else break;
      drop++;
    }
    if (drop > 0) this.#messages.splice(0, drop);
  }

  /** Resolves at the next message. */
  arrival(signal: AbortSignal, waitMs: number): Promise<void> {
    return waiting(this.#arrivals, signal, waitMs);
  }

  /** Resolves when a message is handed out. */
  departure(signal: AbortSignal): Promise<void> {
    return waiting(this.#departures, signal, undefined);
  }
}

function wake(list: (() => void)[]): void {
  if (list.length > 0) for (const resolve of list.splice(0)) resolve();
}

function waiting(list: (() => void)[], signal: AbortSignal, waitMs: number | undefined): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    let timer: NodeJS.Timeout | undefined;
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      const index = list.indexOf(done);
      if (index >= 0) list.splice(index, 1);
      resolve();
    };
    if (waitMs !== undefined) timer = setTimeout(done, waitMs);
    signal.addEventListener('abort', done, { once: true });
    list.push(done);
  });
}
