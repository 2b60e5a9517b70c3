import { existsSync, mkdirSync, readFileSync, rmSync, statfsSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import type { Finding } from './doctor.ts';

const NODE = 24;
const MIB = 1024 * 1024;
/** Space that a home needs to work at all, and to work for a while. */
const LEAST = 100 * MIB;
const WANTED = 1024 * MIB;
/** Two clocks may differ by this much (milliseconds) before it is worth a word. */
const DRIFT = 5000;

export function nodeFinding(version: string): Finding {
  const isNew = Number(version.split('.')[0]) >= NODE;
  const finding = { check: 'Node', detail: version };
  return isNew
    ? { ...finding, result: 'ok' }
    : {
        ...finding,
        result: 'fail',
        remedy: `Run Sluice by npm or its own command: they bring Node ${NODE}.`,
      };
}

/** The home can be written, and nobody else works on it. */
export function homeFindings(home: string): Finding[] {
  const check = 'home';
  try {
    mkdirSync(home, { recursive: true, mode: 0o700 });
    const probe = join(home, `.doctor-${process.pid}`);
    writeFileSync(probe, '', { mode: 0o600 });
    rmSync(probe);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const remedy = 'Make the directory writable for this user, or set SLUICE_HOME to another one.';
    return [{ check, result: 'fail', detail: `${home} cannot be written (${code})`, remedy }];
  }
  const findings: Finding[] = [{ check, result: 'ok', detail: home }];
  const holder = holderOf(home);
  if (holder !== undefined)
    findings.push({ check: 'home in use', result: 'ok', detail: `by process ${holder}, a running Sluice` });
  if ((statSync(home).mode & 0o022) !== 0)
    findings.push({
      check: 'home rights',
      result: 'warn',
      detail: `others may write ${home}`,
      remedy: `Run: chmod 700 ${home}`,
    });
  return findings;
}

/** Process id in the file that a running engine keeps; undefined when nobody lives there. */
function holderOf(home: string): number | undefined {
  const path = join(home, 'process');
  if (!existsSync(path)) return undefined;
  const pid = Number(readFileSync(path, 'utf8'));
  try {
    if (!Number.isInteger(pid) || pid <= 0) return undefined;
    process.kill(pid, 0);
    return pid;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM' ? pid : undefined;
  }
}

export function diskFindings(home: string): Finding[] {
  let at = home;
  while (!existsSync(at) && at !== dirname(at)) at = dirname(at);
  const { bavail, bsize } = statfsSync(at);
  return [spaceFinding(bavail * bsize)];
}

/** @param free bytes that this user may still write */
export function spaceFinding(free: number): Finding {
  const finding = { check: 'disk', detail: `${Math.floor(free / MIB)} MiB free for the home` };
  const remedy = 'Free space there, or set SLUICE_HOME to a directory on another disk.';
  if (free < LEAST) return { ...finding, result: 'fail', remedy };
  return free < WANTED ? { ...finding, result: 'warn', remedy } : { ...finding, result: 'ok' };
}

/** Free, taken by a Sluice that runs, or taken by something else. */
export async function portFinding(port: number): Promise<{ finding: Finding; serverTime?: number }> {
  const check = 'port';
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    const remedy = 'Set SLUICE_PORT to a number from 1 to 65535, or to nothing.';
    return { finding: { check, result: 'fail', detail: 'SLUICE_PORT is not a port', remedy } };
  }
  const code = await tried(port);
  if (code === undefined) return { finding: { check, result: 'ok', detail: `${port} is free` } };
  const serverTime = await sluiceTime(port);
  if (serverTime !== undefined)
    return {
      finding: { check, result: 'ok', detail: `${port} is served by a running Sluice` },
      serverTime,
    };
  const remedy = 'Choose another port with SLUICE_PORT or `sluice up --port`.';
  return { finding: { check, result: 'warn', detail: `${port} cannot be used (${code})`, remedy } };
}

/** The error code of listening on the port; undefined when it can be used. */
function tried(port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'unknown'));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(undefined)));
  });
}

async function sluiceTime(port: number): Promise<number | undefined> {
  try {
    const answer = await fetch(`http://127.0.0.1:${port}/livez`, { signal: AbortSignal.timeout(2000) });
    const isOurs = ((await answer.json()) as { product?: string }).product === 'sluice';
    return isOurs ? Date.parse(answer.headers.get('date') ?? '') || Date.now() : undefined;
  } catch {
    return undefined;
  }
}

/**
 * A clock that stands before this program was installed is wrong, and so is one that differs from the server's. Safety needs no clock;
 * times in logs, the expiry of keys and the order of lists do.
 */
export function clockFindings(serverTime: number | undefined, now: number = Date.now()): Finding[] {
  const check = 'clock';
  const built = statSync(import.meta.filename).mtimeMs;
  const remedy = 'Set the clock, or let a time service set it.';
  const shown = new Date(now).toISOString();
  if (now < built - DRIFT)
    return [{ check, result: 'warn', detail: `${shown} is before this program was installed`, remedy }];
  const drift = serverTime === undefined ? 0 : Math.abs(serverTime - now);
  if (drift > DRIFT)
    return [{ check, result: 'warn', detail: `${Math.round(drift / 1000)} s off from the server's`, remedy }];
  return [{ check, result: 'ok', detail: shown }];
}
