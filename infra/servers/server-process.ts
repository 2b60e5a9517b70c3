import { type ChildProcess, spawn, type SpawnOptions } from 'node:child_process';
import { rmSync } from 'node:fs';
import { createServer } from 'node:net';

/** A real server on loopback that this process started and ends. */
export interface Server {
  readonly url: string;
  /** Of the process as it runs now. */
  readonly pid: number;
  /** Ends it with SIGKILL; its data stays. */
  kill(): Promise<void>;
  /** Starts it again on the same data and address after `kill`; resolves when it answers. */
  revive(): Promise<void>;
  /** Ends it and removes its data. */
  stop(): Promise<void>;
}

const children = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL');
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

/** A port that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });
}

export interface Launch {
  readonly program: string;
  readonly args: readonly string[];
  readonly options?: SpawnOptions;
  readonly directory: string;
  readonly url: string;
  readonly stopSignal?: NodeJS.Signals;
  /** Whether it answers; asked until it does. */
  ready(): Promise<boolean>;
}

interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<void>;
}

/** Starts a server and waits until it is ready; its last words are in the error when it is not. */
export async function launchServer(launch: Launch): Promise<Server> {
  let running = await launched(launch);
  return {
    url: launch.url,
    get pid() {
      return running.child.pid!;
    },
    kill: async () => {
      running.child.kill('SIGKILL');
      await running.ended;
    },
    revive: async () => {
      running = await launched(launch);
    },
    stop: async () => {
      const { child, ended } = running;
      child.kill(launch.stopSignal ?? 'SIGTERM');
      const hard = setTimeout(() => child.kill('SIGKILL'), 8000);
      await ended;
      clearTimeout(hard);
      rmSync(launch.directory, { recursive: true, force: true });
    },
  };
}

async function launched(launch: Launch): Promise<Running> {
  const child = spawn(launch.program, launch.args, { ...launch.options, stdio: ['ignore', 'pipe', 'pipe'] });
  children.add(child);
  let words = '';
  const listen = (chunk: Buffer): void => {
    words = (words + chunk.toString()).slice(-4000);
  };
  child.stdout!.on('data', listen);
  child.stderr!.on('data', listen);
  const ended = new Promise<void>((resolve) =>
    child.once('close', () => {
      children.delete(child);
      resolve();
    }),
  );
  child.once('error', (error) => (words += error.message));
  const until = Date.now() + 60_000;
  while (!(await launch.ready().catch(() => false))) {
    if (child.exitCode !== null || Date.now() > until) {
      child.kill('SIGKILL');
      throw new Error(`${launch.program} did not start: ${words}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return { child, ended };
}
