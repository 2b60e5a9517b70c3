import type { FastifyInstance, FastifyReply } from 'fastify';

/** Bytes that may wait for a client; one that leaves more unread is dropped. */
const MOST_UNREAD = 256 * 1024;
/** A comment this often (milliseconds) keeps the way open and shows a client that is gone. */
const ALIVE_EVERY = 15_000;
/** The client waits this long (milliseconds) before it comes back. */
const RETRY = 2000;

export interface StreamedEvent {
  readonly event: string;
  readonly data: unknown;
  /** What the client sends as `Last-Event-ID` when it comes back. */
  readonly id?: string;
}

/** Server-sent events to one client: bounded in memory, dropped when slow, ended when the server stops. */
export class EventStream {
  readonly #raw: FastifyReply['raw'];
  readonly #mostUnread: number;
  readonly #redact: (text: string) => string;
  readonly #gone = new AbortController();

  constructor(
    reply: FastifyReply,
    options: { readonly redact: (text: string) => string; readonly mostUnread?: number },
  ) {
    const { raw } = reply;
    this.#raw = raw;
    this.#redact = options.redact;
    this.#mostUnread = options.mostUnread ?? MOST_UNREAD;
    const kept = reply.getHeaders();
    reply.hijack();
    raw.writeHead(200, {
      ...(kept as Record<string, string>),
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    });
    raw.write(`retry: ${RETRY}\n\n`);
    const alive = setInterval(() => this.#write(': alive\n\n'), ALIVE_EVERY);
    raw.on('error', () => undefined);
    raw.once('close', () => {
      clearInterval(alive);
      this.#gone.abort();
    });
    streamsOf(reply.server).add(this);
    raw.once('close', () => streamsOf(reply.server).delete(this));
  }

  /** Aborts when the client is gone, was dropped, or the server stops. */
  get signal(): AbortSignal {
    return this.#gone.signal;
  }

  /** Bytes that the client has not taken yet. */
  get unread(): number {
    return this.#raw.writableLength;
  }

  /** False when the client is gone; one that does not read is dropped here. */
  send({ event, data, id }: StreamedEvent): boolean {
    const head = id === undefined ? '' : `id: ${id}\n`;
    return this.#write(`${head}event: ${event}\ndata: ${this.#redact(JSON.stringify(data))}\n\n`);
  }

  end(): void {
    this.#raw.end();
  }

  /** Ends it without waiting for the client. */
  drop(): void {
    this.#raw.destroy();
  }

  #write(text: string): boolean {
    if (this.#raw.destroyed || this.#raw.writableEnded) return false;
    if (this.#raw.writableLength > this.#mostUnread) {
      this.drop();
      return false;
    }
    this.#raw.write(text);
    return true;
  }
}

const STREAMS = new WeakMap<FastifyInstance['server'], Set<EventStream>>();

function streamsOf(app: FastifyInstance): Set<EventStream> {
  let streams = STREAMS.get(app.server);
  if (streams === undefined) STREAMS.set(app.server, (streams = new Set()));
  return streams;
}

/** Streams never end by themselves: a server that stops ends them, or it would wait for ever. */
export function endStreamsOnClose(app: FastifyInstance): void {
  app.addHook('preClose', (done) => {
    for (const stream of streamsOf(app)) stream.end();
    done();
  });
}
