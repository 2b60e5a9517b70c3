import { isIP } from 'node:net';
import { SluiceError } from '@sluice/model';
import type { DataSourceConfig } from './connector.ts';

/** TLS as every driver takes it: always verified, the certificate and the name. */
export interface ServerTls {
  readonly rejectUnauthorized: true;
  readonly verifyIdentity: true;
  readonly minVersion: 'TLSv1.2';
  /** Authorities that are trusted, PEM; absent: those of the system. */
  readonly ca?: string;
}

/**
 * How a connection is encrypted: as `ssl` says (`disable`, `verify-full`), without it everywhere but on loopback (S-30). There is nothing between:
 * encryption that does not verify keeps nobody out. Certificates are text, never paths (S-34). Throws SLUICE_CFG_INVALID.
 */
export function serverTls(config: DataSourceConfig): ServerTls | undefined {
  const { host, ssl, caCertificate: ca } = config;
  if (ssl !== undefined && ssl !== 'disable' && ssl !== 'verify-full')
    throw new SluiceError('SLUICE_CFG_INVALID', { detail: 'ssl is disable or verify-full.', place: 'ssl' });
  if (ca !== undefined && (typeof ca !== 'string' || !ca.includes('-----BEGIN CERTIFICATE-----')))
    throw new SluiceError('SLUICE_CFG_INVALID', {
      detail: 'The CA certificate is no certificate in PEM.',
      place: 'caCertificate',
      hint: 'Paste the text of the file, from -----BEGIN CERTIFICATE----- on; a path is not read.',
    });
  if (ssl === 'disable' || (ssl === undefined && isLoopback(String(host)))) return undefined;
  return {
    rejectUnauthorized: true,
    verifyIdentity: true,
    minVersion: 'TLSv1.2',
    ...(ca === undefined ? {} : { ca: ca as string }),
  };
}

/**
 * Set to `allow` by an operator who knows that nobody listens on the way to old servers: passwords then also go out without TLS to a server that
 * asks for them in clear (S-33).
 */
export const PLAIN_PASSWORDS = 'SLUICE_PLAIN_PASSWORDS';

function isLoopback(host: string): boolean {
  if (isIP(host) === 0) return host.toLowerCase() === 'localhost';
  return host === '::1' || host.startsWith('127.');
}
