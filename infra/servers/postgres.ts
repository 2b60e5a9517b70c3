import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Client } from 'pg';
import { asUser, locate } from './locate.ts';
import { freePort, launchServer, type Server } from './server-process.ts';

const initdb = (): string | undefined =>
  locate([], ['/usr/lib/postgresql/*/bin/initdb']) ?? locate(['initdb']);

export function missingPostgres(): string | undefined {
  return initdb() === undefined
    ? 'PostgreSQL is not installed (Debian: apt-get install postgresql)'
    : undefined;
}

/** A PostgreSQL without fsync, with logical replication allowed; user and password `sluice`. */
export async function startPostgres(): Promise<Server> {
  const bin = dirname(initdb()!);
  const directory = mkdtempSync(join(tmpdir(), 'sluice-postgres-'));
  chmodSync(directory, 0o755);
  const user = asUser(...idsOf('postgres'));
  const data = join(directory, 'data');
  const password = join(directory, 'password');
  writeFileSync(password, 'sluice\n', { mode: 0o644 });
  if (user.uid !== undefined) chownSync(directory, user.uid, user.gid!);
  execFileSync(
    join(bin, 'initdb'),
    [
      '-D',
      data,
      '-U',
      'sluice',
      '--pwfile',
      password,
      '-A',
      'scram-sha-256',
      '-E',
      'UTF8',
      '--locale=C.UTF-8',
      '--no-sync',
    ],
    { stdio: 'pipe', cwd: directory, ...user },
  );
  const port = await freePort();
  const url = `postgres://sluice:sluice@127.0.0.1:${port}/postgres`;
  const settings = [
    'fsync=off',
    'max_connections=200',
    'wal_level=logical',
    `port=${port}`,
    'listen_addresses=127.0.0.1',
    `unix_socket_directories=${directory}`,
    'max_wal_size=4GB',
    'shared_buffers=256MB',
  ];
  return launchServer({
    program: join(bin, 'postgres'),
    args: ['-D', data, ...settings.flatMap((setting) => ['-c', setting])],
    options: { cwd: directory, ...user },
    directory,
    url,
    stopSignal: 'SIGINT',
    ready: async () => {
      const client = new Client({ connectionString: url });
      client.on('error', () => undefined);
      await client.connect();
      await client.end();
      return true;
    },
  });
}

/** Numeric ids of an OS user; undefined when there is none. */
export function idsOf(name: string): [uid: number | undefined, gid: number | undefined] {
  try {
    const id = (flag: string): number =>
      Number(execFileSync('id', [flag, name], { stdio: 'pipe' }).toString());
    return [id('-u'), id('-g')];
  } catch {
    return [undefined, undefined];
  }
}
