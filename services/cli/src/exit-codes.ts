import type { SluiceError } from '@sluice/model';

/** 0 ok, 1 error, 2 usage, 3 not found, 4 conflict, 5 auth, 6 run failed, 7 dirty limit, 8 unreachable, 130 interrupted. */
export function exitCodeOf(error: SluiceError): number {
  const { code } = error;
  if (code === 'SLUICE_RUN_DIRTY_LIMIT') return 7;
  if (code.endsWith('_UNREACHABLE') || code === 'SLUICE_RUN_NO_WORKER') return 8;
  if (code.endsWith('_AUTH') || code.startsWith('SLUICE_AUTH')) return 5;
  if (code === 'SLUICE_CFG_CONFLICT' || code === 'SLUICE_RUN_ACTIVE' || code === 'SLUICE_RUN_UNFINISHED')
    return 4;
  if (code === 'SLUICE_CFG_NOT_FOUND' || /_(TABLE|COLUMN|DATABASE)$/.test(code)) return 3;
  if (code.startsWith('SLUICE_CFG')) return 2;
  return 6;
}
