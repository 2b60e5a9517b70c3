import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TaskDocument } from '@sluice/model';
import type { RunRow } from '@sluice/ports';
import { type Engine, startEngine } from '@sluice/standalone';
import { has } from '@sluice/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { copyTable, fill, fingerprint, type Place, place } from '../e2e/pairs.ts';
import { rowsReach } from './rows-reach.ts';
import { Watch } from './target-state.ts';
import { until } from './until.ts';

const ROWS = 20_000;
const BATCH = 100;
const RATE = 1500;
/** Longer than Sluice waits for a row's lock (10 s). */
const HELD = 12_000;

describe.skipIf(!has('postgres') || !has('mariadb'))('a target', { concurrent: true }, () => {
  let engine: Engine;
  let source: Place;
  beforeAll(async () => {
    engine = await startEngine(mkdtempSync(join(tmpdir(), 'sluice-target-')));
    source = await place('postgres');
    await fill(source, 'orders', ROWS, true);
  });
  afterAll(async () => {
    await engine.stop();
    await source.close();
  });

  /** A copy during which `fault` happens; it ends equal, with no dirty record. */
  async function survive(
    target: Place,
    write: NonNullable<TaskDocument['write']>,
    fault: () => Promise<void>,
  ): Promise<RunRow> {
    await fill(target, 'orders', 0, write.mode === 'upsert');
    const watch = new Watch(target);
    const copying = copyTable(engine, source, target, 'orders', {
      write,
      control: { channels: 1, dirtyLimit: 0, batchRecords: BATCH, rowsPerSecond: RATE },
    });
    await rowsReach(target, 3 * BATCH);
    await fault();
    expect(Number(await target.value('select count(*) from orders'))).toBeLessThan(ROWS);
    const run = await copying;
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

  /** What the run log says of a word, on all its lines. */
  async function said(run: RunRow, text: string): Promise<number> {
    return (await engine.store.logs.read(run.id, { limit: 1000, text })).lines.length;
  }

  /** Ends all sessions that Sluice has in the target. */
  async function endSessions(target: Place): Promise<void> {
    if (target.kind === 'postgres')
      return target.run(
        `select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'sluice:%' and datname = current_database()`,
      );
    const ids = await target.value(
      `select coalesce(group_concat(id), '') from information_schema.processlist where db = database() and id <> connection_id()`,
    );
    // It may be gone by now.
    for (const id of ids.split(',').filter((text) => text !== ''))
      await target.run(`kill ${id}`).catch(() => undefined);
  }

  /** Whether a session of Sluice waits for a lock of somebody else. */
  async function waits(target: Place): Promise<boolean> {
    const sql =
      target.kind === 'postgres'
        ? `select count(*) from pg_stat_activity where datname = current_database() and application_name like 'sluice:%' and wait_event_type = 'Lock'`
        : `select count(*) from information_schema.innodb_trx t join information_schema.processlist p on p.id = t.trx_mysql_thread_id
             where p.db = database() and t.trx_state = 'LOCK WAIT'`;
    return (await target.value(sql)) !== '0';
  }

  const insert = (id: number): string =>
    `insert into orders (id, amount, at, day) values (${id}, 0, '2024-01-01 00:00:00', '2024-01-01')`;

  /** Another session of the same database. */
  async function user(target: Place): Promise<Place> {
    return place(target.kind, target.url);
  }

  /** The user begins a transaction with a row in the middle of a batch that is to come; answers its id. */
  async function inTheWay(target: Place, session: Place): Promise<number> {
    for (;;) {
      const next = Number(await target.value('select coalesce(max(id), 0) from orders'));
      // A unit that is open now may have the rows of one second.
      const id = Math.ceil((next + 1.5 * RATE) / BATCH) * BATCH + BATCH / 2;
      await session.run('start transaction');
      const taken = await session.run(insert(id)).then(
        () => true,
        () => false,
      );
      if (taken) return id;
      await session.run('rollback');
    }
  }

  for (const kind of ['postgres', 'mysql'] as const) {
    it(`${kind}, that ends all sessions again and again: nothing is doubled, lost or dirty`, async () => {
      const target = await place(kind);
      await survive(target, { mode: 'insert' }, async () => {
        for (let i = 0; i < 15; i++) {
          await endSessions(target);
          await new Promise((resolve) => setTimeout(resolve, 200));
        }
      });
    });

    it(`${kind}, that ends a unit as the victim of a deadlock, three times: it is written anew`, async () => {
      const target = await place(kind);
      if (kind === 'postgres') {
        const name = await target.value('select current_database()');
        await target.run(`alter database ${name} set deadlock_timeout = '3s'`);
      }
      const run = await survive(target, { mode: 'upsert' }, async () => {
        const session = await user(target);
        // PostgreSQL: who finds the deadlock is the victim. MariaDB: who has changed less.
        if (kind === 'postgres') await session.run(`set deadlock_timeout = '1min'`);
        else await session.run('create table heavy (n int)');
        for (let i = 0; i < 3; i++) {
          const id = await inTheWay(target, session);
          if (kind === 'mysql')
            await session.run(
              `insert into heavy with recursive s(n) as (select 1 union all select n + 1 from s where n < 30000) select n from s`,
            );
          // MariaDB shows the same for ever to somebody who looks more often than every 100 ms.
          await until('Sluice to wait for the user', () => waits(target), { every: 150 });
          await session.run(insert(id - 1));
          await session.run('rollback');
        }
        await session.close();
      });
      expect(await said(run, 'deadlock')).toBeGreaterThanOrEqual(3);
    });

    it(`${kind}, in which a user keeps a row locked for longer than Sluice waits: it is written when it is free`, async () => {
      const target = await place(kind);
      const run = await survive(target, { mode: 'upsert' }, async () => {
        const session = await user(target);
        await inTheWay(target, session);
        await new Promise((resolve) => setTimeout(resolve, HELD));
        await session.run('rollback');
        await session.close();
      });
      expect(await said(run, kind === 'postgres' ? 'lock timeout' : 'lock wait timeout')).toBeGreaterThan(0);
    });
  }
});
