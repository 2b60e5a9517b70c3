import type { Engine } from '@sluice/standalone';
import { type ErrorCode, ERRORS, SluiceError } from '@sluice/model';
import type { DirtyRow, RunRow } from '@sluice/ports';

/** What a finished run says about itself. */
export interface RunReport {
  readonly run: string;
  readonly state: string;
  readonly seconds: number;
  readonly rowsPerSecond: number;
  readonly ledger: {
    readonly read: number;
    readonly written: number;
    readonly filtered: number;
    readonly dirty: number;
    readonly bytes: number;
  };
  readonly healing: Readonly<Record<string, number>>;
  readonly dirty: readonly { readonly reason: string; readonly column?: string; readonly record: string }[];
}

/** Dirty records that a report names. */
export const NAMED = 20;

/** What is needed of a run, from the store or from the API. */
export type ReportedRun = Pick<
  RunRow,
  'id' | 'state' | 'createdAt' | 'endedAt' | 'counts' | 'healing' | 'error'
>;

export async function reportOf(engine: Engine, run: RunRow): Promise<RunReport> {
  return report(run, (await engine.store.dirty.list({ parent: run.id, limit: NAMED })).items);
}

export function report(
  run: ReportedRun,
  dirty: readonly Pick<DirtyRow, 'reason' | 'column' | 'record'>[],
): RunReport {
  const counts = run.counts ?? { read: 0, written: 0, filtered: 0, dirty: 0, bytes: 0 };
  const seconds = ((run.endedAt ?? run.createdAt) - run.createdAt) / 1000;
  return {
    run: run.id,
    state: run.state,
    seconds: Math.round(seconds * 1000) / 1000,
    rowsPerSecond: Math.round(counts.written / Math.max(seconds, 0.001)),
    ledger: counts,
    healing: run.healing ?? {},
    dirty: dirty.map(({ reason, column, record }) => ({
      reason,
      ...(column === undefined ? {} : { column }),
      record,
    })),
  };
}

export function reportText(report: RunReport): string {
  const { read, written, filtered, dirty, bytes } = report.ledger;
  const lines = [
    `${report.state}: ${written} rows in ${report.seconds} s, ${report.rowsPerSecond} rows/s, ${(bytes / 1e6).toFixed(1)} MB`,
    `ledger: read ${read} = written ${written} + filtered ${filtered} + dirty ${dirty}`,
    ...report.dirty.map((record) => `dirty: ${record.reason} ${record.record.slice(0, 300)}`),
  ];
  return `${lines.join('\n')}\n`;
}

/** The error that ended a run. @param placeOf where to look when the error does not say itself */
export function runError(
  run: ReportedRun,
  placeOf: (code: ErrorCode) => string = () => `run ${run.id}`,
): SluiceError {
  const { error } = run;
  if (error === undefined)
    return new SluiceError('SLUICE_RUN_ENDED', {
      detail: `The run is ${run.state}.`,
      place: `run ${run.id}`,
    });
  const code = (error.code in ERRORS ? error.code : 'SLUICE_SYS_BUG') as ErrorCode;
  const { kind, remedy } = ERRORS[code];
  // "The run goes on by itself" was true as long as it tried.
  const hint = kind === 'transient' && error.hint === remedy ? GIVEN_UP : error.hint;
  return new SluiceError(code, { detail: error.detail, hint, place: error.place ?? placeOf(code) });
}

const GIVEN_UP = 'The run has given up. Check host, port and network, then run it again or resume it.';
