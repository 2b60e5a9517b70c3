import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** One measurement: a line of results.jsonl. */
export interface Result {
  readonly path: string;
  readonly bus: 'memory' | 'kafka';
  readonly channels: number;
  readonly rows: number;
  readonly seconds: number;
  /** What an engineer would type instead, in the same minute. */
  readonly limitSeconds: number;
  /** limitSeconds / seconds: higher is better. */
  readonly ratio: number;
  /** Of Sluice's own processes, not of the servers. */
  readonly cpuSecondsPerMillionRows?: number;
  /** Of the largest of Sluice's processes. */
  readonly peakRssMb?: number;
}

export type Own = Pick<Result, 'seconds' | 'cpuSecondsPerMillionRows' | 'peakRssMb'>;

/** Runs a command to its end; answers its seconds and output. Rejects when it fails. */
export function timed(
  program: string,
  args: readonly string[],
  environment: Record<string, string> = {},
): Promise<{ readonly seconds: number; readonly out: string }> {
  return new Promise((resolve, reject) => {
    const started = performance.now();
    const child = spawn(program, args, {
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let out = '';
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
    child.once('close', (code) =>
      code === 0
        ? resolve({ seconds: (performance.now() - started) / 1000, out })
        : reject(new Error(`${program} ${args[0]}: ${code}`)),
    );
  });
}

/** Runs a command and writes the CPU seconds and peak KiB of its children to a file. */
const USAGE = `import resource, subprocess, sys
code = subprocess.call(sys.argv[2:], stdout=subprocess.DEVNULL)
u = resource.getrusage(resource.RUSAGE_CHILDREN)
open(sys.argv[1], 'w').write('%f %d' % (u.ru_utime + u.ru_stime, u.ru_maxrss))
sys.exit(code)`;

/** A command in a process of its own: wall seconds with its start-up, CPU and peak memory by the operating system. */
export async function measured(rows: number, command: readonly string[]): Promise<Own> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-bench-'));
  const report = join(folder, 'usage');
  const { seconds } = await timed('python3', ['-c', USAGE, report, ...command], { SLUICE_HOME: folder });
  const [cpu, rss] = readFileSync(report, 'utf8').split(' ').map(Number);
  return { seconds, cpuSecondsPerMillionRows: (cpu! / rows) * 1e6, peakRssMb: Math.round(rss! / 1024) };
}

/** CPU seconds so far, and peak resident MB, of running processes (Linux). */
export function usageOf(pids: readonly number[]): { readonly cpu: number; readonly peakRssMb: number } {
  let [cpu, peakRssMb] = [0, 0];
  for (const pid of pids) {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
    // Clock ticks of 10 ms.
    cpu += (Number(fields[11]) + Number(fields[12])) / 100;
    const peak = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))!;
    peakRssMb = Math.max(peakRssMb, Math.round(Number(peak[1]) / 1024));
  }
  return { cpu, peakRssMb };
}
