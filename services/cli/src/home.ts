import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where state lives: SLUICE_HOME, else ~/.sluice. */
export function home(): string {
  const given = process.env['SLUICE_HOME'];
  return given === undefined || given === '' ? join(homedir(), '.sluice') : given;
}
