import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { NODE_FLAGS } from '../../infra/node-flags.ts';
import { freePort } from '../../infra/servers/server-process.ts';

export type Role = 'coordinator' | 'reader' | 'mapper' | 'writer' | 'standalone';

export interface Member {
  readonly role: Role;
  readonly name: string;
  readonly process: ChildProcess;
  /** Where it serves the API, when it does. */
  readonly port?: number;
  /** Everything it said. */
  words(): string;
  /** Resolves with the signal or code that ended it. */
  readonly ended: Promise<string>;
}

export interface ClusterOptions {
  readonly store: string;
  readonly kafka: string;
  readonly redis: string;
  /** Seconds after which a silent process loses its work; default that of the product. */
  readonly lease?: number;
  /** Workers know the second port too, for a second coordinator. */
  readonly two?: boolean;
}

const ROOT = join(import.meta.dirname, '../..');
const PROGRAM: Readonly<Record<Role, readonly string[]>> = {
  coordinator: ['services/coordinator/src/main.ts'],
  reader: ['services/reader/src/main.ts'],
  mapper: ['services/mapper/src/main.ts'],
  writer: ['services/writer/src/main.ts'],
  standalone: ['services/cli/src/main.ts', 'up'],
};

/** Sluice as separate processes on real Kafka, PostgreSQL and Redis, or as one process. */
export class Cluster {
  readonly #environment: Record<string, string>;
  #members: Member[] = [];
  #started = 0;
  /** Ports of coordinators: the first one's, and one for a second. */
  readonly ports: readonly [number, number];
  #accessKey: string | undefined;

  private constructor(environment: Record<string, string>, ports: readonly [number, number]) {
    this.#environment = environment;
    this.ports = ports;
  }

  /** Starts a coordinator and waits until it answers. */
  static async start(options: ClusterOptions): Promise<Cluster> {
    const ports = [await freePort(), await freePort()] as const;
    const keyFile = join(mkdtempSync(join(tmpdir(), 'sluice-cluster-')), 'key');
    writeFileSync(keyFile, randomBytes(32).toString('hex'), { mode: 0o600 });
    const cluster = new Cluster(
      {
        SLUICE_STORE: options.store,
        SLUICE_KAFKA: options.kafka,
        SLUICE_REDIS: options.redis,
        SLUICE_KEY_FILE: keyFile,
        SLUICE_TOKEN: randomBytes(32).toString('hex'),
        SLUICE_URL: ports
          .slice(0, options.two === true ? 2 : 1)
          .map((port) => `http://127.0.0.1:${port}`)
          .join(),
        ...(options.lease === undefined ? {} : { SLUICE_LEASE: String(options.lease) }),
      },
      ports,
    );
    await cluster.add('coordinator');
    return cluster;
  }

  /** Everything in one process, on a home of its own; nothing is started yet. */
  static async embedded(): Promise<Cluster> {
    const home = mkdtempSync(join(tmpdir(), 'sluice-home-'));
    return new Cluster({ SLUICE_HOME: home }, [await freePort(), await freePort()]);
  }

  /** Those that have not ended, the oldest first. */
  get members(): readonly Member[] {
    return this.#members;
  }

  /** Starts one more process; one that serves the API is waited for. */
  async add(role: Role, more: Record<string, string> = {}): Promise<Member> {
    const name = more['SLUICE_WORKER_NAME'] ?? `${role}-${++this.#started}`;
    const port = Number(more['SLUICE_PORT'] ?? this.ports[0]);
    const [file, ...args] = PROGRAM[role];
    const child = spawn(process.execPath, [...NODE_FLAGS, join(ROOT, file!), ...args], {
      env: {
        PATH: process.env['PATH'] ?? '',
        SLUICE_WORKER_NAME: name,
        SLUICE_PORT: String(port),
        ...this.#environment,
        ...more,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-2_000_000)));
    const ended = new Promise<string>((resolve) =>
      child.once('exit', (code, signal) => {
        this.#members = this.#members.filter((other) => other !== member);
        resolve(signal ?? String(code));
      }),
    );
    const serves = role === 'coordinator' || role === 'standalone';
    const member: Member = {
      role,
      name,
      process: child,
      ...(serves ? { port } : {}),
      words: () => said,
      ended,
    };
    this.#members.push(member);
    if (serves) {
      await this.#answers(member);
      this.#accessKey ??= /slk_[0-9a-f]{16}\.[A-Za-z0-9_-]+/.exec(said)?.[0];
    }
    return member;
  }

  /** One API call below the default workspace, to the first coordinator unless another port is named. Throws with the problem's code. */
  async call<T>(method: string, path: string, body?: object, port = this.ports[0]): Promise<T> {
    const answer = await fetch(`http://127.0.0.1:${port}/api/v1/workspaces/default${path}`, {
      method,
      headers: {
        ...(this.#accessKey === undefined ? {} : { authorization: `Bearer ${this.#accessKey}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return JSON.parse(text) as T;
  }

  /** Workers that are alive, by name. */
  async workers(): Promise<readonly { readonly id: string; readonly name: string }[]> {
    return (await this.call<{ items: { id: string; name: string }[] }>('GET', '/../../workers?state=alive'))
      .items;
  }

  get registryUrl(): string {
    return `http://127.0.0.1:${this.ports[0]}/schema-registry`;
  }

  get accessKey(): string {
    return this.#accessKey!;
  }

  async stop(): Promise<void> {
    const members = [...this.#members];
    // One that sleeps hears no other signal.
    for (const { process: child } of members)
      for (const signal of ['SIGTERM', 'SIGCONT'] as const) child.kill(signal);
    const hard = setTimeout(() => {
      for (const { process: child } of members) child.kill('SIGKILL');
    }, 10_000);
    await Promise.all(members.map(({ ended }) => ended));
    clearTimeout(hard);
  }

  async #answers(member: Member): Promise<void> {
    const up = member.role === 'coordinator' ? 'coordinator is up' : '/api/v1\n';
    for (const until = Date.now() + 30_000; ;) {
      const answer = await fetch(`http://127.0.0.1:${member.port}/readyz`).catch(() => undefined);
      if (answer?.ok === true && member.words().includes(up)) return;
      if (!this.#members.includes(member) || Date.now() > until)
        throw new Error(`The ${member.role} did not start: ${member.words()}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
