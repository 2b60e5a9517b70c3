import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { loadConnector } from '@sluice/connectors';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Authority, type Certificate } from './certificates.ts';

const USER = 'user-that-is-told-after-the-handshake';
const NAMES = 'DNS:localhost,IP:127.0.0.1';
const authority = new Authority();
const other = new Authority();

/** Protocol 4.1 with TLS, secure connection and plugins. */
const CAPABILITIES = 0x200 | 0x800 | 0x8000 | 0x80000;

function mysqlGreeting(): Buffer {
  const low = Buffer.alloc(2);
  low.writeUInt16LE(CAPABILITIES & 0xffff);
  const high = Buffer.alloc(2);
  high.writeUInt16LE(CAPABILITIES >>> 16);
  const payload = Buffer.concat([
    Buffer.from('\u000a8.0.0\0\u0001\0\0\u000012345678\0'),
    low,
    Buffer.from([45, 2, 0]),
    high,
    Buffer.from([21]),
    Buffer.alloc(10),
    Buffer.from('123456789012\0mysql_native_password\0'),
  ]);
  const header = Buffer.alloc(4);
  header.writeUIntLE(payload.length, 0, 3);
  return Buffer.concat([header, payload]);
}

/** A server up to its handshake: it presents a certificate and keeps what it is told behind it. */
class Handshake {
  certificate!: Certificate;
  told = '';
  readonly #server: Server;

  constructor(kind: string) {
    this.#server = createServer((socket) => {
      socket.on('error', () => undefined);
      if (kind === 'mysql') socket.write(mysqlGreeting());
      socket.once('data', (data) => {
        if (kind === 'postgres') socket.write('S');
        // The client's TLS may have come with its request for it.
        else socket.pause().unshift(data.subarray(36));
        this.#encrypt(socket);
      });
    });
  }

  async listen(): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen(0, resolve));
    return (this.#server.address() as AddressInfo).port;
  }

  close(): void {
    this.#server.close();
  }

  #encrypt(socket: Socket): void {
    const { key, certificate: cert } = this.certificate;
    const secure = new TLSSocket(socket, { isServer: true, key, cert });
    secure.on('error', () => socket.destroy());
    secure.on('data', (data) => {
      this.told += data.toString('latin1');
      secure.destroy();
    });
  }
}

describe.each(['postgres', 'mysql'])('a handshake with a server of %s', (kind) => {
  const server = new Handshake(kind);
  let port: number;
  beforeAll(async () => {
    port = await server.listen();
  });
  afterAll(() => server.close());

  /** What was wrong with the certificate, and whether the server was told anything of the user. */
  async function outcome(certificate: Certificate, more: object = {}): Promise<[string, boolean]> {
    Object.assign(server, { certificate, told: '' });
    const connector = await loadConnector(kind);
    const config = {
      host: 'localhost',
      port,
      database: 'd',
      user: USER,
      password: 'p',
      caCertificate: authority.certificate,
    };
    const error = (await connector.tables!({ ...config, ssl: 'verify-full', ...more }, { limit: 1 }).catch(
      (thrown: unknown) => thrown,
    )) as { cause?: { message?: string } };
    return [String(error.cause?.message), server.told.includes(USER)];
  }

  it('goes on where the certificate is for the host, by name and by address', async () => {
    expect((await outcome(authority.sign(NAMES)))[1]).toBe(true);
    expect((await outcome(authority.sign('IP:127.0.0.1'), { host: '127.0.0.1' }))[1]).toBe(true);
  });

  it('ends, and tells nothing, where it is over, its own, of another authority or for another host', async () => {
    const address = { host: '127.0.0.1' };
    for (const [certificate, code, more] of [
      [authority.sign(NAMES, -1), /certificate has expired/, {}],
      [authority.selfSigned(NAMES), /self-signed certificate/, {}],
      [other.sign(NAMES), /unable to (verify|get)/, {}],
      [authority.sign(NAMES), /unable to (verify|get)/, { caCertificate: undefined }],
      [authority.sign('DNS:db.example'), /does not match certificate's altnames/, {}],
      [authority.sign('DNS:localhost'), /does not match certificate's altnames/, address],
      [authority.sign('IP:127.0.0.1'), /does not match certificate's altnames/, {}],
      [authority.sign('IP:127.0.0.2'), /does not match certificate's altnames/, address],
    ] as const)
      expect(await outcome(certificate, more)).toEqual([expect.stringMatching(code), false]);
  });

  it('takes a certificate as text and never as a path', async () => {
    for (const caCertificate of ['/etc/ssl/certs/ca-certificates.crt', '', 7]) {
      const connector = await loadConnector(kind);
      const config = {
        host: 'localhost',
        port,
        database: 'd',
        user: USER,
        ssl: 'verify-full',
        caCertificate,
      };
      await expect(async () => connector.tables!(config, { limit: 1 })).rejects.toMatchObject({
        code: 'SLUICE_CFG_INVALID',
        place: 'caCertificate',
      });
    }
  });
});

it('TLS is what a connection has everywhere but on loopback, where nothing else is said (S-30)', async () => {
  const { serverTls } = await import('@sluice/connector-sdk');
  for (const host of [
    'db.example',
    '10.0.0.1',
    '192.168.1.1',
    '2001:db8::1',
    '127.0.0.1.example',
    'localhost.example',
  ])
    expect([host, serverTls({ host })?.rejectUnauthorized]).toEqual([host, true]);
  for (const host of ['localhost', '127.0.0.1', '127.9.9.9', '::1'])
    expect([host, serverTls({ host })]).toEqual([host, undefined]);
  expect(serverTls({ host: 'db.example', ssl: 'disable' })).toBeUndefined();
  for (const ssl of ['prefer', 'require', 'no-verify', true, ''])
    expect(() => serverTls({ host: 'db.example', ssl })).toThrow(expect.objectContaining({ place: 'ssl' }));
});
