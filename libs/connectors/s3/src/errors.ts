import { type ErrorCode, SluiceError } from '@sluice/model';
import { printable } from '@sluice/file-kit';

/** What an answer means, by the store's own code, else by its status. */
type Meaning = 'AUTH' | 'DATABASE' | 'FILE' | 'CHANGED' | 'PRIVILEGE' | 'INTERRUPTED' | 'QUERY';

const MEANINGS: Readonly<Record<string, Meaning>> = {
  InvalidAccessKeyId: 'AUTH',
  SignatureDoesNotMatch: 'AUTH',
  AuthorizationHeaderMalformed: 'AUTH',
  // The gateway that the tests run with says so of a key that nobody has.
  XAdminUserNotFound: 'AUTH',
  InvalidToken: 'AUTH',
  ExpiredToken: 'AUTH',
  AccessDenied: 'PRIVILEGE',
  NoSuchBucket: 'DATABASE',
  PermanentRedirect: 'DATABASE',
  NoSuchKey: 'FILE',
  NoSuchUpload: 'FILE',
  PreconditionFailed: 'CHANGED',
  RequestTimeTooSkewed: 'AUTH',
  SlowDown: 'INTERRUPTED',
  InternalError: 'INTERRUPTED',
};

export type Side = 'source' | 'target';

const CODES: Readonly<Record<Side, Readonly<Record<Meaning, ErrorCode>>>> = {
  source: {
    AUTH: 'SLUICE_SRC_AUTH',
    DATABASE: 'SLUICE_SRC_DATABASE',
    FILE: 'SLUICE_SRC_FILE',
    CHANGED: 'SLUICE_SRC_CHANGED',
    PRIVILEGE: 'SLUICE_SRC_PRIVILEGE',
    INTERRUPTED: 'SLUICE_SRC_INTERRUPTED',
    QUERY: 'SLUICE_SRC_QUERY',
  },
  target: {
    AUTH: 'SLUICE_TGT_AUTH',
    DATABASE: 'SLUICE_TGT_DATABASE',
    // What a writer made itself and does not find any more was removed by a newer generation.
    FILE: 'SLUICE_TGT_FENCED',
    CHANGED: 'SLUICE_TGT_EXISTS',
    PRIVILEGE: 'SLUICE_TGT_PRIVILEGE',
    INTERRUPTED: 'SLUICE_TGT_INTERRUPTED',
    QUERY: 'SLUICE_TGT_QUERY',
  },
};

/** An answer that is not what was asked for. `key`: the object, or '' for the bucket. */
export function refusal(
  side: Side,
  { status, code = '' }: { readonly status: number; readonly code?: string },
  key: string,
  bucket: string,
): SluiceError {
  const meaning = MEANINGS[code] ?? byStatus(status);
  const what = key === '' ? `bucket ${printable(bucket)}` : printable(key);
  return new SluiceError(CODES[side][meaning], {
    detail: `${what}: the store answers ${status}${code === '' ? '' : ` ${code.slice(0, 60)}`}.`,
    place: key === '' ? 'bucket' : printable(key),
  });
}

function byStatus(status: number): Meaning {
  if (status === 401) return 'AUTH';
  if (status === 403) return 'PRIVILEGE';
  if (status === 404) return 'FILE';
  if (status === 412) return 'CHANGED';
  if (status >= 300 && status < 400) return 'DATABASE';
  return status === 408 || status === 429 || status >= 500 ? 'INTERRUPTED' : 'QUERY';
}

const UNREACHABLE =
  /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT|CERT_|ERR_TLS|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO)/;

/** A failure of the connection. The message of the system is kept, which names host and port at most. */
export function disconnection(side: Side, error: unknown): SluiceError {
  if (error instanceof SluiceError) return error;
  const { code = '', message } = error as NodeJS.ErrnoException;
  const isAway = UNREACHABLE.test(code);
  const codes = {
    source: isAway ? 'SLUICE_SRC_UNREACHABLE' : 'SLUICE_SRC_INTERRUPTED',
    target: isAway ? 'SLUICE_TGT_UNREACHABLE' : 'SLUICE_TGT_INTERRUPTED',
  } as const;
  return new SluiceError(codes[side], {
    detail: message === '' ? code : message,
    place: 'endpoint',
    cause: error,
  });
}
