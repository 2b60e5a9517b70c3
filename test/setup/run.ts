/** Starts the servers that tests need, runs vitest with them, ends them: `node test/setup/run.ts [VITEST ARGUMENT ...]`. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startServers } from '../../infra/servers/index.ts';

const noSkip = process.env['CI'] === 'true' || process.env['SLUICE_NO_SKIP'] === '1';
/** Minutes after which a run that hangs is ended, with the names of the files that did not end. */
const LIMIT = Number(process.env['SLUICE_TEST_MINUTES'] ?? 45);

const servers = await startServers(['postgres', 'mariadb', 'redis', 'kafka'], process.env);
for (const { kind, why } of servers.missing)
  process.stdout.write(`skipped: tests with ${kind} because ${why}\n`);
const folder = mkdtempSync(join(tmpdir(), 'sluice-test-'));
const report = join(folder, 'report.json');
const journal = join(folder, 'journal.tsv');
const vitest = join(import.meta.dirname, '../../node_modules/vitest/vitest.mjs');
const args = [
  'run',
  '--reporter=default',
  `--reporter=${join(import.meta.dirname, 'module-journal.ts')}`,
  '--reporter=json',
  `--outputFile.json=${report}`,
  ...process.argv.slice(2),
];
const child = spawn(process.execPath, [vitest, ...args], {
  stdio: 'inherit',
  // A group of its own: a worker that spins in a loop outlives vitest and answers no signal but SIGKILL.
  detached: true,
  env: { ...process.env, ...servers.environment, SLUICE_TEST_JOURNAL: journal },
});
const endAll = (): void => {
  try {
    process.kill(-child.pid!, 'SIGKILL');
  } catch {
    // It has ended.
  }
};
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, endAll);
let hung = false;
const deadline = setTimeout(() => {
  hung = true;
  endAll();
}, LIMIT * 60_000);
const code = await new Promise<number>((resolve) => child.on('exit', (exit) => resolve(exit ?? 1)));
clearTimeout(deadline);
endAll();
await servers.stop();

const tally = { passed: 0, failed: 0, pending: 0 };
if (!hung && existsSync(report)) {
  const { numPassedTests, numFailedTests, numPendingTests, numFailedTestSuites } = JSON.parse(
    readFileSync(report, 'utf8'),
  ) as Record<string, number>;
  Object.assign(tally, { passed: numPassedTests, failed: numFailedTests, pending: numPendingTests });
  // A file that could not be loaded has no failed test, only a failed suite.
  if (tally.failed === 0 && code !== 0) tally.failed = numFailedTestSuites || 1;
} else {
  const unfinished = new Set<string>();
  for (const line of existsSync(journal) ? readFileSync(journal, 'utf8').trim().split('\n') : []) {
    const [what, file, passed, failed] = line.split('\t');
    if (what === 'begun') unfinished.add(file!);
    else {
      unfinished.delete(file!);
      tally.passed += Number(passed);
      tally.failed += Number(failed);
    }
  }
  process.stdout.write(
    `${hung ? `Ended after ${LIMIT} minutes` : 'Ended early'}, unfinished: ${[...unfinished].join(', ')}\n`,
  );
  tally.failed += Math.max(1, unfinished.size);
}
if (noSkip && servers.missing.length > 0) {
  process.stdout.write('Nothing may be skipped here.\n');
  tally.failed += servers.missing.length;
}
process.stdout.write(
  `${tally.passed} passed, ${tally.failed} failed${tally.pending > 0 ? `, ${tally.pending} skipped` : ''}\n`,
);
process.exit(tally.failed === 0 ? 0 : 1);
