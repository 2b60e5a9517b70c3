import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createConnection } from 'mysql2/promise';
import { locate } from './locate.ts';
import { freePort, launchServer, type Server } from './server-process.ts';

const server = (): string | undefined => locate(['mariadbd']);
const installer = (): string | undefined => locate(['mariadb-install-db']);

export function missingMariadb(): string | undefined {
  if (server() !== undefined && installer() !== undefined) return undefined;
  return 'MariaDB is not installed (Debian: apt-get install mariadb-server)';
}

/** A MariaDB with row binlog allowed to be asked for and LOAD DATA LOCAL on; user and password `sluice`. */
export async function startMariadb(): Promise<Server> {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-mariadb-'));
  chmodSync(directory, 0o755);
  const root = process.getuid?.() === 0 ? ['--user=mysql'] : [];
  const data = join(directory, 'data');
  const init = join(directory, 'init.sql');
  // The server reads one statement a line.
  const statements = [
    `create user sluice@'127.0.0.1' identified by 'sluice';`,
    `grant all on *.* to sluice@'127.0.0.1' with grant option;`,
  ];
  writeFileSync(init, `${statements.join('\n')}\n`);
  if (root.length > 0) execFileSync('chown', ['mysql', directory]);
  execFileSync(
    installer()!,
    [
      '--no-defaults',
      `--datadir=${data}`,
      '--skip-test-db',
      '--auth-root-authentication-method=normal',
      ...root,
    ],
    {
      stdio: 'pipe',
    },
  );
  const tls = ownCertificate(directory);
  const port = await freePort();
  const url = `mysql://sluice:sluice@127.0.0.1:${port}/mysql`;
  return launchServer({
    program: server()!,
    args: [
      '--no-defaults',
      `--datadir=${data}`,
      `--socket=${join(directory, 's.sock')}`,
      `--pid-file=${join(directory, 'pid')}`,
      `--init-file=${init}`,
      '--bind-address=127.0.0.1',
      `--port=${port}`,
      '--skip-name-resolve',
      '--local-infile=1',
      '--innodb-flush-log-at-trx-commit=0',
      '--innodb-buffer-pool-size=512M',
      '--innodb-log-file-size=512M',
      '--max-allowed-packet=64M',
      '--character-set-server=utf8mb4',
      ...tls,
      ...root,
    ],
    directory,
    url,
    ready: async () => {
      const connection = await createConnection(url);
      await connection.end();
      return true;
    },
  });
}

/** A certificate that nobody trusts, so that the server can be asked for TLS; tests put others into its files. */
function ownCertificate(directory: string): string[] {
  const openssl = locate(['openssl']);
  if (openssl === undefined) return [];
  const [certificate, key] = [join(directory, 'tls.crt'), join(directory, 'tls.key')];
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '30'];
  const made = ['-x509', ...kind, '-subj', '/CN=localhost', '-keyout', key, '-out', certificate];
  execFileSync(openssl, ['req', ...made], { stdio: 'pipe' });
  // The server reads it as another user.
  chmodSync(key, 0o644);
  return [`--ssl-cert=${certificate}`, `--ssl-key=${key}`];
}
