import { generateKeyPairSync } from 'node:crypto';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { connector } from './index.ts';

let server: Server | undefined;
const sockets: Socket[] = [];
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
  server?.close();
  delete process.env['SLUICE_PLAIN_PASSWORDS'];
});

function packet(sequence: number, payload: Buffer): Buffer {
  const header = Buffer.alloc(4);
  header.writeUIntLE(payload.length, 0, 3);
  header[3] = sequence;
  return Buffer.concat([header, payload]);
}

/** Protocol 4.1, secure connection, plugins; TLS only where it is said. */
const CAPABILITIES = 0x00000200 | 0x00008000 | 0x00080000;

function greeting(plugin: string): Buffer {
  const low = Buffer.alloc(2);
  low.writeUInt16LE(CAPABILITIES & 0xffff);
  const high = Buffer.alloc(2);
  high.writeUInt16LE(CAPABILITIES >>> 16);
  const head = Buffer.concat([
    Buffer.from([10]),
    Buffer.from('8.4.0-rogue\0'),
    Buffer.from([1, 0, 0, 0]),
    Buffer.from('12345678\0'),
  ]);
  const tail = Buffer.concat([
    Buffer.from([21]),
    Buffer.alloc(10),
    Buffer.from('123456789012\0'),
    Buffer.from(`${plugin}\0`),
  ]);
  return packet(0, Buffer.concat([head, low, Buffer.from([45, 2, 0]), high, tail]));
}

const KEY = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
}).publicKey;

/** Asks for a sign-in by a plugin, then for the whole password, and hands out a key of its own. Keeps what it is sent. */
async function rogue(plugin: string): Promise<{ port: number; sent: Buffer[] }> {
  const sent: Buffer[] = [];
  server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => undefined);
    socket.write(greeting('mysql_native_password'));
    socket.on('data', (data) => {
      sent.push(data);
      const sequence = data[3]! + 1;
      if (sent.length === 1)
        socket.write(
          packet(
            sequence,
            Buffer.concat([
              Buffer.from([0xfe]),
              Buffer.from(`${plugin}\0`),
              Buffer.from('12345678901234567890\0'),
            ]),
          ),
        );
      else if (sent.length === 2 && plugin === 'caching_sha2_password')
        socket.write(packet(sequence, Buffer.from([1, 4])));
      else socket.write(packet(sequence, Buffer.concat([Buffer.from([1]), Buffer.from(KEY)])));
    });
  });
  await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
  return { port: (server.address() as AddressInfo).port, sent };
}

const signIn = (port: number, more: object = {}): Promise<unknown> =>
  connector.tables!(
    { host: '127.0.0.1', port, database: 'd', user: 'u', password: 'canary', ...more },
    { limit: 1 },
  ).then(
    () => 'connected',
    (error: unknown) => error,
  );

/** The length of what RSA with a key of 2048 bits makes of a password. */
const isEncrypted = (data: Buffer): boolean => data.length === 4 + 256;

it.each(['caching_sha2_password', 'sha256_password'])(
  'a server that hands out a key for %s without TLS is not sent the password under it (S-33)',
  async (plugin) => {
    const { port, sent } = await rogue(plugin);
    expect(await signIn(port)).toMatchObject({
      code: 'SLUICE_SRC_AUTH',
      detail: expect.stringContaining('it was not sent'),
    });
    expect(sent.some(isEncrypted)).toBe(false);
    expect(Buffer.concat(sent).includes('canary')).toBe(false);
  },
);

it('is sent it where the operator of the workers allows that', async () => {
  process.env['SLUICE_PLAIN_PASSWORDS'] = 'allow';
  const { port, sent } = await rogue('caching_sha2_password');
  const going = signIn(port);
  while (!sent.some(isEncrypted)) await new Promise((resolve) => setTimeout(resolve, 5));
  for (const socket of sockets) socket.destroy();
  expect(await going).not.toBe('connected');
});

it('a server that asks for the password in clear, or has no TLS where it is wanted, is sent none', async () => {
  const { port, sent } = await rogue('mysql_clear_password');
  expect(await signIn(port)).toMatchObject({ code: 'SLUICE_SRC_AUTH' });
  expect(Buffer.concat(sent).includes('canary')).toBe(false);
  sent.length = 0;
  await expect(signIn(port, { ssl: 'verify-full' })).resolves.toMatchObject({
    code: expect.stringMatching(/^SLUICE_/),
  });
  expect(sent).toEqual([]);
});
