import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { loadConnector } from '@sluice/connectors';
import { afterEach, expect, it } from 'vitest';

const PASSWORD = 'canary-of-a-rogue-server';

let server: Server | undefined;
const sockets: Socket[] = [];
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
  server?.close();
  delete process.env['SLUICE_PLAIN_PASSWORDS'];
});

/** A server that answers the first message of a client as it is told; what it is sent is kept. */
async function rogue(answer: Buffer): Promise<{ port: number; sent: () => string }> {
  const sent: Buffer[] = [];
  server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => undefined);
    socket.once('data', () => socket.write(answer));
    socket.on('data', (data) => sent.push(data));
  });
  await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    sent: () => Buffer.concat(sent).toString('latin1'),
  };
}

/** AuthenticationRequest of a kind, with what belongs to it. */
function asks(kind: number, rest: Buffer = Buffer.alloc(0)): Buffer {
  const message = Buffer.alloc(9 + rest.length);
  message.write('R');
  message.writeInt32BE(8 + rest.length, 1);
  message.writeInt32BE(kind, 5);
  rest.copy(message, 9);
  return message;
}

async function refusal(port: number, more: object = {}): Promise<{ code: string; detail: string }> {
  const connector = await loadConnector('postgres');
  const config = { host: '127.0.0.1', port, database: 'd', user: 'u', password: PASSWORD, ...more };
  return connector.tables!(config, { limit: 1 }).then(
    () => ({ code: 'connected', detail: '' }),
    (error: { code: string; detail: string }) => error,
  );
}

it('is not told the password in clear, nor its MD5, on a connection without TLS (S-33)', async () => {
  for (const [answer, how] of [
    [asks(3), 'in clear'],
    [asks(5, Buffer.from('salt')), 'as MD5'],
  ] as const) {
    const { port, sent } = await rogue(answer);
    const { code, detail } = await refusal(port);
    expect([code, detail]).toEqual(['SLUICE_SRC_AUTH', expect.stringContaining(how)]);
    expect(sent()).not.toMatch(/canary|md5/);
    server!.close();
  }
});

it('is told it where the operator of the workers allows that', async () => {
  process.env['SLUICE_PLAIN_PASSWORDS'] = 'allow';
  const { port, sent } = await rogue(asks(3));
  const going = refusal(port);
  while (!sent().includes(PASSWORD)) await new Promise((resolve) => setTimeout(resolve, 5));
  for (const socket of sockets) socket.destroy();
  expect((await going).code).not.toBe('connected');
});

it('that has no TLS is told nothing but that TLS is wanted (downgrade)', async () => {
  const { port, sent } = await rogue(Buffer.from('N'));
  expect((await refusal(port, { ssl: 'verify-full' })).code).toMatch(/^SLUICE_SRC_/);
  // Length, then the number of SSLRequest: no user, no database, no password.
  expect(Buffer.from(sent(), 'latin1').toString('hex')).toBe('0000000804d2162f');
});

it('is not told a password of this process: of its environment or its files', async () => {
  process.env['PGPASSWORD'] = PASSWORD;
  process.env['SLUICE_PLAIN_PASSWORDS'] = 'allow';
  const { port, sent } = await rogue(asks(3));
  const going = refusal(port, { password: undefined });
  while (!sent().includes('p\0\0\0\u0005\0')) await new Promise((resolve) => setTimeout(resolve, 5));
  for (const socket of sockets) socket.destroy();
  await going;
  expect(sent()).not.toContain(PASSWORD);
  delete process.env['PGPASSWORD'];
});

it('is never a local socket: a host that is a path is refused before anything is opened (S-34)', async () => {
  const connector = await loadConnector('postgres');
  for (const host of ['/var/run/postgresql', '/tmp', '@abstract'])
    await expect(connector.tables!({ host, database: 'd', user: 'u' }, { limit: 1 })).rejects.toMatchObject({
      code: 'SLUICE_CFG_INVALID',
      place: 'host',
    });
});
