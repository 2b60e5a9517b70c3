import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';

const CLI = join(import.meta.dirname, '../../services/cli/src/main.ts');

/** A home with nothing in it; what is compiled is kept from one test run to the next. */
const HOME = mkdtempSync(join(tmpdir(), 'sluice-home-'));
const CACHE = process.env['SLUICE_CACHE'] ?? join(homedir(), '.cache', 'sluice');

export interface Ended {
  /** Exit code, or the signal that ended it. */
  readonly code: number | NodeJS.Signals;
  readonly out: string;
  readonly said: string;
}

export interface Running {
  readonly process: ChildProcess;
  readonly ended: Promise<Ended>;
  /** Resolves when stdout or stderr has shown this; rejects when the command ended without it. */
  shows(text: string | RegExp): Promise<void>;
}

export interface Options {
  readonly environment?: Readonly<Record<string, string>>;
  readonly input?: string;
  readonly directory?: string;
}

/** Starts `sluice` in a process of its own, with nothing of this one's environment but the PATH. */
export function begin(args: readonly string[], options: Options = {}): Running {
  const child = spawn(process.execPath, ['--no-warnings', CLI, ...args], {
    env: { PATH: process.env['PATH'] ?? '', HOME, SLUICE_CACHE: CACHE, ...options.environment },
    stdio: ['pipe', 'pipe', 'pipe'],
    ...(options.directory === undefined ? {} : { cwd: options.directory }),
  });
  child.stdin.on('error', () => undefined).end(options.input ?? '');
  let [out, said] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const ended = new Promise<Ended>((resolve) =>
    child.once('close', (code, signal) => resolve({ code: signal ?? code!, out, said })),
  );
  const shows = async (text: string | RegExp): Promise<void> => {
    const fits = (): boolean => [out, said].some((one) => one.search(text) >= 0);
    while (!fits()) {
      if (child.exitCode !== null) throw new Error(`ended with ${child.exitCode}: ${out}${said}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  return { process: child, ended, shows };
}

export const sluice = (args: readonly string[], options?: Options): Promise<Ended> =>
  begin(args, options).ended;
