import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CrashPoint } from '@sluice/connector-sdk';
import { testKafka, testPostgres, testRedis } from '@sluice/testkit';
import { Cluster, type Member, type Role } from '../e2e/cluster.ts';
import { until } from './until.ts';

/** Seconds after which the dead of these tests are missed. */
const LEASE = 4;
const ROLES: readonly Role[] = ['coordinator', 'reader', 'mapper', 'writer'];

/** One process of each role, or one for all of them; each can be armed to die at a point, and is replaced by one of the same name. */
export class Deployment {
  readonly cluster: Cluster;
  readonly #roles: readonly Role[];
  readonly #members = new Map<Role, Member>();
  readonly #point = join(mkdtempSync(join(tmpdir(), 'sluice-point-')), 'point');

  private constructor(cluster: Cluster, roles: readonly Role[]) {
    this.cluster = cluster;
    this.#roles = roles;
  }

  /** Separate processes on the run's Kafka. */
  static async onKafka(): Promise<Deployment> {
    const [store, kafka, redis] = [await testPostgres(), testKafka().brokers.join(), testRedis().url];
    const cluster = await Cluster.start({ store, kafka, redis, lease: LEASE });
    // Its first process cannot be armed.
    await ended(cluster.members[0]!, 'SIGTERM');
    return Deployment.#complete(new Deployment(cluster, ROLES));
  }

  static async embedded(): Promise<Deployment> {
    return Deployment.#complete(new Deployment(await Cluster.embedded(), ['standalone']));
  }

  static async #complete(deployment: Deployment): Promise<Deployment> {
    await deployment.complete();
    return deployment;
  }

  get isEmbedded(): boolean {
    return this.#roles.length === 1;
  }

  /** The living process that does what a role does. */
  member(role: Role): Member {
    return this.#members.get(this.isEmbedded ? 'standalone' : role)!;
  }

  /** Whether the process of a role also does what another role does. */
  is(role: Role, other: Role): boolean {
    return this.isEmbedded || role === other;
  }

  /** Starts what is missing, all at once. */
  async complete(): Promise<void> {
    await Promise.all(
      this.#roles.map(async (role) => {
        const before = this.#members.get(role);
        if (before !== undefined && this.cluster.members.includes(before)) return;
        const environment = { SLUICE_CRASH_AT: `@${this.#point}`, SLUICE_WORKER_NAME: before?.name ?? role };
        this.#members.set(role, await this.cluster.add(role, environment));
      }),
    );
  }

  /** SIGKILL to all of them in one moment. */
  async killAll(): Promise<void> {
    const ends = await Promise.all(this.cluster.members.map((member) => ended(member, 'SIGKILL')));
    if (ends.some((how) => how !== 'SIGKILL')) throw new Error(`They ended by ${ends.join()}.`);
  }

  /** From now on the process of this role dies at the first pass of the point. */
  async arm(role: Role, point: CrashPoint): Promise<Member> {
    writeFileSync(this.#point, point);
    const member = this.member(role);
    member.process.kill('SIGUSR2');
    await until(`${member.name} to be armed`, async () => member.words().includes(`will die at ${point}`));
    return member;
  }

  async stop(): Promise<void> {
    await this.cluster.stop();
  }
}

/** Ends a process by a signal; resolves with what ended it. */
export function ended(member: Member, signal: NodeJS.Signals): Promise<string> {
  member.process.kill(signal);
  return member.ended;
}
