import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { journalled, reported, type Tally } from './tally.ts';

const VITEST = join(import.meta.dirname, '../../node_modules/vitest/vitest.mjs');

/** Runs vitest once to its end; a run that hangs is ended after `minutes`, with the names of the files that did not end. */
export async function vitestRound(
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
  minutes: number,
): Promise<Tally> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-test-'));
  const [report, journal] = [join(folder, 'report.json'), join(folder, 'journal.tsv')];
  const reporters = ['default', join(import.meta.dirname, 'module-journal.ts'), 'json'];
  const child = spawn(
    process.execPath,
    [
      VITEST,
      'run',
      ...reporters.map((reporter) => `--reporter=${reporter}`),
      `--outputFile.json=${report}`,
      ...args,
    ],
    {
      stdio: 'inherit',
      // A group of its own: a worker that spins in a loop outlives vitest and answers no signal but SIGKILL.
      detached: true,
      env: { ...process.env, ...environment, SLUICE_TEST_JOURNAL: journal },
    },
  );
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
  }, minutes * 60_000);
  const code = await new Promise<number>((resolve) => child.on('exit', (exit) => resolve(exit ?? 1)));
  clearTimeout(deadline);
  endAll();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, endAll);
  if (!hung && existsSync(report)) return reported(report, code);
  const { tally, unfinished } = journalled(journal);
  process.stdout.write(
    `${hung ? `Ended after ${minutes} minutes` : 'Ended early'}, unfinished: ${unfinished.join(', ')}\n`,
  );
  return tally;
}
