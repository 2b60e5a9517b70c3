// `npm test`: installs, lints, checks types, runs the tests. More arguments go to vitest.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { install, node, root } from './install.mjs';

install();
const bin = (name) => join(root, 'node_modules', '.bin', name);
const run = (program, args) =>
  spawnSync(program, args, {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, PATH: `${join(root, 'node_modules', '.bin')}:${process.env.PATH}` },
  }).status ?? 1;

const given = process.argv.slice(2);
let failed = 0;
if (given.length === 0) {
  failed += run(bin('oxlint'), ['-c', '.oxlintrc.json', '--quiet']) === 0 ? 0 : 1;
  failed += run(bin('tsc'), ['--noEmit', '-p', 'tsconfig.json']) === 0 ? 0 : 1;
  if (failed > 0) process.stdout.write(`${failed} of lint and types failed\n`);
}
failed += run(node, ['test/setup/run.ts', ...given]) === 0 ? 0 : 1;
process.exit(failed === 0 ? 0 : 1);
