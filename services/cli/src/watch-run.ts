import { ERRORS, RESTING_STATES, type RunState, SluiceError } from '@sluice/model';
import type { Client } from './client.ts';
import { exitCode } from './exit-codes.ts';
import { endAfter, onInterrupt } from './interrupt.ts';
import { type Output, printData } from './output.ts';
import { clearProgress, ProgressMeter } from './progress-line.ts';
import { NAMED, report, type ReportedRun, reportText, runError } from './report.ts';
import { errorText } from './say-error.ts';

/** A run as the API shows it. */
export interface Run extends ReportedRun {
  readonly task: string;
  readonly startedAt?: number;
  readonly plan: { readonly rows?: { readonly count: number } };
}

interface Ledger {
  readonly read: number;
  readonly written: number;
  readonly filtered: number;
  readonly dirty: number;
  readonly bytes: number;
}

const LOOK_EVERY = 250;
/** A server that is away is asked again this often before the command gives up; the run goes on meanwhile. */
const TRIES = 120;

/** Follows a run of a server to a resting state and reports it; the exit code says how it ended. */
export async function watchRun(
  client: Client,
  id: string,
  { output, timeout }: { readonly output: Output; readonly timeout?: number },
): Promise<void> {
  const done = onInterrupt(`The run goes on. Follow it: sluice run logs -f ${id}`);
  const late = endAfter(timeout, id);
  const run = await rested(client, id);
  late();
  done();
  clearProgress();
  const dirty = await client
    .list<{ reason: string; record: string; column?: string }>(
      await client.in(`/runs/${id}/dirty-records`),
      NAMED,
    )
    .catch((error: unknown) => {
      // A role may run a task and not see the data of its records.
      if (error instanceof SluiceError && error.code === 'SLUICE_AUTH_FORBIDDEN') return [];
      throw error;
    });
  const counts = await client.get<Ledger>(await client.in(`/runs/${id}/ledger`));
  const said = report({ ...run, counts: run.counts ?? counts }, dirty);
  if (output !== 'table')
    printData({ ...said, ...(run.error === undefined ? {} : { error: run.error }) }, output);
  else process.stdout.write(reportText(said));
  if (run.state === 'succeeded') return;
  const error = runError(run);
  process.stderr.write(errorText(error));
  process.exitCode = exitCode(error.code === 'SLUICE_RUN_DIRTY_LIMIT' ? 'dirtyLimit' : 'failed');
}

async function rested(client: Client, id: string): Promise<Run> {
  const meter = new ProgressMeter();
  for (let failed = 0; ;) {
    try {
      const run = await client.get<Run>(await client.in(`/runs/${id}`));
      if (RESTING_STATES.has(run.state as RunState)) return run;
      if (process.stderr.isTTY === true)
        meter.show(
          run.state,
          await client.get<Ledger>(await client.in(`/runs/${id}/ledger`)),
          run.plan.rows?.count,
        );
      failed = 0;
    } catch (error) {
      const isAway = error instanceof SluiceError && ERRORS[error.code].kind === 'transient';
      if (!isAway || ++failed > TRIES) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY));
  }
}
