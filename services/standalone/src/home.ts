import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SluiceError } from '@sluice/model';

/**
 * Takes the home directory for this process: two processes on one state would each run every task. The file names the holder; one
 * whose process is dead is taken over. Answers what gives it back.
 */
export function holdHome(home: string): () => void {
  const path = join(home, 'process');
  for (let attempt = 0; ; attempt++) {
    try {
      writeFileSync(path, String(process.pid), { flag: 'wx', mode: 0o600 });
      return () => rmSync(path, { force: true });
    } catch (cause) {
      const code = (cause as NodeJS.ErrnoException).code;
      if (code !== 'EEXIST' || attempt > 3)
        throw new SluiceError('SLUICE_SYS_HOME', {
          detail: `The directory ${home} cannot be written.`,
          place: home,
          cause,
        });
    }
    const holder = Number(readFileSync(path, 'utf8'));
    if (isAlive(holder))
      throw new SluiceError('SLUICE_SYS_HOME', {
        detail: `Process ${holder} works on ${home}.`,
        hint: 'Stop it, or set SLUICE_HOME to another directory.',
        place: home,
      });
    rmSync(path, { force: true });
  }
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0 || pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
