import { createHash } from 'node:crypto';
import { existsSync, globSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const FOLDER = join(import.meta.dirname, '..');
const ROOT = join(FOLDER, '../..');

/** Where the built console lies; any web server can serve it under `/console/`. */
export const CONSOLE_FILES = join(FOLDER, 'dist');

/** Everything that the built files are made from, by paths from the root of the repository. */
const INPUTS = [
  'services/console/src/**/*',
  'services/console/public/*',
  'services/console/index.html',
  'services/console/package.json',
  'libs/model/src/**/*.ts',
  'package-lock.json',
];

/** Builds the console unless it is there already, made from the same files. Answers whether it had to. */
export async function buildConsole(): Promise<boolean> {
  const made = fingerprint();
  const stamp = join(CONSOLE_FILES, 'made-from');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === made) return false;
  const { build } = await import('vite');
  // A test runner says `test`, and libraries would be built with their checks for developers.
  const { NODE_ENV: before } = process.env;
  process.env['NODE_ENV'] = 'production';
  // Two processes may build at once: each in a folder of its own, and the last one stays.
  const whole = join(FOLDER, '.cache', String(process.pid));
  mkdirSync(whole, { recursive: true });
  await build({
    configFile: false,
    root: FOLDER,
    base: '/console/',
    logLevel: 'error',
    build: {
      outDir: whole,
      emptyOutDir: true,
      target: 'es2023',
      // A data: address is none of ours (S-60).
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      reportCompressedSize: false,
      chunkSizeWarningLimit: 1000,
    },
  });
  if (before === undefined) delete process.env['NODE_ENV'];
  else process.env['NODE_ENV'] = before;
  writeFileSync(join(whole, 'made-from'), made);
  rmSync(CONSOLE_FILES, { recursive: true, force: true });
  try {
    renameSync(whole, CONSOLE_FILES);
  } catch {
    // Another process was faster with the same.
    rmSync(whole, { recursive: true, force: true });
  }
  return true;
}

function fingerprint(): string {
  const hash = createHash('sha256');
  for (const path of globSync(INPUTS, { cwd: ROOT }).toSorted()) {
    if (/\.test\.tsx?$/.test(path) || !/\.\w+$/.test(path)) continue;
    hash
      .update(path)
      .update('\0')
      .update(readFileSync(join(ROOT, path)));
  }
  return hash.digest('hex');
}

if (import.meta.main) {
  const started = performance.now();
  const isNew = await buildConsole();
  if (isNew)
    process.stderr.write(`Built the console in ${((performance.now() - started) / 1000).toFixed(1)} s.\n`);
}
