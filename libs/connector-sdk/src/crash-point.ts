import { readFileSync } from 'node:fs';

/**
 * Named points at which a crash test may kill the process: `SLUICE_CRASH_AT=<point>[:n]` sends SIGKILL to this very process
 * when the point is passed for the n-th time (default 1). `SLUICE_CRASH_AT=@<file>`: the file says so when a SIGUSR2 comes, and the
 * counting begins then. Costs one comparison where the variable is not set.
 */
const asked = process.env['SLUICE_CRASH_AT'] ?? '';
let wanted = '';
let left = 1;
if (asked.startsWith('@')) process.on('SIGUSR2', () => arm(readFileSync(asked.slice(1), 'utf8').trim()));
else arm(asked);

function arm(text: string): void {
  const [point = '', times = '1'] = text.split(':');
  wanted = point;
  left = Number(times);
  if (asked.startsWith('@'))
    process.stdout.write(`${JSON.stringify({ level: 'warn', message: `will die at ${text}` })}\n`);
}

/** Passed only where files are published; the others in every run. */
export type FileCrashPoint = 'file.afterTmp' | 'file.afterRename';

export type CrashPoint =
  | FileCrashPoint
  | 'reader.afterFetch'
  | 'reader.afterProduce'
  | 'mapper.afterConsume'
  | 'mapper.afterProduce'
  | 'writer.midPrepare'
  | 'writer.beforeStep'
  | 'writer.afterStep'
  | 'writer.afterFenceUpdate'
  | 'writer.midRows'
  | 'writer.beforeCommit'
  | 'writer.commitSent'
  | 'writer.afterCommit'
  | 'writer.afterOffset'
  | 'writer.beforeFinal'
  | 'writer.afterFinal'
  | 'writer.midFinish'
  | 'coord.afterRunInsert'
  | 'coord.afterPlan'
  | 'coord.beforeCas'
  | 'coord.afterCas'
  | 'coord.beforeSucceed';

export function crashPoint(point: CrashPoint): void {
  if (wanted === '' || point !== wanted || --left > 0) return;
  process.kill(process.pid, 'SIGKILL');
  // The signal is on its way: do nothing more, least of all the step behind the point.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10_000);
}
