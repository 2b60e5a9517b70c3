/**
 * Starts the servers that tests need, runs vitest with them, ends them: `node test/setup/run.ts [VITEST ARGUMENT ...]`.
 *
 * `SLUICE_LARGE_ROWS` asks for a second round: the equality matrix of test/e2e once more, with so many rows (`.ci/run`: 1,000,000).
 * `SLUICE_CHECKS` (`passed,failed`) is what was checked before, for the sum in the closing line.
 */
import { join } from 'node:path';
import { chromium } from '../../infra/chromium.ts';
import { pythonWith } from '../../infra/python.ts';
import { startServers } from '../../infra/servers/index.ts';
import { add, lineOf, NOTHING, type Tally } from './tally.ts';
import { vitestRound } from './vitest-round.ts';

const LARGE = ['test/e2e/copy.test.ts', 'test/e2e/cluster.test.ts', '-t', 'is equal row by row'];

const noSkip = process.env['CI'] === 'true' || process.env['SLUICE_NO_SKIP'] === '1';
const minutes = Number(process.env['SLUICE_TEST_MINUTES'] ?? 45);
const largeRows = process.env['SLUICE_LARGE_ROWS'] ?? '';
const args = process.argv.slice(2);

const [checked = 0, unfit = 0] = (process.env['SLUICE_CHECKS'] ?? '').split(',').map(Number);
let tally: Tally = { ...NOTHING, passed: checked, failed: unfit };
const [servers, stock, fuzzer] = await Promise.all([
  startServers(['postgres', 'mariadb', 'redis', 'kafka', 's3'], process.env),
  pythonWith(join(import.meta.dirname, '../interop/requirements.txt')),
  pythonWith(join(import.meta.dirname, '../api/fuzz-requirements.txt')),
]);
const missing: { readonly kind: string; readonly why: string }[] = [...servers.missing];
const environment: Record<string, string> = { ...servers.environment };
if ('python' in stock) environment['SLUICE_TEST_PYTHON'] = stock.python;
else missing.push({ kind: 'a stock Python client', why: stock.why });
if ('python' in fuzzer) environment['SLUICE_TEST_FUZZER'] = fuzzer.python;
else missing.push({ kind: 'an API fuzzer', why: fuzzer.why });
const browser = chromium();
if ('path' in browser) environment['SLUICE_TEST_CHROMIUM'] = browser.path;
else missing.push({ kind: 'a browser', why: browser.why });
for (const { kind, why } of missing) process.stdout.write(`skipped: tests with ${kind} because ${why}\n`);
tally = add(tally, await vitestRound(args, environment, minutes));
if (largeRows !== '' && args.length === 0) {
  process.stdout.write(`The equality matrix with ${largeRows} rows:\n`);
  const round = await vitestRound(LARGE, { ...environment, SLUICE_ROWS: largeRows }, minutes);
  // What `-t` leaves out was run in the first round.
  tally = add(tally, { ...round, pending: 0 });
}
await servers.stop();

if (noSkip && missing.length > 0) {
  process.stdout.write('Nothing may be skipped here.\n');
  tally = add(tally, { ...NOTHING, failed: missing.length });
}
process.stdout.write(lineOf(tally));
process.exit(tally.failed === 0 ? 0 : 1);
