import { chownSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadConnector } from '@sluice/connectors';
import { has, testMariadb, testPostgres } from '@sluice/testkit';
import { createConnection } from 'mysql2/promise';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Authority, type Certificate } from './certificates.ts';

const NAMES = 'DNS:localhost,IP:127.0.0.1';

/** A real server whose certificate can be changed while it runs. */
interface Server {
  readonly config: Readonly<Record<string, unknown>>;
  present(certificate: Certificate): Promise<void>;
  stop(): Promise<void>;
}

const authority = new Authority();
const other = new Authority();

function configOf(url: string): Record<string, unknown> {
  const { port, username, password, pathname } = new URL(url);
  return { host: 'localhost', port: Number(port), user: username, password, database: pathname.slice(1) };
}

async function postgres(): Promise<Server> {
  const url = await testPostgres();
  const client = new Client({ connectionString: url });
  await client.connect();
  const [{ data_directory: folder }] = (await client.query('show data_directory')).rows as [
    { data_directory: string },
  ];
  const { uid, gid } = statSync(folder);
  let n = 0;
  return {
    config: configOf(url),
    present: async ({ certificate, key }) => {
      n += 1;
      for (const [name, text] of [
        ['crt', certificate],
        ['key', key],
      ] as const) {
        writeFileSync(join(folder, `tls${n}.${name}`), text, { mode: 0o600 });
        chownSync(join(folder, `tls${n}.${name}`), uid, gid);
      }
      await client.query(`alter system set ssl_cert_file = 'tls${n}.crt'`);
      await client.query(`alter system set ssl_key_file = 'tls${n}.key'`);
      await client.query('alter system set ssl = on');
      await client.query('select pg_reload_conf()');
      // The postmaster reads its settings when it comes to it.
      while (!(await client.query('show ssl_cert_file')).rows[0].ssl_cert_file.startsWith(`tls${n}.`))
        await client.query('select pg_sleep(0.02)');
    },
    stop: async () => {
      for (const name of ['ssl', 'ssl_cert_file', 'ssl_key_file'])
        await client.query(`alter system reset ${name}`);
      await client.query('select pg_reload_conf()');
      await client.end();
    },
  };
}

async function mariadb(): Promise<Server> {
  const url = await testMariadb();
  const client = await createConnection(url);
  const path = async (name: string): Promise<string> => {
    const [rows] = await client.query(`show variables like '${name}'`);
    return (rows as { Value: string }[])[0]!.Value;
  };
  const [certificate, key] = [await path('ssl_cert'), await path('ssl_key')];
  // The server listens on the address, not on the name; the driver is told the name for the certificate.
  return {
    config: configOf(url),
    present: async (next) => {
      writeFileSync(certificate, next.certificate);
      writeFileSync(key, next.key);
      await client.query('flush ssl');
    },
    stop: () => client.end(),
  };
}

describe.each([
  ['postgres', postgres],
  ['mysql', mariadb],
] as const)('%s by ssl verify-full', (kind, start) => {
  describe.skipIf(!has(kind === 'mysql' ? 'mariadb' : kind))('', () => {
    let server: Server;
    beforeAll(async () => {
      server = await start();
    });
    afterAll(() => server.stop());

    /** Whether a session came about, else what was wrong. */
    async function outcome(more: Record<string, unknown>): Promise<unknown> {
      const connector = await loadConnector(kind);
      const config = { ...server.config, ssl: 'verify-full', caCertificate: authority.certificate, ...more };
      try {
        await connector.tables!(config, { limit: 1 });
        return 'connected';
      } catch (error) {
        const { cause, code, message } = error as {
          cause?: { message?: string };
          code: string;
          message: string;
        };
        return cause?.message ?? `${code} ${message}`;
      }
    }

    it('connects where the certificate is for the host, by name and by address', async () => {
      await server.present(authority.sign(NAMES));
      expect(await outcome({})).toBe('connected');
      expect(await outcome({ host: '127.0.0.1' })).toBe('connected');
    });

    it('connects to none whose certificate is over, its own, of another authority or for another name', async () => {
      for (const [certificate, wanted] of [
        [authority.sign(NAMES, -1), /certificate has expired/],
        [authority.selfSigned(NAMES), /self-signed certificate/],
        [other.sign(NAMES), /unable to (verify|get)/],
        [authority.sign('DNS:db.example'), /does not match certificate's altnames/],
      ] as const) {
        await server.present(certificate);
        expect(await outcome({})).toMatch(wanted);
      }
    });

    it('connects to no address by a certificate that is only for a name, and to no name by one for an address', async () => {
      await server.present(authority.sign('DNS:localhost'));
      expect(await outcome({})).toBe('connected');
      expect(await outcome({ host: '127.0.0.1' })).toMatch(/does not match certificate's altnames/);
      await server.present(authority.sign('IP:127.0.0.1'));
      expect(await outcome({ host: '127.0.0.1' })).toBe('connected');
      expect(await outcome({})).toMatch(/does not match certificate's altnames/);
    });

    it('trusts the authorities of the system where none is given: a good certificate of another is refused', async () => {
      await server.present(authority.sign(NAMES));
      expect(await outcome({ caCertificate: undefined })).toMatch(/unable to (verify|get)/);
    });
  });
});
