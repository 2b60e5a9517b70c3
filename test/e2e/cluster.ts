import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { NODE_FLAGS } from '../../infra/node-flags.ts';
import { freePort } from '../../infra/servers/server-process.ts';

export type Role = 'coordinator' | 'reader' | 'mapper' | 'writer';

export interface Member {
  readonly role: Role;
  readonly name: string;
  readonly process: ChildProcess;
  /** Everything it said. */
  words(): string;
  /** Resolves with the signal or code that ended it. */
  readonly ended: Promise<string>;
}

export interface ClusterOptions {
  readonly store: string;
  readonly kafka: string;
  readonly redis: string;
}

const ROOT = join(import.meta.dirname, '../..');

/** Sluice as separate processes on real Kafka, PostgreSQL and Redis. */
export class Cluster {
  readonly #environment: Record<string, string>;
  readonly #members: Member[] = [];
  readonly #port: number;
  #accessKey: string | undefined;

  constructor(environment: Record<string, string>, port: number) {
    this.#environment = environment;
    this.#port = port;
  }

  /** Starts a coordinator and waits until it answers. */
  static async start(options: ClusterOptions): Promise<Cluster> {
    const port = await freePort();
    const keyFile = join(mkdtempSync(join(tmpdir(), 'sluice-cluster-')), 'key');
    writeFileSync(keyFile, randomBytes(32).toString('hex'), { mode: 0o600 });
    const cluster = new Cluster(
      {
        SLUICE_STORE: options.store,
        SLUICE_KAFKA: options.kafka,
        SLUICE_REDIS: options.redis,
        SLUICE_KEY_FILE: keyFile,
        SLUICE_TOKEN: randomBytes(32).toString('hex'),
        SLUICE_PORT: String(port),
        SLUICE_URL: `http://127.0.0.1:${port}`,
      },
      port,
    );
    await cluster.add('coordinator');
    return cluster;
  }

  get members(): readonly Member[] {
    return this.#members;
  }

  /** Starts one more process; a coordinator is waited for. */
  async add(role: Role, more: Record<string, string> = {}): Promise<Member> {
    const name = `${role}-${this.#members.filter((member) => member.role === role).length + 1}`;
    const child = spawn(process.execPath, [...NODE_FLAGS, join(ROOT, 'services', role, 'src/main.ts')], {
      env: { PATH: process.env['PATH'] ?? '', SLUICE_WORKER_NAME: name, ...this.#environment, ...more },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-2_000_000)));
    const ended = new Promise<string>((resolve) =>
      child.once('exit', (code, signal) => resolve(signal ?? String(code))),
    );
    const member: Member = { role, name, process: child, words: () => said, ended };
    this.#members.push(member);
    if (role === 'coordinator') {
      await this.#answers(member);
      this.#accessKey ??= /slk_[0-9a-f]{16}\.[A-Za-z0-9_-]+/.exec(said)?.[0];
    }
    return member;
  }

  /** One API call below the default workspace. Throws with the problem's code. */
  async call<T>(method: string, path: string, body?: object): Promise<T> {
    const answer = await fetch(`http://127.0.0.1:${this.#port}/api/v1/workspaces/default${path}`, {
      method,
      headers: {
        authorization: `Bearer ${this.#accessKey}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return JSON.parse(text) as T;
  }

  get registryUrl(): string {
    return `http://127.0.0.1:${this.#port}/schema-registry`;
  }

  get accessKey(): string {
    return this.#accessKey!;
  }

  async stop(): Promise<void> {
    for (const { process: child } of this.#members) if (child.exitCode === null) child.kill('SIGTERM');
    const hard = setTimeout(() => {
      for (const { process: child } of this.#members) child.kill('SIGKILL');
    }, 10_000);
    await Promise.all(this.#members.map(({ ended }) => ended));
    clearTimeout(hard);
  }

  async #answers(member: Member): Promise<void> {
    for (const until = Date.now() + 30_000; ;) {
      const answer = await fetch(`http://127.0.0.1:${this.#port}/readyz`).catch(() => undefined);
      if (answer?.ok === true && member.words().includes('coordinator is up')) return;
      if (member.process.exitCode !== null || Date.now() > until)
        throw new Error(`The coordinator did not start: ${member.words()}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
