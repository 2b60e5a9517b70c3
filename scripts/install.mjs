// Installs what is missing. Plain JavaScript that an old Node can read: the Node that Sluice runs on comes from npm.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..');
export const node = join(root, 'node_modules', '.bin', 'node');
const stamp = join(root, 'node_modules', '.sluice-lock');

/** Runs `npm ci` when the lockfile is not the one that was installed. Ends the process when that fails. */
export function install() {
  const wanted = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  if (existsSync(stamp) && existsSync(node) && readFileSync(stamp, 'utf8') === wanted) return;
  process.stderr.write('Installing dependencies (npm ci) ...\n');
  const { status } = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
  });
  if (status !== 0) {
    process.stderr.write('npm ci failed; see above.\n');
    process.exit(1);
  }
  writeFileSync(stamp, wanted);
}

/** Builds the console when it is missing or older than its sources; without it there is a plain status page. */
export function buildConsole() {
  spawnSync(node, [join(root, 'services/console/src/build.ts')], { cwd: root, stdio: ['ignore', 2, 2] });
}
