import { connect, createServer, type Server, type Socket } from 'node:net';

/**
 * What becomes of bytes that a client sends. `cut-before`: the server never sees them. `cut-after-answer`: the server does what they
 * say, and the connection is cut when it answers, so that the client never learns of it. `hold-answers`: the server does what they say, and
 * what it answers on this connection from then on is kept back until `release`.
 */
export type Verdict = 'forward' | 'cut-before' | 'cut-after-answer' | 'hold-answers';

interface Pair {
  readonly client: Socket;
  readonly server: Socket;
  readonly number: number;
  /** The next answer of the server is lost together with the connection. */
  losing: boolean;
  /** Answers that are kept back. */
  held?: Buffer[];
}

/** A TCP proxy on loopback in front of one server, for connections that fail in a chosen way at a chosen moment. */
export class FaultProxy {
  readonly #listener: Server;
  readonly #pairs = new Set<Pair>();
  readonly #target: { readonly host: string; readonly port: number };
  #stalled = false;
  #refusing = false;
  #delay = 0;
  #accepted = 0;
  /** Looks at every chunk that a client sends; connections are numbered from 1. */
  judge: (sent: Buffer, connection: number) => Verdict = () => 'forward';
  /** Connections that a verdict has cut. */
  cuts = 0;

  private constructor(listener: Server, target: { readonly host: string; readonly port: number }) {
    this.#listener = listener;
    this.#target = target;
    listener.on('connection', (client) => this.#accept(client));
  }

  /** Listens on `port` (0: any that is free); the server need not be there yet. */
  static async start(target: { host: string; port: number }, port = 0): Promise<FaultProxy> {
    const listener = createServer({ pauseOnConnect: true });
    await new Promise<void>((resolve, reject) => {
      listener.once('error', reject);
      listener.listen(port, '127.0.0.1', resolve);
    });
    return new FaultProxy(listener, target);
  }

  /** In front of the server that a URL names. */
  static before(url: string): Promise<FaultProxy> {
    const { hostname, port } = new URL(url);
    return FaultProxy.start({ host: hostname, port: Number(port) });
  }

  get port(): number {
    return (this.#listener.address() as { port: number }).port;
  }

  /** Connections that are open through the proxy. */
  get open(): number {
    return this.#pairs.size;
  }

  /** The same URL by way of the proxy. */
  url(direct: string): string {
    const url = new URL(direct);
    url.host = `127.0.0.1:${this.port}`;
    return url.href;
  }

  /** Ends every connection at once, with a reset. */
  cut(): void {
    for (const pair of this.#pairs) drop(pair);
  }

  /** From now on nobody is let in; open connections stay. */
  refuse(): void {
    this.#refusing = true;
  }

  /** Nothing is forwarded either way any more; connections stay open and new ones are accepted. */
  stall(): void {
    this.#stalled = true;
    for (const { client, server } of this.#pairs) for (const socket of [client, server]) socket.pause();
  }

  /** The server's end of every connection is closed; the clients are not told. */
  halfOpen(): void {
    for (const { client, server } of this.#pairs) {
      client.pause();
      server.removeAllListeners('close').destroy();
    }
  }

  /** Every chunk waits this long (milliseconds), each way. */
  delay(milliseconds: number): void {
    this.#delay = milliseconds;
  }

  /** Lets answers that were kept back go, in their order. */
  release(): void {
    for (const pair of this.#pairs) {
      const { held = [] } = pair;
      delete pair.held;
      for (const chunk of held) this.#forward(pair.server, pair.client, chunk);
    }
  }

  /** As a wire again: what was stalled or kept back flows on, everybody is let in, nothing waits. */
  heal(): void {
    this.release();
    this.#stalled = false;
    this.#refusing = false;
    this.#delay = 0;
    this.judge = () => 'forward';
    for (const { client, server } of this.#pairs) for (const socket of [client, server]) socket.resume();
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise<void>((resolve) => this.#listener.close(() => resolve()));
  }

  #accept(client: Socket): void {
    if (this.#refusing) return void client.resetAndDestroy();
    const server = connect({ ...this.#target, noDelay: true });
    const pair: Pair = { client: client.setNoDelay(true), server, number: ++this.#accepted, losing: false };
    this.#pairs.add(pair);
    for (const socket of [client, server]) {
      socket.on('error', () => undefined);
      socket.once('close', () => {
        this.#pairs.delete(pair);
        drop(pair);
      });
    }
    client.on('end', () => server.end());
    server.on('end', () => client.end());
    client.on('data', (chunk: Buffer) => {
      const verdict = this.judge(chunk, pair.number);
      if (verdict.startsWith('cut')) this.cuts++;
      if (verdict === 'cut-before') return drop(pair);
      if (verdict === 'cut-after-answer') pair.losing = true;
      if (verdict === 'hold-answers') pair.held ??= [];
      this.#forward(client, server, chunk);
    });
    server.on('data', (chunk: Buffer) => {
      if (pair.losing) return drop(pair);
      if (pair.held !== undefined) return void pair.held.push(chunk);
      this.#forward(server, client, chunk);
    });
    if (this.#stalled) server.pause();
    else client.resume();
  }

  #forward(from: Socket, to: Socket, chunk: Buffer): void {
    const write = (): void => {
      if (to.destroyed || to.write(chunk)) return;
      from.pause();
      to.once('drain', () => {
        if (!this.#stalled) from.resume();
      });
    };
    if (this.#delay === 0) write();
    else setTimeout(write, this.#delay);
  }
}

function drop({ client, server }: Pair): void {
  for (const socket of [client, server]) if (!socket.destroyed) socket.resetAndDestroy();
}

/** Whether these bytes end with a COMMIT statement of PostgreSQL's or MySQL's protocol. */
export function isCommit(sent: Buffer): boolean {
  return /commit\0?$/.test(sent.subarray(-8).toString('latin1'));
}
