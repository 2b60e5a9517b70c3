import { exitCode } from './exit-codes.ts';
import { clockFindings, diskFindings, homeFindings, nodeFinding, portFinding } from './doctor-machine.ts';
import { programFindings } from './doctor-programs.ts';
import { home } from './home.ts';
import { type Output, printList } from './output.ts';

/** One thing that was looked at. */
export interface Finding {
  readonly check: string;
  /** `warn`: something will not work that not everybody needs. */
  readonly result: 'ok' | 'warn' | 'fail';
  readonly detail: string;
  /** What to do; absent when there is nothing to do. */
  readonly remedy?: string;
}

export interface DoctorOptions {
  readonly output: Output;
}

/** `sluice doctor`: what this machine has and what is missing. Exit code 1 when something fails that everything needs. */
export async function doctor(options: DoctorOptions): Promise<void> {
  const port = Number(process.env['SLUICE_PORT'] ?? 7070);
  const served = await portFinding(port);
  const findings: Finding[] = [
    nodeFinding(process.versions.node),
    ...homeFindings(home()),
    ...diskFindings(home()),
    served.finding,
    ...clockFindings(served.serverTime),
    ...programFindings(),
  ];
  printList(findings, options.output, {
    check: ({ check }) => check,
    result: ({ result }) => result,
    detail: ({ detail }) => detail,
    remedy: ({ remedy }) => remedy ?? '',
  });
  if (findings.some(({ result }) => result === 'fail')) process.exitCode = exitCode('error');
}
