import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Certificate {
  readonly certificate: string;
  readonly key: string;
}

const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

/** An authority of its own, and certificates that it signs; all in a new folder. */
export class Authority {
  readonly #folder = mkdtempSync(join(tmpdir(), 'sluice-tls-'));
  /** PEM of the authority's own certificate. */
  readonly certificate: string;
  #made = 0;

  constructor() {
    this.#openssl(
      'req',
      '-x509',
      ...KEY,
      '-keyout',
      'ca.key',
      '-out',
      'ca.pem',
      '-days',
      '30',
      '-subj',
      '/CN=Test authority',
    );
    this.certificate = readFileSync(join(this.#folder, 'ca.pem'), 'utf8');
  }

  /** @param names as in subjectAltName: `DNS:localhost`, `IP:127.0.0.1`; @param days of validity, negative: over since */
  sign(names: string, days = 30): Certificate {
    const name = `c${++this.#made}`;
    writeFileSync(join(this.#folder, `${name}.ext`), `subjectAltName=${names}`);
    this.#openssl(
      'req',
      '-new',
      ...KEY,
      '-keyout',
      `${name}.key`,
      '-out',
      `${name}.csr`,
      '-subj',
      '/CN=server',
    );
    const signed = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-extfile', `${name}.ext`];
    this.#openssl(
      'x509',
      '-req',
      '-in',
      `${name}.csr`,
      ...signed,
      '-days',
      String(days),
      '-out',
      `${name}.pem`,
    );
    return this.#read(name);
  }

  /** One that nobody signed but its own key. */
  selfSigned(names: string): Certificate {
    const name = `c${++this.#made}`;
    const subject = ['-days', '30', '-subj', '/CN=server', '-addext', `subjectAltName=${names}`];
    this.#openssl('req', '-x509', ...KEY, '-keyout', `${name}.key`, '-out', `${name}.pem`, ...subject);
    return this.#read(name);
  }

  #read(name: string): Certificate {
    const read = (end: string): string => readFileSync(join(this.#folder, `${name}.${end}`), 'utf8');
    return { certificate: read('pem'), key: read('key') };
  }

  #openssl(...args: readonly string[]): void {
    execFileSync('openssl', args, { cwd: this.#folder, stdio: 'pipe' });
  }
}
