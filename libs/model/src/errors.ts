import { ERRORS, type ErrorCode } from './error-table.ts';
export type { ErrorEntry } from './error-entry.ts';
export { ERRORS, type ErrorCode } from './error-table.ts';

/**
 * What to do about an error; decided once, in `runtime/retry.ts`:
 * `config` stop and show the remedy; `transient` retry with backoff within the run's budget; `data` a dirty record;
 * `fenced` leave quietly; `lost` the position is gone, offer re-sync; `bug` unknown: stop, loud.
 */
export type ErrorKind = 'config' | 'transient' | 'data' | 'fenced' | 'lost' | 'bug';

export interface SluiceErrorOptions {
  readonly detail: string;
  readonly cause?: unknown;
  readonly retryAfterMs?: number;
  /** JSON pointer, table, column, ... for people. */
  readonly place?: string;
  /** Overrides the table's remedy where a better one is known, e.g. the exact `grant`. */
  readonly hint?: string;
  /** Faults of single fields, for problem+json. */
  readonly fields?: readonly FieldFault[];
}

/** A fault of one field of a document. */
export interface FieldFault {
  readonly pointer: string;
  readonly detail: string;
  readonly code?: string;
  /** Where it stands in the text that the document was read from; both from 1. */
  readonly line?: number;
  readonly column?: number;
  /** What to do about it, where that is known. */
  readonly hint?: string;
}

/** The one error class. `detail` is shown to users: no secrets, no stack. */
export class SluiceError extends Error {
  readonly code: ErrorCode;
  readonly kind: ErrorKind;
  readonly detail: string;
  readonly retryAfterMs: number | undefined;
  readonly place: string | undefined;
  readonly hint: string;
  readonly fields: SluiceErrorOptions['fields'];

  constructor(code: ErrorCode, options: SluiceErrorOptions | string) {
    const given: SluiceErrorOptions = typeof options === 'string' ? { detail: options } : options;
    super(`${code}: ${given.detail}`, given.cause === undefined ? undefined : { cause: given.cause });
    this.name = 'SluiceError';
    this.code = code;
    this.kind = ERRORS[code].kind;
    this.detail = given.detail;
    this.retryAfterMs = given.retryAfterMs;
    this.place = given.place;
    this.hint = given.hint ?? ERRORS[code].remedy;
    this.fields = given.fields;
  }
}

/** An error on its way from a worker to whoever asked: without its cause, which may hold more than may be shown. */
export interface ToldError {
  readonly code: string;
  readonly detail: string;
  readonly hint: string;
  readonly place?: string;
  readonly fields?: readonly FieldFault[];
}

export function toldError(thrown: unknown): ToldError {
  const { code, detail, hint, place, fields } = asSluiceError(thrown);
  return {
    code,
    detail,
    hint,
    ...(place === undefined ? {} : { place }),
    ...(fields === undefined ? {} : { fields }),
  };
}

/** Any thrown thing as a SluiceError; what nobody classified is a bug. */
export function asSluiceError(error: unknown): SluiceError {
  if (error instanceof SluiceError) return error;
  const detail = error instanceof Error ? error.message : String(error);
  return new SluiceError('SLUICE_SYS_BUG', { detail, cause: error });
}

/** Whether the error is an abort, which is not an error: loops end on it. */
export function isAbort(error: unknown): boolean {
  return error instanceof Error && (error.name === 'AbortError' || error.name === 'TimeoutError');
}
