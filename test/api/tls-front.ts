import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSecureContext, TLSSocket } from 'node:tls';

export interface TlsFront {
  readonly port: number;
  /** PEM of the certificate, which is its own authority. */
  readonly certificate: string;
  close(): Promise<void>;
}

/**
 * TLS with a self-signed certificate for `localhost` in front of a real PostgreSQL that speaks none: it answers the request for TLS and
 * hands on what comes through.
 */
export async function tlsFront(target: URL): Promise<TlsFront> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-tls-'));
  const [key, cert] = ['key.pem', 'cert.pem'].map((name) => join(folder, name)) as [string, string];
  const made =
    'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost';
  const named = ['-addext', 'subjectAltName=DNS:localhost', '-keyout', key, '-out', cert];
  execFileSync('openssl', [...made.split(' '), ...named], { stdio: 'ignore' });
  const secureContext = createSecureContext({ key: readFileSync(key), cert: readFileSync(cert) });
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.on('error', () => undefined);
    socket.once('data', () => {
      socket.write('S');
      const secure = new TLSSocket(socket, { isServer: true, secureContext });
      const back = connect(Number(target.port), target.hostname);
      for (const end of [secure, back]) end.on('error', () => [secure, back].forEach((one) => one.destroy()));
      secure.pipe(back).pipe(secure);
      open.add(back);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    certificate: readFileSync(cert, 'utf8'),
    close: async () => {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
