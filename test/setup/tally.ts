import { existsSync, readFileSync } from 'node:fs';

/** What became of tests. */
export interface Tally {
  readonly passed: number;
  readonly failed: number;
  readonly pending: number;
}

export const NOTHING: Tally = { passed: 0, failed: 0, pending: 0 };

export function add(a: Tally, b: Tally): Tally {
  return { passed: a.passed + b.passed, failed: a.failed + b.failed, pending: a.pending + b.pending };
}

/** From the report that vitest writes when it ends; `code` is its exit code. */
export function reported(report: string, code: number): Tally {
  const { numPassedTests, numFailedTests, numPendingTests, numFailedTestSuites } = JSON.parse(
    readFileSync(report, 'utf8'),
  ) as Record<string, number>;
  // A file that could not be loaded has no failed test, only a failed suite.
  const failed = numFailedTests === 0 && code !== 0 ? numFailedTestSuites || 1 : numFailedTests!;
  return { passed: numPassedTests!, failed, pending: numPendingTests! };
}

/** From the journal of a run that did not come to its end: each file that was begun and not ended has failed. */
export function journalled(journal: string): {
  readonly tally: Tally;
  readonly unfinished: readonly string[];
} {
  const unfinished = new Set<string>();
  let [passed, failed] = [0, 0];
  for (const line of existsSync(journal) ? readFileSync(journal, 'utf8').trim().split('\n') : []) {
    const [what, file, good, bad] = line.split('\t');
    if (what === 'begun') unfinished.add(file!);
    else {
      unfinished.delete(file!);
      passed += Number(good);
      failed += Number(bad);
    }
  }
  return {
    tally: { passed, failed: failed + Math.max(1, unfinished.size), pending: 0 },
    unfinished: [...unfinished],
  };
}

/** The closing line. */
export function lineOf({ passed, failed, pending }: Tally): string {
  return `${passed} passed, ${failed} failed${pending > 0 ? `, ${pending} skipped` : ''}\n`;
}
