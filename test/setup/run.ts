/** Starts the servers that tests need, runs vitest with them, ends them: `node test/setup/run.ts [VITEST ARGUMENT ...]`. */
import { spawn } from 'node:child_process';
import { readFileSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startServers } from '../../infra/servers/index.ts';

const noSkip = process.env['CI'] === 'true' || process.env['SLUICE_NO_SKIP'] === '1';
const servers = await startServers(['postgres', 'mariadb', 'redis', 'kafka'], process.env);
for (const { kind, why } of servers.missing)
  process.stdout.write(`skipped: tests with ${kind} because ${why}\n`);
const report = join(mkdtempSync(join(tmpdir(), 'sluice-test-')), 'report.json');
const vitest = join(import.meta.dirname, '../../node_modules/vitest/vitest.mjs');
const args = [
  'run',
  '--reporter=default',
  '--reporter=json',
  `--outputFile.json=${report}`,
  ...process.argv.slice(2),
];
const child = spawn(process.execPath, [vitest, ...args], {
  stdio: 'inherit',
  env: { ...process.env, ...servers.environment },
});
const code = await new Promise<number>((resolve) => child.on('exit', (exit) => resolve(exit ?? 1)));
await servers.stop();
const {
  numPassedTests: passed,
  numFailedTests: failed,
  numPendingTests: pending,
} = JSON.parse(readFileSync(report, 'utf8')) as Record<string, number>;
const unwanted = noSkip ? servers.missing.length : 0;
if (unwanted > 0) process.stdout.write('Nothing may be skipped here.\n');
process.stdout.write(
  `${passed} passed, ${failed! + unwanted} failed${(pending ?? 0) > 0 ? `, ${pending} skipped` : ''}\n`,
);
process.exit(code === 0 && unwanted === 0 ? 0 : 1);
