import { lookup } from 'node:dns/promises';
import { isIP, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { asSluiceError, SluiceError } from '@sluice/model';
import type { CheckStage } from './connector.ts';
import { demandHost, GuardedSocket } from './guarded-socket.ts';
import { networkPolicy } from './network-policy.ts';

/** What a stage found; `remedy` beside something that is allowed but will be missed. */
export interface Found {
  readonly detail: string;
  readonly remedy?: string;
}

export interface StageOptions {
  /** What to do about this failure, better than what its code says of all of them. */
  readonly remedy?: (error: SluiceError) => string | undefined;
}

/** The longest wait of one step on the network, in milliseconds. */
const PATIENCE = 5_000;

/** The stages of one check, in order; after one that failed no other is begun. */
export class ConnectionCheck {
  readonly stages: CheckStage[] = [];
  readonly #signal: AbortSignal;
  readonly #classify: (error: unknown) => SluiceError;

  /** `classify` makes a driver's or a socket's error one of the source's codes. */
  constructor(signal: AbortSignal, classify: (error: unknown) => SluiceError) {
    this.#signal = signal;
    this.#classify = classify;
  }

  get isFailed(): boolean {
    return this.stages.some(({ ok }) => !ok);
  }

  async stage(
    name: string,
    body: () => Promise<Found | string> | Found | string,
    { remedy }: StageOptions = {},
  ): Promise<void> {
    if (this.isFailed) return;
    const started = performance.now();
    const milliseconds = (): number => Math.round(performance.now() - started);
    try {
      if (this.#signal.aborted) throw late();
      const found = await body();
      const { detail, ...more } = typeof found === 'string' ? { detail: found } : found;
      this.stages.push({ name, ok: true, detail, ...more, milliseconds: milliseconds() });
    } catch (thrown) {
      const error = asSluiceError(this.#signal.aborted ? late() : this.#classify(thrown));
      const { code, detail, hint } = error;
      const what = { code, detail, remedy: remedy?.(error) ?? hint };
      this.stages.push({ name, ok: false, ...what, milliseconds: milliseconds() });
    }
  }

  /** The name and the port: `resolve` and `connect`. Nothing is sent. */
  async reach(host: string, port: number): Promise<void> {
    await this.stage(
      'resolve',
      async () => {
        demandHost(host);
        const found = (await lookup(host, { all: true })).map(({ address }) => address);
        networkPolicy().demand(host, found, port);
        return [...new Set(found)].join(', ');
      },
      {
        remedy: ({ code, hint }) =>
          code.startsWith('SLUICE_CFG_')
            ? hint
            : `Correct the host "${host}": the name server of this worker's machine does not know it. In a private network give the data source a resource group there.`,
      },
    );
    await this.stage(
      'connect',
      async () => {
        const socket = await openSocket(host, port, this.#signal);
        socket.destroy();
        return `${host}:${port} answers.`;
      },
      {
        remedy: ({ detail }) =>
          /refused/i.test(detail)
            ? `Correct the port ${port}, or let the server listen for connections from other machines.`
            : `Let the network between this worker and ${host}:${port} through: a firewall or a missing route holds it back.`,
      },
    );
  }

  /** The stage `tls`: `ask` makes the server ready for a handshake, or throws because it will not. */
  async tls(
    host: string,
    port: number,
    ca: string | undefined,
    ask: (socket: Socket) => Promise<void>,
  ): Promise<void> {
    await this.stage(
      'tls',
      async () => {
        const socket = await openSocket(host, port, this.#signal);
        try {
          await ask(socket);
          const secure = await handshake(socket, host, ca);
          return `${secure.getProtocol()}, ${secure.getCipher().name}; the certificate is trusted and of this host.`;
        } finally {
          socket.destroy();
        }
      },
      { remedy: tlsRemedy },
    );
  }
}

/** Opens a TCP connection. Throws the socket's error, ETIMEDOUT after some seconds. */
function openSocket(host: string, port: number, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = new GuardedSocket().connect(port, host);
    const end = (): void => void socket.destroy(late());
    signal.addEventListener('abort', end, { once: true });
    socket.once('close', () => signal.removeEventListener('abort', end));
    socket.setTimeout(PATIENCE, () => socket.destroy(late()));
    socket.once('error', (error: NodeJS.ErrnoException & { errors?: Error[] }) =>
      // A name with several addresses fails with an error of errors and no text of its own.
      reject(error.message === '' ? Object.assign(error, { message: `connect ${error.code}` }) : error),
    );
    socket.once('connect', () => resolve(socket));
  });
}

function handshake(socket: Socket, host: string, ca: string | undefined): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const name = isIP(host) === 0 ? { servername: host } : {};
    const trusted = ca === undefined ? {} : { ca };
    const options = {
      socket,
      host,
      ...name,
      ...trusted,
      rejectUnauthorized: true,
      minVersion: 'TLSv1.2',
    } as const;
    const secure = connectTls(options, () => resolve(secure));
    secure.once('error', reject);
    socket.once('close', () => reject(late()));
  });
}

/** The next bytes that the server sends; throws when it ends without any. */
export function nextBytes(socket: Socket): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const end = (): void => reject(Object.assign(new Error('The server hung up.'), { code: 'ECONNRESET' }));
    socket.once('data', (bytes) => {
      socket.off('close', end);
      resolve(bytes as Buffer);
    });
    socket.once('close', end);
  });
}

function late(): Error {
  return Object.assign(new Error('The check took too long.'), { code: 'ETIMEDOUT' });
}

/** The server of a `tls` stage speaks none. */
export const noTls = (): SluiceError =>
  new SluiceError('SLUICE_SRC_TLS', 'The server speaks no TLS on this port.');

function tlsRemedy({ cause, detail, hint }: SluiceError): string {
  const code = String((cause as { code?: string } | undefined)?.code ?? '');
  if (detail.includes('speaks no TLS'))
    return 'Turn TLS on at the server, or set ssl to disable where you trust the network.';
  if (/SELF_SIGNED|UNABLE_TO/.test(code))
    return 'Give the data source the certificate of its authority (caCertificate), or name the authority in NODE_EXTRA_CA_CERTS of the worker.';
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return 'Use the host name that the certificate is made out to.';
  if (code === 'CERT_HAS_EXPIRED') return 'Renew the certificate of the server.';
  return hint;
}

const TLS_CODES: ReadonlySet<string> = new Set([
  'HANDSHAKE_NO_SSL_SUPPORT',
  'HANDSHAKE_SSL_ERROR',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_GET_ISSUER_CERT',
]);

/** Whether a driver's or a socket's code says that TLS failed. */
export const isTlsCode = (code: string): boolean =>
  TLS_CODES.has(code) || code.startsWith('ERR_SSL') || code.startsWith('ERR_TLS');
