import { ERRORS, type SluiceError } from '@sluice/model';

/** Every exit code with what it tells a script; docs/cli.md shows this table. */
export const EXIT_CODES = {
  ok: [0, 'Done. A run that succeeded may have dirty records within its limit; the ledger counts them.'],
  error: [1, 'This machine is at fault: the home directory, a port, a missing program, or a bug.'],
  usage: [2, 'The command line, a URL or a task document is not valid; nothing was done.'],
  missing: [3, 'The named object, database, table or column does not exist.'],
  conflict: [
    4,
    'The object is not in a state that allows it: a name is taken, a run is active or unfinished.',
  ],
  refused: [5, 'A login or a right is missing: access key, user, password, grant.'],
  failed: [6, 'The run did not succeed.'],
  dirtyLimit: [7, 'The run failed because more records were dirty than its limit allows.'],
  unreachable: [8, 'Nobody answers: no server, no worker, no database.'],
  timeout: [
    124,
    'The time of --timeout is over. A run on a server goes on; one of `sluice copy` can be resumed.',
  ],
  interrupted: [
    130,
    'Interrupted by a signal. A run on a server goes on; one of `sluice copy` can be resumed.',
  ],
} as const satisfies Record<string, readonly [code: number, means: string]>;

export type Outcome = keyof typeof EXIT_CODES;

export const exitCode = (outcome: Outcome): number => EXIT_CODES[outcome][0];

/** The exit code of a command that ended with this error. */
export function exitCodeOf({ code }: Pick<SluiceError, 'code'>): number {
  return exitCode(outcomeOf(code));
}

function outcomeOf(code: SluiceError['code']): Outcome {
  if (code === 'SLUICE_RUN_DIRTY_LIMIT') return 'dirtyLimit';
  if (code === 'SLUICE_RUN_TIMEOUT') return 'timeout';
  if (
    code.endsWith('_UNREACHABLE') ||
    code === 'SLUICE_RUN_NO_WORKER' ||
    code === 'SLUICE_SYS_BUSY' ||
    code === 'SLUICE_SYS_RATE'
  )
    return 'unreachable';
  if (code.endsWith('_AUTH') || code.endsWith('_PRIVILEGE') || code.startsWith('SLUICE_AUTH'))
    return 'refused';
  if (
    [
      'SLUICE_CFG_CONFLICT',
      'SLUICE_CFG_STALE',
      'SLUICE_RUN_ACTIVE',
      'SLUICE_RUN_UNFINISHED',
      'SLUICE_RUN_STATE',
    ].includes(code)
  )
    return 'conflict';
  if (code === 'SLUICE_CFG_NOT_FOUND' || /_(TABLE|COLUMN|DATABASE)$/.test(code)) return 'missing';
  if (code.startsWith('SLUICE_CFG') || code.startsWith('SLUICE_MAP')) return 'usage';
  if (code.startsWith('SLUICE_SYS')) return 'error';
  return ERRORS[code].kind === 'bug' ? 'error' : 'failed';
}
