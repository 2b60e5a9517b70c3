import { mkdirSync, mkdtempSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { locate } from './locate.ts';
import { freePort, launchServer, type Server } from './server-process.ts';

/** As .ci/run installs it, by the Go module proxy. */
const VERSION = '1.8.0';
const CREDENTIALS = { user: 'sluice', password: 'not-a-secret-of-anybody' };

function gateway(): string | undefined {
  const cache = process.env['SLUICE_CACHE'] ?? join(homedir(), '.cache', 'sluice');
  return locate(['versitygw'], [join(cache, `versitygw-${VERSION}`, 'versitygw')]);
}

export function missingS3(): string | undefined {
  return gateway() === undefined
    ? `there is no S3 server (GOBIN=~/.cache/sluice/versitygw-${VERSION} go install github.com/versity/versitygw/cmd/versitygw@v${VERSION})`
    : undefined;
}

/** An S3 server on a folder. The URL has its access key and secret as user and password. */
export async function startS3(): Promise<Server> {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-s3-'));
  const [buckets, meta] = ['buckets', 'meta'].map((name) => join(directory, name)) as [string, string];
  for (const folder of [buckets, meta]) mkdirSync(folder);
  const port = await freePort();
  const { user, password } = CREDENTIALS;
  return launchServer({
    program: gateway()!,
    // Metadata beside the objects: not every file system of a test machine has extended attributes.
    args: ['--port', `127.0.0.1:${port}`, '--quiet', '--keep-alive', 'posix', '--sidecar', meta, buckets],
    options: { env: { ...process.env, ROOT_ACCESS_KEY: user, ROOT_SECRET_KEY: password } },
    directory,
    url: `http://${user}:${password}@127.0.0.1:${port}`,
    ready: () =>
      fetch(`http://127.0.0.1:${port}/`).then(
        () => true,
        () => false,
      ),
  });
}
