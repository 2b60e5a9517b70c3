import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { locate } from './servers/locate.ts';

const run = promisify(execFile);
/** A registry that does not answer is no reason to wait for ever (milliseconds). */
const LONGEST = 300_000;

/**
 * A Python with the packages of a requirements file, in a virtual environment that is made once and kept in the cache directory; or why
 * there is none.
 */
export async function pythonWith(
  requirements: string,
): Promise<{ readonly python: string } | { readonly why: string }> {
  const python = locate(['python3']);
  if (python === undefined) return { why: 'there is no Python (Debian: apt-get install python3-venv)' };
  try {
    const { stdout: version } = await run(python, ['-c', 'import sys; print(sys.version)']);
    const name = createHash('sha256').update(version).update(readFileSync(requirements)).digest('hex');
    const cache = process.env['SLUICE_CACHE'] ?? join(homedir(), '.cache', 'sluice');
    const folder = join(cache, `python-${name.slice(0, 16)}`);
    if (!existsSync(folder)) await make(python, requirements, folder);
    return { python: join(folder, 'bin', 'python') };
  } catch (error) {
    const { stderr = '', message } = error as { stderr?: string; message: string };
    const said = stderr.trim().split('\n').at(-1) ?? '';
    return {
      why: `its packages cannot be installed (${said === '' ? message : said}; Debian: apt-get install python3-venv)`,
    };
  }
}

/** Whole or not at all: the folder has its name when everything is in it. */
async function make(python: string, requirements: string, folder: string): Promise<void> {
  const partial = `${folder}.${process.pid}`;
  mkdirSync(join(folder, '..'), { recursive: true });
  try {
    await run(python, ['-m', 'venv', partial], { timeout: LONGEST });
    const install = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', requirements];
    await run(join(partial, 'bin', 'python'), install, { timeout: LONGEST });
    if (!existsSync(folder)) renameSync(partial, folder);
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
}
