import { accessSync, constants, mkdirSync } from 'node:fs';
import { connectorNames } from '@sluice/connectors';
import { home } from './home.ts';

/** Says what this machine has; exit code 1 when something that everything needs is missing. */
export function doctor(_options: { readonly output: string }): void {
  const findings: [ok: boolean, what: string][] = [];
  const major = Number(process.versions.node.split('.')[0]);
  findings.push([
    major >= 24,
    `Node ${process.versions.node}${major >= 24 ? '' : ' is too old: 24 or later is needed'}`,
  ]);
  try {
    mkdirSync(home(), { recursive: true, mode: 0o700 });
    accessSync(home(), constants.W_OK);
    findings.push([true, `State in ${home()}`]);
  } catch {
    findings.push([false, `${home()} cannot be written: set SLUICE_HOME`]);
  }
  findings.push([true, `Connectors: ${connectorNames().join(', ')}`]);
  for (const [ok, what] of findings) process.stdout.write(`${ok ? 'ok     ' : 'missing'} ${what}\n`);
  if (findings.some(([ok]) => !ok)) process.exitCode = 1;
}
