import { existsSync, globSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The first of these programs that is on the PATH or matches one of the globs. */
export function locate(names: readonly string[], globs: readonly string[] = []): string | undefined {
  for (const name of names)
    for (const directory of (process.env['PATH'] ?? '').split(delimiter).concat('/usr/sbin'))
      if (directory !== '' && existsSync(join(directory, name))) return join(directory, name);
  for (const pattern of globs) {
    const found = globSync(pattern).sort().at(-1);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Options to run a program as another user when this is root, which some servers refuse. */
export function asUser(uid: number | undefined, gid: number | undefined): { uid?: number; gid?: number } {
  return process.getuid?.() === 0 && uid !== undefined && gid !== undefined ? { uid, gid } : {};
}
