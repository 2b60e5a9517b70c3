import { type RowSchema, SluiceError } from '@sluice/model';
import { printable } from './errors.ts';
import type { OpenSource } from './file-source.ts';
import { isGlob, listFiles } from './glob.ts';
import { type FileRoot, safePath } from './roots.ts';

/** The files that a reader's path names: one file, or what a pattern finds. Throws SLUICE_SRC_FILE when there is none. */
export async function filesOf(root: FileRoot, path: string): Promise<string[]> {
  if (!isGlob(path)) return [safePath(path)];
  const found = await listFiles(root, path);
  if (found.length > 0) return found;
  throw new SluiceError('SLUICE_SRC_FILE', {
    detail: `No file fits ${printable(path)}.`,
    place: printable(path),
  });
}

/** What `describe` says of the files that a path names; undefined where there are none. */
export async function describeIfThere(
  open: OpenSource,
  path: string,
  describe: () => Promise<RowSchema>,
): Promise<RowSchema | undefined> {
  const source = await open();
  try {
    const [first] = await source.files(path);
    await (await source.open(first!)).close();
  } catch (error) {
    if (error instanceof SluiceError && error.code === 'SLUICE_SRC_FILE') return undefined;
    throw error;
  }
  return describe();
}
