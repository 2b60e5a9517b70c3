import { type ErrorCode, SluiceError } from '@sluice/model';

/** Primary result codes of SQLite (https://sqlite.org/rescode.html), the low byte: what the sink's own file can fail with. */
const CODES: ReadonlyMap<number, ErrorCode> = new Map([
  [5, 'SLUICE_TGT_INTERRUPTED'],
  [6, 'SLUICE_TGT_INTERRUPTED'],
  [8, 'SLUICE_TGT_PRIVILEGE'],
  [10, 'SLUICE_TGT_INTERRUPTED'],
  [11, 'SLUICE_TGT_DATABASE'],
  [13, 'SLUICE_TGT_DISK'],
  [14, 'SLUICE_TGT_DATABASE'],
  [26, 'SLUICE_TGT_DATABASE'],
]);

const codeOf = (error: unknown): number => Number((error as { errcode?: number }).errcode ?? 0) & 0xff;

/** Whether another process has the file. */
export const isBusy = (error: unknown): boolean => codeOf(error) === 5;

export function classify(error: unknown): SluiceError {
  if (error instanceof SluiceError) return error;
  const detail = error instanceof Error ? error.message : String(error);
  return new SluiceError(CODES.get(codeOf(error)) ?? 'SLUICE_SYS_BUG', { detail, cause: error });
}
