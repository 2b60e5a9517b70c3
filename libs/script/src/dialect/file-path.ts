/** Signs of a pattern in a path. */
const PATTERN = /[*?[{]/;

/** The folder that all paths lie in, up to the first pattern; with `/` at both ends. */
export function commonFolder(paths: readonly string[]): string {
  const folders = paths.map((path) => {
    const at = path.search(PATTERN);
    const fixed = at < 0 ? path : path.slice(0, at);
    return fixed.slice(0, fixed.lastIndexOf('/') + 1);
  });
  let [common = ''] = folders;
  while (!folders.every((folder) => folder.startsWith(common)))
    common = common.slice(0, common.slice(0, -1).lastIndexOf('/') + 1);
  return common;
}

/** Several paths as one pattern; undefined: a path has a sign that means something in it. */
export function joinPaths(paths: readonly string[]): string | undefined {
  if (paths.length === 1) return paths[0];
  return paths.some((path) => /[{},]/.test(path)) ? undefined : `{${paths.join(',')}}`;
}

/** The paths that such a pattern was made of. */
export function splitPaths(path: string): readonly string[] {
  const inner = /^\{([^{}]*)\}$/.exec(path)?.[1];
  return inner === undefined ? [path] : inner.split(',');
}
