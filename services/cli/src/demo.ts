import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { TaskDocument } from '@sluice/model';
import { uuidv7 } from '@sluice/model';
import type { Engine } from '@sluice/standalone';
import { follow } from './progress-line.ts';
import { reportOf, type RunReport, runError } from './report.ts';

const ROWS = 200_000;
const NAME = 'demo';

/** Orders whose values do not fit the declared type of their column, and what is wrong with each. */
const BAD: readonly (readonly [id: number, column: string, value: string])[] = [
  [40_007, 'amount', `'12,50'`],
  [111_111, 'created_at', `'2026-02-30 10:00:00'`],
  [173_205, 'quantity', `'three'`],
];

/** Runs the demo task once per home; answers the run and whether it ran just now. */
export async function demo(engine: Engine, home: string): Promise<{ report: RunReport; isNew: boolean }> {
  const { store, workspace } = engine;
  const [task] = (await store.tasks.list({ workspace, name: NAME, limit: 1 })).items;
  const [kept] =
    task === undefined ? [] : (await store.runs.list({ parent: task.id, descending: true, limit: 1 })).items;
  if (kept?.state === 'succeeded') return { report: await reportOf(engine, kept), isNew: false };
  const id = task?.id ?? (await create(engine, home));
  const resting = kept === undefined || ['failed', 'stopped', 'cancelled'].includes(kept.state);
  const started = resting
    ? await engine.runs.control.start({ workspace, task: id, trigger: 'manual', actor: 'demo' })
    : kept;
  const run = await follow(engine, started.id);
  if (run.state !== 'succeeded') throw runError(run);
  return { report: await reportOf(engine, run), isNew: true };
}

async function create(engine: Engine, home: string): Promise<string> {
  const path = join(home, 'demo.db');
  if (existsSync(path)) rmSync(path);
  fill(path);
  const [known] = (
    await engine.store.dataSources.list({ workspace: engine.workspace, name: 'demo-shop', limit: 1 })
  ).items;
  if (known === undefined) await engine.sources.create(engine.workspace, 'demo-shop', 'sqlite', { path });
  const document: TaskDocument = {
    mode: 'full',
    reader: { dataSource: 'demo-shop', parameters: { table: 'orders' } },
    writer: { dataSource: 'warehouse', parameters: { table: 'orders' } },
    control: { channels: 2, dirtyLimit: 10 },
  };
  const now = Date.now();
  const id = uuidv7();
  await engine.store.tasks.insert({
    id,
    workspace: engine.workspace,
    name: NAME,
    document,
    createdAt: now,
    updatedAt: now,
  });
  return id;
}

/** A shop's orders: customers, articles, prices, cities, times over a year; the same every time. */
function fill(path: string): void {
  const database = new DatabaseSync(path);
  database.exec(`pragma journal_mode = off; pragma synchronous = off;
    create table orders (
      id integer primary key, customer text not null, city text not null, article text not null, quantity integer not null,
      amount decimal(10, 2) not null, status text not null, paid boolean not null, created_at datetime not null, note text);
    with recursive n(i) as (select 1 union all select i + 1 from n where i < ${ROWS})
    insert into orders select i,
      'customer ' || (i * 7919 % 20011),
      (select json_extract('["Zürich","København","São Paulo","東京","Kraków","Montréal","İstanbul","Αθήνα"]', '$[' || (i * 31 % 8) || ']')),
      (select json_extract('["espresso machine","road bike","desk lamp","rain jacket","headphones","notebook"]', '$[' || (i * 17 % 6) || ']')),
      1 + i * 13 % 5,
      printf('%d.%02d', 5 + i * 37 % 900, i * 29 % 100),
      (select json_extract('["new","paid","shipped","delivered","returned"]', '$[' || (i % 5) || ']')),
      i % 5 > 0,
      datetime('2025-11-01', '+' || (i * 157) || ' seconds'),
      case when i % 11 = 0 then null when i % 7 = 0 then 'leave it with the neighbour' else '' end
    from n;`);
  for (const [id, column, value] of BAD)
    database.exec(`update orders set ${column} = ${value} where id = ${id}`);
  database.close();
}
