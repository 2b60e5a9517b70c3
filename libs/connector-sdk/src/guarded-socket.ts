import { lookup as systemLookup } from 'node:dns';
import { isIP, type LookupFunction, Socket } from 'node:net';
import { SluiceError } from '@sluice/model';
import { type NetworkPolicy, networkPolicy } from './network-policy.ts';

type Resolve = (host: string) => Promise<readonly { readonly address: string; readonly family: number }[]>;

/**
 * A socket that connects only to where data sources may lead. The name is resolved once, every address is judged, and these addresses are
 * what it connects to: a name that answers differently a moment later gains nothing (S-37).
 */
export class GuardedSocket extends Socket {
  readonly #policy: NetworkPolicy;
  readonly #resolve: Resolve;
  /** Node verifies a certificate against this when a driver does not say for whom it is, as both do for hosts that are addresses. */
  _host: string | undefined;

  constructor(policy: NetworkPolicy = networkPolicy(), resolve: Resolve = resolveByName) {
    super();
    this.#policy = policy;
    this.#resolve = resolve;
  }

  /** For drivers that make the socket first and connect it themselves. */
  override connect(...given: unknown[]): this {
    const [port, host] = given;
    if (typeof port !== 'number' || typeof host !== 'string')
      throw new SluiceError('SLUICE_SYS_BUG', 'A data source is connected by host and port only.');
    this._host = host;
    try {
      demandHost(host);
      if (isIP(host) !== 0) this.#policy.demand(host, [host], port);
    } catch (error) {
      // As a socket tells everything else: later, by an event.
      process.nextTick(() => this.destroy(error as Error));
      return this;
    }
    return super.connect({ host, port, lookup: guardedLookup(port, this.#policy, this.#resolve) });
  }
}

/** Throws SLUICE_CFG_INVALID for a host that is a path: a local socket is not something that a data source may open (S-34). */
export function demandHost(host: string): void {
  // oxlint-disable-next-line no-control-regex -- exactly the characters that no host has
  if (host !== '' && !/[/\\@\s\0-\x1f]/.test(host)) return;
  throw new SluiceError('SLUICE_CFG_INVALID', { detail: 'The host is not a host name.', place: 'host' });
}

const resolveByName: Resolve = (host) =>
  new Promise((resolve, reject) =>
    systemLookup(host, { all: true }, (error, found) => (error === null ? resolve(found) : reject(error))),
  );

/** For `lookup` of sockets to one port: every address of a name is judged, and the socket connects to one of those that were. */
export function guardedLookup(
  port: number,
  policy: NetworkPolicy = networkPolicy(),
  resolve: Resolve = resolveByName,
): LookupFunction {
  return (host, { all }, done) => {
    resolve(host).then(
      (found) => {
        try {
          policy.demand(
            host,
            found.map(({ address }) => address),
            port,
          );
        } catch (error) {
          return done(error as NodeJS.ErrnoException, '', 4);
        }
        if (all === true) return done(null, [...found]);
        done(null, found[0]!.address, found[0]!.family);
      },
      (error: NodeJS.ErrnoException) => done(error, '', 4),
    );
  };
}
