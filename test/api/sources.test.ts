import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, Served } from './served.ts';

let served: Served;
beforeAll(async () => {
  served = await Served.start();
  const shards = { shop_a: ['00', '01'], shop_b: ['02'] };
  for (const [name, numbers] of Object.entries(shards)) {
    const database = new DatabaseSync(join(served.home, `${name}.db`));
    for (const n of numbers)
      database.exec(`create table orders_${n} (id integer primary key, v text);
        with recursive s(g) as (select 1 union all select g + 1 from s where g < 700)
          insert into orders_${n} select g, '${name} ${n} ' || g from s`);
    if (name === 'shop_b') database.exec('create table other (id integer primary key, v real)');
    database.exec('create table same (id integer); insert into same values (1)');
    database.close();
  }
  for (const name of ['shop_a', 'shop_b', 'dwh'])
    await served.call('POST', '/data-sources', {
      body: { name, connector: 'sqlite', config: { path: join(served.home, `${name}.db`) } },
    });
  await served.call('POST', '/data-sources', {
    body: { name: 'elsewhere', connector: 'mysql', config: { host: 'h', database: 'd', user: 'u' } },
  });
});
afterAll(() => served.stop());

const SHARDS = [
  { dataSource: 'shop_a', tables: ['orders_[00-01]'] },
  { dataSource: 'shop_b', tables: ['orders_02'] },
];
const document = (table: string, reader: object) => ({
  mode: 'full',
  reader: { dataSource: 'shop_a', parameters: {}, ...reader },
  writer: { dataSource: 'dwh', parameters: { table } },
  control: { channels: 2 },
});

/** Runs a task to its end and answers the run. */
async function run(name: string, of: object): Promise<Record<string, never>> {
  const { body: task } = await served.call('POST', '/tasks', { body: { name, document: of } });
  const started = await served.call('POST', `/tasks/${String(task['id'])}:run`, {
    body: {},
    headers: { prefer: 'wait=30' },
  });
  return started.body;
}

function written(sql: string): unknown[][] {
  const database = new DatabaseSync(join(served.home, 'dwh.db'));
  try {
    const statement = database.prepare(sql);
    statement.setReturnArrays(true);
    return statement.all() as unknown as unknown[][];
  } finally {
    database.close();
  }
}

describe('a task that reads tables of several data sources', () => {
  it('writes the rows of all, with equal keys too, and its splits name the tables', async () => {
    const { state, counts, id } = await run('all', document('all_orders', { sources: SHARDS }));
    expect([state, counts]).toMatchObject(['succeeded', { read: 2100, written: 2100 }]);
    expect(written('select count(*), count(distinct id), count(distinct v) from all_orders')).toEqual([
      [2100, 700, 2100],
    ]);
    const { body } = await served.call('GET', `/runs/${String(id)}/splits`);
    const labels = body.items.map(({ label }) => String(label).split(': ').slice(0, 2).join(' '));
    expect(labels.toSorted()).toEqual(['shop_a orders_00', 'shop_a orders_01', 'shop_b orders_02']);
  });

  it('reads tables of the same name', async () => {
    const sources = ['shop_a', 'shop_b'].map((dataSource) => ({ dataSource, tables: ['same'] }));
    expect(await run('same', document('same', { sources }))).toMatchObject({
      state: 'succeeded',
      counts: { written: 2 },
    });
  });

  it('shows rows of them in a dry run', async () => {
    const { body } = await served.call('POST', '/tasks:dry-run', {
      body: { document: document('t', { sources: SHARDS }), rows: 2 },
    });
    const { rows } = body as unknown as { rows: { source: object }[] };
    expect(rows.map(({ source }) => source)).toEqual([
      { id: 1, v: 'shop_a 00 1' },
      { id: 2, v: 'shop_a 00 2' },
    ]);
  });

  it.each<[what: string, reader: object, status: number, code: string, pointer: string, words: string]>([
    [
      'differ',
      { sources: [SHARDS[0], { dataSource: 'shop_b', tables: ['other'] }] },
      422,
      'SLUICE_SRC_SHARD',
      '',
      'shop_b differs from shop_a: column v is double, not string',
    ],
    [
      'are not there',
      { sources: [SHARDS[0], { dataSource: 'shop_b', tables: ['orders_03'] }] },
      422,
      'SLUICE_SRC_TABLE',
      '',
      'orders_03 in shop_b',
    ],
    [
      'are of another connector',
      { sources: [SHARDS[0], { dataSource: 'elsewhere', tables: ['t'] }] },
      400,
      'SLUICE_CFG_INVALID',
      '/reader/sources/1/dataSource',
      'elsewhere is of mysql',
    ],
    [
      'are of no data source',
      { sources: [SHARDS[0], { dataSource: 'nobody', tables: ['t'] }] },
      404,
      'SLUICE_CFG_NOT_FOUND',
      '/reader/sources/1/dataSource',
      'nobody',
    ],
    [
      'are there twice',
      { sources: [SHARDS[0], SHARDS[0]] },
      400,
      'SLUICE_CFG_INVALID',
      '/reader/sources/1/dataSource',
      'twice',
    ],
    [
      'leave the own data source out',
      { sources: [SHARDS[1]] },
      400,
      'SLUICE_CFG_INVALID',
      '/reader/dataSource',
      'not among',
    ],
    [
      'have a range that is crossed',
      { sources: [SHARDS[1], { dataSource: 'shop_a', tables: ['orders_00', 'orders_[02-01]'] }] },
      400,
      'SLUICE_CFG_INVALID',
      '/reader/sources/1/tables/1',
      'no range',
    ],
    [
      'have no tables',
      { sources: [{ dataSource: 'shop_a', tables: [] }] },
      400,
      'SLUICE_CFG_INVALID',
      '/reader/sources/0/tables',
      '',
    ],
    [
      'stand beside a table',
      { sources: SHARDS, parameters: { table: 't' } },
      400,
      'SLUICE_CFG_INVALID',
      '/reader/parameters/table',
      'keep one',
    ],
    [
      'stand beside tables',
      { sources: SHARDS, parameters: { tables: ['t'] } },
      400,
      'SLUICE_CFG_INVALID',
      '/reader/parameters/tables',
      'keep one',
    ],
    [
      'stand beside a query',
      { sources: SHARDS, parameters: { querySql: 'select 1' } },
      400,
      'SLUICE_CFG_INVALID',
      '/reader/parameters/querySql',
      'keep one',
    ],
  ])('is refused when they %s', async (_, reader, status, code, pointer, words) => {
    const { status: is, body }: Answer = await served.call('POST', '/tasks:validate', {
      body: document('t', reader),
    });
    const said = JSON.stringify(body);
    expect([is, body['code'], said]).toEqual([status, code, expect.stringContaining(words)]);
    if (pointer !== '') expect(said).toContain(`"${pointer}"`);
    expect(String(body['hint'] ?? body['remedy'])).toMatch(/\.$/);
  });
});

