import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Engine, startEngine } from '@sluice/standalone';
import { has } from '@sluice/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { copyTable, place } from './pairs.ts';

describe.skipIf(!has('postgres'))('bulk writes, PostgreSQL -> PostgreSQL', () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await startEngine(mkdtempSync(join(tmpdir(), 'sluice-bulk-')));
  });
  afterAll(() => engine.stop());

  it('lets the last record of a key win in an upsert, and updates what is there', async () => {
    const [source, target] = [await place('postgres'), await place('postgres')];
    try {
      await source.run(
        `create table t (id integer primary key, k integer, v text); insert into t select n, n % 10, 'v' || n from generate_series(1, 1000) n`,
      );
      await target.run(
        `create table t (k integer primary key, v text); insert into t values (3, 'old'), (77, 'kept')`,
      );
      const run = await copyTable(engine, source, target, 't', {
        mapping: [
          { to: 'k', from: 'k' },
          { to: 'v', from: 'v' },
        ],
        write: { mode: 'upsert' },
      });
      expect(run.error).toBeUndefined();
      expect(run.counts).toMatchObject({ read: 1000, written: 1000 });
      expect(await target.value(`select string_agg(k || v, ',' order by k) from t`)).toBe(
        '0v1000,1v991,2v992,3v993,4v994,5v995,6v996,7v997,8v998,9v999,77kept',
      );
    } finally {
      await source.close();
      await target.close();
    }
  });

  it('isolates exactly the 137 bad of 20,000 records, and fails at a limit of 136', async () => {
    const [source, target] = [await place('postgres'), await place('postgres')];
    try {
      await source.run(`create table t (id integer primary key, v text);
        insert into t select n, case when n <= 3 or n > 19998 or n % 151 = 0 then 'bad' else 'good' end from generate_series(1, 20000) n`);
      await target.run(`create table t (id integer, v text check (v <> 'bad'))`);
      const bad = Number(await source.value(`select count(*) from t where v = 'bad'`));
      expect(bad).toBe(137);
      const failed = await copyTable(engine, source, target, 't', {
        write: { mode: 'insert', truncateFirst: true },
        control: { channels: 1, dirtyLimit: 136 },
      });
      expect(failed.error).toMatchObject({ code: 'SLUICE_RUN_DIRTY_LIMIT' });
      const run = await copyTable(engine, source, target, 't', {
        write: { mode: 'insert', truncateFirst: true },
        control: { channels: 1, dirtyLimit: 137 },
      });
      expect(run.counts).toMatchObject({ read: 20_000, written: 20_000 - 137, dirty: 137 });
      expect(await target.value('select count(*) from t')).toBe(String(20_000 - 137));
      expect(
        await target.value(`select count(*) from _sluice_dirty where generation = '${run.generation}'`),
      ).toBe('137');
    } finally {
      await source.close();
      await target.close();
    }
  });
});
