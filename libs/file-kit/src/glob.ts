import { opendir } from 'node:fs/promises';
import { classify, refusedPath } from './errors.ts';
import { type FileRoot, safePath } from './roots.ts';

/** More files than this are no file set of one task. */
const MOST_FILES = 100_000;
const MOST_ALTERNATIVES = 64;
const SPECIAL = /[*?[{]/;

/** Whether a path has wildcards: `*`, `?`, `[a-z]`, `{a,b}`, `**` for any folders. */
export function isGlob(path: string): boolean {
  return SPECIAL.test(path) || path.endsWith('/');
}

/**
 * The regular files below the root that a pattern names, by path in the order of their bytes. Hidden names and links are left out;
 * a pattern that ends with `/` means the folder's files but those that begin with `_`.
 */
export async function listFiles(root: FileRoot, pattern: string): Promise<string[]> {
  const found = new Set<string>();
  const whole = pattern.endsWith('/') ? `${pattern}[^_]*` : pattern;
  for (const each of alternatives(whole)) {
    const steps = safePath(each).split('/');
    await walk(root, '', steps, (path) => {
      found.add(path);
      if (found.size > MOST_FILES)
        throw refusedPath(`The pattern names more than ${MOST_FILES} files.`, pattern);
    });
  }
  return [...found].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}

/** What every path that a pattern names begins with. */
export function fixedPart(pattern: string): string {
  const first = pattern.search(SPECIAL);
  return first < 0 ? pattern : pattern.slice(0, first);
}

/** Whether a path is one that a pattern names, for stores that list paths and have no folders. */
export function pathFits(pattern: string, path: string): boolean {
  const whole = pattern.endsWith('/') ? `${pattern}[^_]*` : pattern;
  const steps = path.split('/');
  if (steps.some((step) => step === '' || step.startsWith('.'))) return false;
  return alternatives(whole).some((each) => stepsFit(safePath(each).split('/'), steps));
}

function stepsFit(pattern: readonly string[], steps: readonly string[]): boolean {
  const [step, ...rest] = pattern;
  if (step === undefined) return steps.length === 0;
  if (step === '**' && rest.length === 0) return steps.length > 0;
  if (step === '**') return steps.some((_, i) => stepsFit(rest, steps.slice(i)));
  return steps.length > 0 && matches(step, steps[0]!) && stepsFit(rest, steps.slice(1));
}

/** `{a,b}` written out; without nesting. */
export function alternatives(pattern: string): string[] {
  const brace = /\{([^{}]*)\}/.exec(pattern);
  if (brace === null) return [pattern];
  const [whole, inner = ''] = brace;
  const all = inner
    .split(',')
    .flatMap((choice) =>
      alternatives(pattern.slice(0, brace.index) + choice + pattern.slice(brace.index + whole.length)),
    );
  if (all.length > MOST_ALTERNATIVES) throw refusedPath('The pattern has too many alternatives.', pattern);
  return all;
}

async function walk(
  root: FileRoot,
  folder: string,
  steps: readonly string[],
  found: (path: string) => void,
): Promise<void> {
  const [step, ...rest] = steps as [string, ...string[]];
  const anyDepth = step === '**';
  if (anyDepth && rest.length > 0) await walk(root, folder, rest, found);
  const place = await root.folder(folder).catch((error: unknown) => {
    // A folder that a pattern does not find is no error: no file matches.
    if ((error as { code?: string }).code === 'SLUICE_SRC_FILE') return undefined;
    throw error;
  });
  if (place === undefined) return;
  try {
    for await (const entry of await opendir(place)) {
      const { name } = entry;
      if (name.startsWith('.')) continue;
      const path = folder === '' ? name : `${folder}/${name}`;
      if (entry.isDirectory()) {
        if (anyDepth) await walk(root, path, steps, found);
        else if (rest.length > 0 && matches(step, name)) await walk(root, path, rest, found);
      } else if (entry.isFile() && rest.length === 0 && (anyDepth || matches(step, name))) found(path);
    }
  } catch (error) {
    throw classify(error, 'source', folder);
  }
}

/** Whether a name fits one step of a pattern. Never looks at a character more than once a star: no pattern is slow. */
export function matches(pattern: string, name: string): boolean {
  const wanted = tokens(pattern);
  const chars = [...name];
  let [at, from] = [0, 0];
  let [star, retry] = [-1, 0];
  while (from < chars.length) {
    const token = wanted[at];
    if (token === '*') {
      star = at++;
      retry = from;
    } else if (token !== undefined && token(chars[from]!)) {
      at++;
      from++;
    } else if (star >= 0) {
      at = star + 1;
      from = ++retry;
    } else return false;
  }
  while (wanted[at] === '*') at++;
  return at === wanted.length;
}

type Token = '*' | ((char: string) => boolean);

function tokens(pattern: string): Token[] {
  const made: Token[] = [];
  const chars = [...pattern];
  for (let i = 0; i < chars.length; i++) {
    const char = chars[i]!;
    if (char === '*') {
      if (made.at(-1) !== '*') made.push('*');
      continue;
    }
    const close = char === '[' ? chars.indexOf(']', i + 2) : -1;
    if (char === '?') made.push(() => true);
    else if (close > 0) {
      made.push(oneOf(chars.slice(i + 1, close)));
      i = close;
    } else made.push((given) => given === char);
  }
  return made;
}

/** `[abc]`, `[a-z]`, `[^...]`. */
function oneOf(inner: readonly string[]): (char: string) => boolean {
  const negated = inner[0] === '^' || inner[0] === '!';
  const set = negated ? inner.slice(1) : inner;
  const ranges: [string, string][] = [];
  for (let i = 0; i < set.length; i++) {
    const isRange = set[i + 1] === '-' && set[i + 2] !== undefined;
    ranges.push([set[i]!, isRange ? set[i + 2]! : set[i]!]);
    if (isRange) i += 2;
  }
  return (char) => ranges.some(([from, to]) => char >= from && char <= to) !== negated;
}