describe('a task that reads a query or expressions', () => {
  it('writes what the source computes', async () => {
    const expressions = [
      { name: 'upper', sql: 'upper(v)' },
      { name: 'twice', sql: 'id * 2' },
    ];
    const reader = {
      parameters: {
        table: 'orders_00',
        columns: ['id'],
        expressions,
        session: ['pragma cache_size = -4000'],
      },
    };
    expect(await run('computed', document('computed', reader))).toMatchObject({
      state: 'succeeded',
      counts: { written: 700 },
    });
    expect(written('select * from computed where id = 7')).toEqual([[7, 'SHOP_A 00 7', 14]]);
    const querySql =
      'select a.id, a.v, b.v as w from orders_00 a join orders_01 b on b.id = a.id where a.id <= 300';
    expect(await run('joined', document('joined', { parameters: { querySql, key: ['id'] } }))).toMatchObject({
      state: 'succeeded',
      counts: { read: 300, written: 300 },
    });
    expect(written('select count(*), max(w) from joined where id = 300')).toEqual([[1, 'shop_a 01 300']]);
  });

  it.each<[what: string, parameters: object, pointer: string, words: string]>([
    ['nothing', {}, '/reader/parameters/table', 'Exactly one of table, tables, querySql, queries is needed'],
    [
      'two ways',
      { table: 't', queries: ['select 1'] },
      '/reader/parameters/queries',
      'Both table and queries',
    ],
    [
      'a statement that writes',
      { querySql: 'delete from orders_00' },
      '/reader/parameters/querySql',
      'begins with neither SELECT nor WITH',
    ],
    [
      'two expressions in one',
      { table: 'orders_00', expressions: [{ name: 'x', sql: '1, 2' }] },
      '/reader/parameters/expressions/0/sql',
      'comma',
    ],
    [
      'a setting that changes values',
      { table: 'orders_00', session: ['pragma encoding = x'] },
      '/reader/parameters/session/0',
      'may not set encoding',
    ],
    [
      'tables of a range that is crossed',
      { tables: ['orders_[02-01]'] },
      '/reader/parameters/tables/0',
      'no range',
    ],
  ])('is refused when it says %s', async (_, parameters, pointer, words) => {
    const { status, body } = await served.call('POST', '/tasks:validate', {
      body: document('t', { parameters }),
    });
    const said = JSON.stringify(body);
    expect([status, body['code'], said]).toEqual([400, 'SLUICE_CFG_INVALID', expect.stringContaining(words)]);
    expect(said).toContain(`"${pointer}"`);
    // Nor is it stored.
    const stored = await served.call('POST', '/tasks', {
      body: { name: `refused ${pointer}`, document: document('t', { parameters }) },
    });
    expect([stored.status, JSON.stringify(stored.body)]).toEqual([
      400,
      expect.stringContaining(`"/document${pointer}"`),
    ]);
  });
});
