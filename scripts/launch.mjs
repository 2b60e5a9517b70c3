// Installs, then runs a TypeScript file on the Node of this repository: `node scripts/launch.mjs FILE [ARG ...]`.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { install, node, root } from './install.mjs';

/** Runs to the end, hands signals on and ends as the program ended. */
export function launch(file, args) {
  install();
  const { flags } = JSON.parse(readFileSync(join(root, 'infra/node-flags.json'), 'utf8'));
  const child = spawn(node, [...flags, join(root, file), ...args], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  // As a shell says it: 130 for an interrupt.
  child.on('exit', (code, signal) => process.exit(signal ? 128 + constants.signals[signal] : (code ?? 1)));
}

if (process.argv[1]?.endsWith('launch.mjs')) {
  const [file, ...args] = process.argv.slice(2);
  launch(file, args);
}
