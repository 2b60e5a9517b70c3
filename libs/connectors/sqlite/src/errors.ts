import { SluiceError } from '@sluice/model';

/** Primary result codes of SQLite (https://sqlite.org/rescode.html): the low byte of the extended code. */
const ERROR = 1;
const BUSY = 5;
const LOCKED = 6;
const READONLY = 8;
const CORRUPT = 11;
const FULL = 13;
const CANTOPEN = 14;
const TOOBIG = 18;
const CONSTRAINT = 19;
const MISMATCH = 20;
const NOTADB = 26;

export type Side = 'source' | 'target';

/** Whether another connection has the file. */
export function isBusy(error: unknown): boolean {
  return (Number((error as { errcode?: number }).errcode ?? 0) & 0xff) === BUSY;
}

/** A driver's error as ours, by result code; `statement` says whose fault a plain error is. */
export function classify(error: unknown, side: Side): SluiceError {
  if (error instanceof SluiceError) return error;
  const { errcode = 0, message = String(error) } = error as { errcode?: number; message?: string };
  const source = side === 'source';
  const made = (code: ConstructorParameters<typeof SluiceError>[0]): SluiceError =>
    new SluiceError(code, { detail: message, cause: error });
  switch (errcode & 0xff) {
    case BUSY:
    case LOCKED:
      return made(source ? 'SLUICE_SRC_INTERRUPTED' : 'SLUICE_TGT_INTERRUPTED');
    case CONSTRAINT:
      return made('SLUICE_TGT_CONSTRAINT');
    case TOOBIG:
    case MISMATCH:
      return made('SLUICE_TGT_VALUE');
    case FULL:
      return made('SLUICE_TGT_DISK');
    case READONLY:
      return made(source ? 'SLUICE_SRC_PRIVILEGE' : 'SLUICE_TGT_PRIVILEGE');
    case CANTOPEN:
    case NOTADB:
    case CORRUPT:
      return made(source ? 'SLUICE_SRC_DATABASE' : 'SLUICE_TGT_DATABASE');
    case ERROR:
      return made(source ? 'SLUICE_SRC_QUERY' : 'SLUICE_TGT_QUERY');
    default:
      return made('SLUICE_SYS_BUG');
  }
}
