import { type ErrorCode, SluiceError } from '@sluice/model';

export type Side = 'source' | 'target';

type Meaning = 'FILE' | 'PATH' | 'PRIVILEGE' | 'DISK' | 'INTERRUPTED';

const MEANINGS: Readonly<Record<string, Meaning>> = {
  ENOENT: 'FILE',
  ENOTDIR: 'PATH',
  EISDIR: 'PATH',
  ELOOP: 'PATH',
  ENAMETOOLONG: 'PATH',
  ENXIO: 'PATH',
  ERR_INVALID_ARG_VALUE: 'PATH',
  EACCES: 'PRIVILEGE',
  EPERM: 'PRIVILEGE',
  EROFS: 'PRIVILEGE',
  ENOSPC: 'DISK',
  EDQUOT: 'DISK',
  EFBIG: 'DISK',
  EAGAIN: 'INTERRUPTED',
  EBUSY: 'INTERRUPTED',
  EINTR: 'INTERRUPTED',
  EIO: 'INTERRUPTED',
  EMFILE: 'INTERRUPTED',
  ENFILE: 'INTERRUPTED',
  ENOTEMPTY: 'INTERRUPTED',
  ESTALE: 'INTERRUPTED',
  ETIMEDOUT: 'INTERRUPTED',
};

const CODES: Readonly<Record<Side, Readonly<Record<Meaning, ErrorCode>>>> = {
  source: {
    FILE: 'SLUICE_SRC_FILE',
    PATH: 'SLUICE_CFG_PATH',
    PRIVILEGE: 'SLUICE_SRC_PRIVILEGE',
    DISK: 'SLUICE_SRC_INTERRUPTED',
    INTERRUPTED: 'SLUICE_SRC_INTERRUPTED',
  },
  target: {
    // What a writer made itself and does not find any more was removed by a newer generation.
    FILE: 'SLUICE_TGT_FENCED',
    PATH: 'SLUICE_CFG_PATH',
    PRIVILEGE: 'SLUICE_TGT_PRIVILEGE',
    DISK: 'SLUICE_TGT_DISK',
    INTERRUPTED: 'SLUICE_TGT_INTERRUPTED',
  },
};

/** What was wrong with a compressed file, by zlib's own codes. */
const DAMAGED = /^(Z_|ZSTD_|ERR_PADDING|ERR_TRAILING_JUNK)/;

/** The code of an error of the operating system, '' for anything else. */
export function systemCode(error: unknown): string {
  return String((error as NodeJS.ErrnoException | undefined)?.code ?? '');
}

/** An error of the file system or of zlib as ours, by code; `path` is what the user calls the file. */
export function classify(error: unknown, side: Side, path: string): SluiceError {
  if (error instanceof SluiceError) return error;
  const code = systemCode(error);
  const shown = printable(path);
  if (side === 'source' && DAMAGED.test(code))
    return new SluiceError('SLUICE_SRC_FILE', {
      detail: `${shown} is damaged: ${(error as Error).message} (${code}).`,
      place: shown,
      cause: error,
    });
  const meaning = MEANINGS[code];
  if (meaning === undefined)
    return new SluiceError('SLUICE_SYS_BUG', { detail: `${shown}: ${String(error)}`, cause: error });
  return new SluiceError(CODES[side][meaning], { detail: `${shown}: ${code}.`, place: shown, cause: error });
}

export function refusedPath(detail: string, path: string): SluiceError {
  return new SluiceError('SLUICE_CFG_PATH', { detail, place: printable(path) });
}

/** A file name on one line of a log: control characters are escaped, very long ones are cut. */
export function printable(path: string): string {
  const plain = path.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (char) => {
    return `\\u${char.codePointAt(0)!.toString(16).padStart(4, '0')}`;
  });
  return plain.length > 300 ? `${plain.slice(0, 300)}...` : plain;
}
