import { randomBytes } from 'node:crypto';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { SluiceError } from '@sluice/model';
import { refuseWeak } from './weak-secret.ts';

/** Bits of a file mode that let anybody but the owner in. */
const OTHERS = 0o077;

/**
 * The key-encryption key of a file (hex). With `create` one that does not exist is made, mode 0600; without it nothing is
 * ever made silently (S-22), and one that can be guessed is refused (S-1). Throws SLUICE_AUTH_SECRET, SLUICE_SYS_HOME.
 */
export function loadKeyFile(path: string, create: boolean): Buffer {
  return Buffer.from(load(path, create, 'key file'), 'hex');
}

/** The workers' token of a file, with the same rules. */
export function loadTokenFile(path: string, create: boolean): string {
  return load(path, create, 'token file');
}

function load(path: string, create: boolean, what: string): string {
  try {
    if (create) writeFileSync(path, `${randomBytes(32).toString('hex')}\n`, { mode: 0o600, flag: 'wx' });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST')
      throw new SluiceError('SLUICE_SYS_HOME', {
        detail: `The ${what} cannot be written.`,
        place: path,
        cause,
      });
  }
  try {
    if ((statSync(path).mode & OTHERS) !== 0)
      throw new SluiceError('SLUICE_AUTH_SECRET', {
        detail: `Others may read the ${what} ${path}.`,
        hint: `Run: chmod 600 ${path}`,
      });
    const text = readFileSync(path, 'utf8').trim();
    refuseWeak(text, path);
    return text;
  } catch (cause) {
    if (cause instanceof SluiceError) throw cause;
    throw new SluiceError('SLUICE_AUTH_SECRET', {
      detail: `The ${what} ${path} cannot be read.`,
      place: path,
      cause,
    });
  }
}
