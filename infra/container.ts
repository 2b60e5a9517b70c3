/**
 * What a container of the image runs: `coordinator`, `reader`, `mapper` or `writer`, or `init FOLDER`, which makes the secrets of an
 * installation once. They lie in folders of their own, so that each container is given only what it needs.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const ROLES = ['coordinator', 'reader', 'mapper', 'writer'] as const;

/** Makes what is absent and leaves what is there. Nothing has a value that is known beforehand (S-1). */
function init(folder: string): void {
  const password = randomBytes(32).toString('hex');
  const secrets = {
    'coordinator/key': randomBytes(32).toString('hex'),
    'worker/token': randomBytes(32).toString('hex'),
  };
  for (const [name, secret] of Object.entries(secrets)) keep(folder, name, secret);
  // One secret in two places: what the server is given and what the coordinator connects with.
  if (keep(folder, 'postgres/password', password))
    keep(folder, 'coordinator/store', `postgres://sluice:${password}@postgres:5432/sluice`);
}

/** False when the file is there already. */
function keep(folder: string, name: string, secret: string): boolean {
  const path = join(folder, name);
  if (existsSync(path)) return false;
  mkdirSync(join(path, '..'), { recursive: true, mode: 0o700 });
  writeFileSync(path, `${secret}\n`, { mode: 0o600, flag: 'wx' });
  return true;
}

const [role = '', folder = ''] = process.argv.slice(2);
if (role === 'init' && folder !== '') init(folder);
else if ((ROLES as readonly string[]).includes(role)) await import(`../services/${role}/src/main.ts`);
else {
  process.stderr.write(
    `The command is one of ${ROLES.join(', ')}, or init FOLDER; not ${role || 'nothing'}.\n`,
  );
  process.exitCode = 2;
}
