/**
 * Named points at which a crash test may kill the process: `SLUICE_CRASH_AT=<point>[:n]` sends SIGKILL to this very process
 * when the point is passed for the n-th time (default 1). Costs one comparison where the variable is not set.
 */
const [wanted, times] = (process.env['SLUICE_CRASH_AT'] ?? '').split(':');
let left = Number(times ?? 1);

export type CrashPoint =
  | 'reader.afterFetch'
  | 'reader.afterProduce'
  | 'mapper.afterConsume'
  | 'mapper.afterProduce'
  | 'writer.afterFenceUpdate'
  | 'writer.midRows'
  | 'writer.beforeCommit'
  | 'writer.commitSent'
  | 'writer.afterCommit'
  | 'writer.afterOffset'
  | 'writer.midPrepare'
  | 'coord.afterRunInsert'
  | 'coord.beforeCas'
  | 'coord.afterPlan';

export function crashPoint(point: CrashPoint): void {
  if (wanted === '' || point !== wanted || --left > 0) return;
  process.kill(process.pid, 'SIGKILL');
  // The signal is on its way: do nothing more, least of all the step behind the point.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10_000);
}
