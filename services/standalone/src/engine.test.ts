import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, it } from 'vitest';
import type { TaskDocument } from '@sluice/model';
import { type Engine, startEngine } from './engine.ts';

const ROWS = 20_500;

function fill(path: string): void {
  const database = new DatabaseSync(path);
  database.exec(`create table orders (id integer primary key, amount decimal(12, 2) not null, at datetime, note text);
    with recursive n(i) as (select 1 union all select i + 1 from n where i < ${ROWS})
    insert into orders select i, (i % 1000) || '.' || substr('0' || (i % 100), -2), '2024-01-01 00:00:00', 'note ' || i from n;
    update orders set at = 'yesterday' where id in (7, 8, 20000)`);
  database.close();
}

async function copy(engine: Engine, from: string, to: string, more: Partial<TaskDocument>): Promise<string> {
  const source = await engine.sources.create(engine.workspace, `source${Date.now()}`, 'sqlite', {
    path: from,
  });
  const target = await engine.sources.create(engine.workspace, `target${Date.now()}`, 'sqlite', { path: to });
  const task = await engine.store.tasks.insert({
    id: `task-${Date.now()}`,
    workspace: engine.workspace,
    name: `task-${Date.now()}`,
    document: {
      mode: 'full',
      reader: { dataSource: source.id, parameters: { table: 'orders' } },
      writer: { dataSource: target.id, parameters: { table: 'orders' } },
      ...more,
    },
    createdAt: 1,
    updatedAt: 1,
  });
  const run = await engine.runs.control.start({
    workspace: engine.workspace,
    task: task.id,
    trigger: 'test',
    actor: 'test',
  });
  return run.id;
}

async function ended(
  engine: Engine,
  run: string,
): Promise<NonNullable<Awaited<ReturnType<Engine['store']['runs']['get']>>>> {
  for (;;) {
    const row = (await engine.store.runs.get(run))!;
    if (['succeeded', 'failed', 'stopped', 'cancelled'].includes(row.state)) return row;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

for (const channels of [1, 4])
  for (const mapStage of [false, true])
    it(`copies every good row and names every bad one: ${channels} channels, ${mapStage ? 'with' : 'without'} a map stage`, async () => {
      const home = mkdtempSync(join(tmpdir(), 'sluice-engine-'));
      fill(join(home, 'source.db'));
      const engine = await startEngine(join(home, 'state'));
      try {
        const more = { mapStage, control: { channels, dirtyLimit: 3 } };
        const run = await ended(
          engine,
          await copy(engine, join(home, 'source.db'), join(home, 'target.db'), more),
        );
        expect(run.error).toBeUndefined();
        expect(run.counts).toMatchObject({ read: ROWS, written: ROWS - 3, dirty: 3, filtered: 0 });
        const database = new DatabaseSync(join(home, 'target.db'));
        database.exec(`attach '${join(home, 'source.db')}' as source`);
        const differing = database
          .prepare(
            `select count(*) as n from (select * from source.orders where at <> 'yesterday' except select * from main.orders
               union all select * from main.orders except select * from source.orders)`,
          )
          .get();
        expect(differing!['n']).toBe(0);
        expect(database.prepare('select count(*) as n from orders').get()!['n']).toBe(ROWS - 3);
        expect(database.prepare('select column_name from _sluice_dirty').all()).toHaveLength(3);
        expect((await engine.store.dirty.list({ parent: run.id })).items).toHaveLength(3);
      } finally {
        await engine.stop();
      }
    });

it('fails at the dirty limit with the reasons, and goes on from there after the repair', async () => {
  const home = mkdtempSync(join(tmpdir(), 'sluice-engine-'));
  fill(join(home, 'source.db'));
  const engine = await startEngine(join(home, 'state'));
  try {
    const id = await copy(engine, join(home, 'source.db'), join(home, 'target.db'), {
      control: { channels: 1, dirtyLimit: 2 },
    });
    const failed = await ended(engine, id);
    expect(failed.error).toMatchObject({ code: 'SLUICE_RUN_DIRTY_LIMIT' });
    expect(failed.error!.detail).toContain('at');
    // The reader of the failed run may hold the file for a moment longer.
    const database = new DatabaseSync(join(home, 'source.db'), { timeout: 5000 });
    database.exec(`update orders set at = null where id = 20000`);
    database.close();
    await engine.runs.control.resume(id, 'test');
    const run = await ended(engine, id);
    expect(run.state).toBe('succeeded');
    expect(run.counts).toMatchObject({ read: ROWS, dirty: 2 });
  } finally {
    await engine.stop();
  }
});

it('overwrites a table in transactions of the budget of its task, with the statements of the task around it', async () => {
  const home = mkdtempSync(join(tmpdir(), 'sluice-engine-'));
  const [from, to] = ['source.db', 'target.db'].map((name) => join(home, name)) as [string, string];
  fill(from);
  const engine = await startEngine(join(home, 'state'));
  try {
    const first = await copy(engine, from, to, { control: { dirtyLimit: -1 } });
    expect((await ended(engine, first)).state).toBe('succeeded');
    const target = new DatabaseSync(to);
    target.exec(`delete from orders where id > 10; create table marks (what text); create table units (rows integer);
      create trigger counts after update on _sluice_progress when new.n_read > old.n_read
        begin insert into units values (new.n_read - old.n_read); end`);
    target.close();
    const write = {
      mode: 'overwrite',
      transactionRecords: 1000,
      preSql: [`insert into marks select 'before ' || count(*) from @table`],
      postSql: [`insert into marks select 'behind ' || count(*) from @table`],
    } as const;
    const run = await ended(engine, await copy(engine, from, to, { write, control: { dirtyLimit: -1 } }));
    expect(run.error).toBeUndefined();
    const found = new DatabaseSync(to);
    const all = (sql: string): unknown[] =>
      found
        .prepare(sql)
        .all()
        .map((row) => Object.values(row)[0]);
    expect(all('select what from marks')).toEqual(['before 8', `behind ${ROWS - 3}`]);
    expect(all('select count(*) from orders')).toEqual([ROWS - 3]);
    // A transaction ends behind the batch with its thousandth good record: that is its second one where the first had a dirty record.
    expect(Math.max(...(all('select rows from units') as number[]))).toBeLessThanOrEqual(2000);
    expect(all('select sum(rows) from units')).toEqual([ROWS]);
    found.close();
  } finally {
    await engine.stop();
  }
});
