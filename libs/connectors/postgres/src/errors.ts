import { isTlsCode } from '@sluice/connector-sdk';
import { type ErrorCode, SluiceError } from '@sluice/model';

export type Side = 'source' | 'target';

/** What a server error says beside its SQLSTATE. */
export interface ServerError {
  readonly code?: string;
  readonly message?: string;
  readonly column?: string | undefined;
  readonly constraint?: string | undefined;
  /** Where the server was, e.g. `COPY orders, line 7, column amount: "x"`. */
  readonly where?: string | undefined;
}

/** By SQLSTATE: exact codes first, then classes (PostgreSQL's appendix A), for a source and for a target. */
const TABLE: readonly (readonly [prefix: string, source: ErrorCode, target: ErrorCode])[] = [
  ['28', 'SLUICE_SRC_AUTH', 'SLUICE_TGT_AUTH'],
  ['3D000', 'SLUICE_SRC_DATABASE', 'SLUICE_TGT_DATABASE'],
  ['42P01', 'SLUICE_SRC_TABLE', 'SLUICE_TGT_TABLE'],
  ['3F000', 'SLUICE_SRC_TABLE', 'SLUICE_TGT_TABLE'],
  ['42703', 'SLUICE_SRC_COLUMN', 'SLUICE_TGT_COLUMN'],
  ['42501', 'SLUICE_SRC_PRIVILEGE', 'SLUICE_TGT_PRIVILEGE'],
  ['53100', 'SLUICE_SRC_INTERRUPTED', 'SLUICE_TGT_DISK'],
  ['53', 'SLUICE_SRC_UNREACHABLE', 'SLUICE_TGT_UNREACHABLE'],
  ['57P03', 'SLUICE_SRC_UNREACHABLE', 'SLUICE_TGT_UNREACHABLE'],
  ['57', 'SLUICE_SRC_INTERRUPTED', 'SLUICE_TGT_INTERRUPTED'],
  ['08', 'SLUICE_SRC_INTERRUPTED', 'SLUICE_TGT_INTERRUPTED'],
  ['40', 'SLUICE_SRC_INTERRUPTED', 'SLUICE_TGT_INTERRUPTED'],
  ['55P03', 'SLUICE_SRC_INTERRUPTED', 'SLUICE_TGT_INTERRUPTED'],
  ['25P03', 'SLUICE_SRC_INTERRUPTED', 'SLUICE_TGT_INTERRUPTED'],
  ['25006', 'SLUICE_SRC_QUERY', 'SLUICE_TGT_INTERRUPTED'],
  ['58030', 'SLUICE_SRC_INTERRUPTED', 'SLUICE_TGT_INTERRUPTED'],
  ['21', 'SLUICE_SRC_QUERY', 'SLUICE_TGT_QUERY'],
  ['38', 'SLUICE_SRC_QUERY', 'SLUICE_TGT_QUERY'],
  ['39', 'SLUICE_SRC_QUERY', 'SLUICE_TGT_QUERY'],
  ['P0', 'SLUICE_SRC_QUERY', 'SLUICE_TGT_QUERY'],
  ['22', 'SLUICE_SRC_QUERY', 'SLUICE_TGT_VALUE'],
  ['23', 'SLUICE_SRC_QUERY', 'SLUICE_TGT_CONSTRAINT'],
  ['54000', 'SLUICE_SRC_QUERY', 'SLUICE_TGT_VALUE'],
  ['42', 'SLUICE_SRC_QUERY', 'SLUICE_TGT_QUERY'],
  ['0A', 'SLUICE_SRC_QUERY', 'SLUICE_TGT_QUERY'],
];

/** System errors of sockets and look-ups: nobody there, or gone meanwhile. */
const UNREACHABLE = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ETIMEDOUT',
]);
const BROKEN = new Set(['ECONNRESET', 'EPIPE', 'ERR_STREAM_DESTROYED', 'ERR_STREAM_WRITE_AFTER_END']);

/** The column that a COPY was at, for people only: in a server that speaks another language there is none. */
function copiedColumn(where: string | undefined): string | undefined {
  return /^COPY .*?, line \d+, column ([^:\n]+)/m.exec(where ?? '')?.[1];
}

/** The error that ended a statement; what the driver throws without a code of its own is about a dead connection. */
export function statementError(error: unknown): ServerError {
  const { code, message } = error as ServerError;
  return code === undefined
    ? { code: 'ECONNRESET', message: message ?? 'The connection was lost.' }
    : (error as ServerError);
}

export function classify(error: unknown, side: Side): SluiceError {
  if (error instanceof SluiceError) return error;
  const { code = '', message = String(error), column, constraint, where } = error as ServerError;
  const source = side === 'source';
  const made = (chosen: ErrorCode): SluiceError => {
    const place = column ?? constraint ?? copiedColumn(where);
    return new SluiceError(chosen, {
      detail: message,
      cause: error,
      ...(place === undefined ? {} : { place }),
    });
  };
  if (isTlsCode(code)) return made(source ? 'SLUICE_SRC_TLS' : 'SLUICE_TGT_TLS');
  if (UNREACHABLE.has(code)) return made(source ? 'SLUICE_SRC_UNREACHABLE' : 'SLUICE_TGT_UNREACHABLE');
  if (BROKEN.has(code)) return made(source ? 'SLUICE_SRC_INTERRUPTED' : 'SLUICE_TGT_INTERRUPTED');
  const row = TABLE.find(([prefix]) => code.startsWith(prefix));
  return made(row === undefined ? 'SLUICE_SYS_BUG' : source ? row[1] : row[2]);
}
