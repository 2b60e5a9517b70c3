import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:net';
import { locate } from './locate.ts';
import { freePort, launchServer, type Server } from './server-process.ts';

export function missingRedis(): string | undefined {
  return locate(['redis-server']) === undefined
    ? 'Redis is not installed (Debian: apt-get install redis-server)'
    : undefined;
}

export async function startRedis(): Promise<Server> {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-redis-'));
  const port = await freePort();
  return launchServer({
    program: locate(['redis-server'])!,
    args: [
      '--port',
      String(port),
      '--bind',
      '127.0.0.1',
      '--save',
      '',
      '--appendonly',
      'no',
      '--dir',
      directory,
    ],
    directory,
    url: `redis://127.0.0.1:${port}`,
    ready: () =>
      new Promise((resolve) => {
        const socket = connect(port, '127.0.0.1');
        socket.once('connect', () => {
          socket.destroy();
          resolve(true);
        });
        socket.once('error', () => resolve(false));
      }),
  });
}
