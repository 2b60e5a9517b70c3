import { KafkaBus } from '@sluice/bus-kafka';
import { has, testKafka, testPostgres, testRedis } from '@sluice/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { restedRun, type ShownRun, startCopy } from '../e2e/cluster-copy.ts';
import { Cluster, type Member } from '../e2e/cluster.ts';
import { fill, fingerprint, type Kind, type Place, place } from '../e2e/pairs.ts';
import { ended } from './deployment.ts';
import { rowsReach } from './rows-reach.ts';
import { stateOf, Watch } from './target-state.ts';
import { until } from './until.ts';

const ROWS = 20_000;

interface Copy {
  readonly run: ShownRun;
  readonly target: Place;
  readonly watch: Watch;
}

/** Processes that sleep past their lease while others take over, and wake up again. */
describe.skipIf(!(['postgres', 'mariadb', 'redis', 'kafka'] as const).every(has))('a zombie', () => {
  let cluster: Cluster;
  let source: Place;
  beforeAll(async () => {
    const [store, kafka, redis] = [await testPostgres(), testKafka().brokers.join(), testRedis().url];
    cluster = await Cluster.start({ store, kafka, redis, lease: 4 });
    source = await place('postgres');
    await fill(source, 'orders', ROWS, true);
  });
  afterAll(async () => {
    await cluster.stop();
    await source.close();
  });

  async function begin(kind: Kind): Promise<Copy> {
    const target = await place(kind);
    await fill(target, 'orders', 0, false);
    const run = await startCopy(cluster, source.url, target.url, 'orders', {
      write: { mode: 'insert' },
      control: { channels: 2, dirtyLimit: 0, batchRecords: 100, rowsPerSecond: 1000 },
    });
    return { run, target, watch: new Watch(target) };
  }

  /** Equal, balanced, at no moment anything else than what the progress rows say. */
  async function finish({ run: { id }, target, watch }: Copy): Promise<ShownRun> {
    await cluster.call('POST', `/runs/${id}:throttle`, {});
    const run = await restedRun(cluster, id);
    expect(run.error).toBeUndefined();
    expect(run).toMatchObject({
      state: 'succeeded',
      counts: { read: ROWS, written: ROWS, filtered: 0, dirty: 0 },
    });
    expect(await fingerprint(target, 'orders')).toBe(await fingerprint(source, 'orders'));
    await watch.end();
    await target.close();
    return run;
  }

  /** Transactions of Sluice that are open in a target, in which something was written or locked; by the server's own number. */
  async function transactions(target: Place): Promise<string> {
    return target.value(
      target.kind === 'postgres'
        ? `select coalesce(string_agg(backend_xid::text, ',' order by backend_xid::text), '') from pg_stat_activity
             where datname = current_database() and application_name like 'sluice:%' and backend_xid is not null`
        : `select coalesce(group_concat(t.trx_id order by t.trx_id), '') from information_schema.innodb_trx t
             join information_schema.processlist p on p.id = t.trx_mysql_thread_id where p.db = database() and t.trx_rows_locked > 0`,
    );
  }

  /** Puts a process to sleep while it has a transaction open in each of the targets; answers the transactions. */
  async function asleepInTransactions(member: Member, targets: readonly Place[]): Promise<string[]> {
    return until('a moment within transactions', async () => {
      member.process.kill('SIGSTOP');
      const first = await Promise.all(targets.map(transactions));
      await new Promise((resolve) => setTimeout(resolve, 150));
      // A commit that was under way when it fell asleep has ended by now.
      const second = await Promise.all(targets.map(transactions));
      if (first.every((found, i) => found !== '' && found === second[i])) return first;
      member.process.kill('SIGCONT');
      await new Promise((resolve) => setTimeout(resolve, 30));
      return undefined;
    });
  }

  /** Whether the coordinator counts a process as alive. */
  const isAlive = async ({ name }: Member): Promise<boolean> =>
    (await cluster.workers()).some((worker) => worker.name === name);

  it('that writes, asleep within transactions in PostgreSQL and MariaDB, is replaced, wakes up and changes nothing', async () => {
    const reader = await cluster.add('reader');
    const victim = await cluster.add('writer');
    const bus = new KafkaBus({ brokers: testKafka().brokers });
    const copies = [await begin('postgres'), await begin('mysql')];
    const targets = copies.map(({ target }) => target);
    try {
      for (const target of targets) await rowsReach(target, 200);
      const open = await asleepInTransactions(victim, targets);
      const before = await Promise.all(targets.map(stateOf));
      await cluster.add('writer');
      for (const [i, target] of targets.entries()) {
        // Who takes over waits for the locks of the rows and, when its patience ends, ends the sleeper's session.
        await until('the take-over', async () =>
          (await stateOf(target))!.streams.every(
            (row, n) => row.writerEpoch > before[i]!.streams[n]!.writerEpoch || row.final === 1,
          ),
        );
        const left = (await transactions(target)).split(',');
        for (const transaction of open[i]!.split(',')) expect(left).not.toContain(transaction);
      }
      for (const target of targets) await rowsReach(target, (await stateOf(target))!.rows + 200);
      expect(await isAlive(victim)).toBe(false);
      victim.process.kill('SIGCONT');
      await until('the zombie to be back', () => isAlive(victim));
      for (const [i, { run, target }] of copies.entries()) {
        // It committed no offset for what the target does not have.
        const topic = `sluice.default.${run.task}.read`;
        for (const { channel, committed } of await bus.lag(topic, `${topic}.write`)) {
          if (committed === null || committed === 0) continue;
          const [last] = await bus.peek(topic, channel, committed - 1, 1);
          const { streams } = (await stateOf(target))!;
          const stream = streams.find(({ split }) => split === Number(last?.headers['sluice-split']))!;
          expect(Number(last?.headers['sluice-seq'])).toBeLessThanOrEqual(stream.seq);
        }
        if (i > 0) continue;
        for (const xid of open[i]!.split(','))
          expect(await target.value(`select pg_xact_status('${xid}'::xid8)`)).toBe('aborted');
      }
      for (const copy of copies) await finish(copy);
    } finally {
      await bus.close();
      for (const member of [reader, ...cluster.members.filter(({ role }) => role === 'writer')])
        await ended(member, 'SIGKILL');
    }
  });

  it('that reads, asleep until another one reads its splits, publishes when it wakes up: that is superseded', async () => {
    const victim = await cluster.add('reader');
    const copy = await begin('postgres');
    const writer = await cluster.add('writer');
    try {
      await rowsReach(copy.target, 200);
      victim.process.kill('SIGSTOP');
      const before = (await stateOf(copy.target))!.streams;
      const heir = await cluster.add('reader');
      await until('the take-over', async () =>
        (await stateOf(copy.target))!.streams.some((row, n) => row.readerEpoch > before[n]!.readerEpoch),
      );
      await rowsReach(copy.target, (await stateOf(copy.target))!.rows + 200);
      victim.process.kill('SIGCONT');
      await until('superseded batches', async () => {
        const run = await cluster.call<ShownRun>('GET', `/runs/${copy.run.id}`);
        expect(run.state).toBe('running');
        return (run.healing?.['superseded'] ?? 0) > 0;
      });
      await finish(copy);
      expect(cluster.members).toContain(heir);
    } finally {
      for (const member of [...cluster.members].filter(({ role }) => role !== 'coordinator'))
        await ended(member, 'SIGKILL');
      expect(cluster.members).not.toContain(writer);
    }
  });
});
