// `npm test`: installs, lints, checks types, runs the tests. More arguments go to vitest.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { buildConsole, install, node, root } from './install.mjs';

install();
buildConsole();
const bin = (name) => join(root, 'node_modules', '.bin', name);
const run = (program, args, more = {}) =>
  spawnSync(program, args, {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, PATH: `${join(root, 'node_modules', '.bin')}:${process.env.PATH}`, ...more },
  }).status === 0;

const given = process.argv.slice(2);
const checks =
  given.length > 0
    ? []
    : [
        run(bin('oxlint'), ['-c', '.oxlintrc.json', '--quiet']),
        run(bin('tsc'), ['--noEmit', '-p', 'tsconfig.json']),
        run(bin('tsc'), ['--noEmit', '-p', 'services/console/tsconfig.json']),
      ];
const failed = checks.filter((isFine) => !isFine).length;
if (failed > 0) process.stdout.write(`${failed} of lint and types failed\n`);
const isGood = run(node, ['test/setup/run.ts', ...given], {
  SLUICE_CHECKS: `${checks.length - failed},${failed}`,
});
process.exit(isGood ? 0 : 1);
