import { connect, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { afterEach, expect, it } from 'vitest';
import { createServer, EventStream } from './index.ts';

const MOST_UNREAD = 64 * 1024;
const EVENT = { event: 'x', data: 'secret'.padEnd(10_000, '.') };

let close: (() => Promise<void>) | undefined;
afterEach(() => close?.());

/** A server with one stream, which `use` gets. */
async function serve(use: (stream: EventStream) => void): Promise<number> {
  const app = createServer({
    accessOf: () => 'open',
    authorize: async () => ({ actor: 'nobody', role: 'none' }),
    redact: (text) => text.replaceAll('secret', '***'),
  });
  app.get('/', (_request, reply) => {
    use(
      new EventStream(reply, { redact: (text) => text.replaceAll('secret', '***'), mostUnread: MOST_UNREAD }),
    );
    return reply;
  });
  await app.listen({ host: '127.0.0.1', port: 0 });
  close = () => app.close();
  return (app.server.address() as AddressInfo).port;
}

it('drops a client that does not read, with no more than the bound waiting for it', async () => {
  let dropped: (() => void) | undefined;
  const isDropped = new Promise<void>((resolve) => (dropped = resolve));
  let most = 0;
  const port = await serve((stream) => {
    const next = (): void => {
      if (!stream.send(EVENT)) return dropped!();
      most = Math.max(most, stream.unread);
      setImmediate(next);
    };
    next();
  });
  const socket = connect(port, '127.0.0.1').pause();
  socket.on('error', () => undefined);
  socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
  await isDropped;
  expect(most).toBeGreaterThan(MOST_UNREAD);
  expect(most).toBeLessThan(MOST_UNREAD + 2 * EVENT.data.length);
  socket.destroy();
});

it('ends with the server: a stop does not wait for clients that listen', async () => {
  const port = await serve((stream) => stream.send({ event: 'hello', id: '7', data: { a: 'secret' } }));
  const answer = await fetch(`http://127.0.0.1:${port}/`);
  const text = answer.text();
  await close!();
  close = undefined;
  expect(await text).toBe('retry: 2000\n\nid: 7\nevent: hello\ndata: {"a":"***"}\n\n');
});

it('tells that its client is gone', async () => {
  let stream: EventStream | undefined;
  const port = await serve((made) => (stream = made));
  const gone = new AbortController();
  await fetch(`http://127.0.0.1:${port}/`, { signal: gone.signal });
  gone.abort();
  if (!stream!.signal.aborted) await once(stream!.signal, 'abort');
  expect(stream!.send(EVENT)).toBe(false);
});
