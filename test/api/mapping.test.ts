import { createHmac } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, Served } from './served.ts';

const SECRET = 'cAnary-4b1d-key-of-hashes';

let served: Served;
let document: Record<string, unknown>;
beforeAll(async () => {
  served = await Served.start();
  const database = new DatabaseSync(join(served.home, 'shop.db'));
  database.exec(`create table orders (id integer primary key, net decimal(10,2), email text, state text);
    insert into orders values (1, 10, 'anna@example.org', 'new'), (2, 20, 'bob@example.org', 'deleted'), (3, 0, null, 'new'),
      (4, 'many', 'x', 'new'), (5, 2.5, 'eve@example.org', null), (6, 1, 'z', 'new')`);
  database.close();
  for (const name of ['shop', 'dwh'])
    await served.call('POST', '/data-sources', {
      body: { name, connector: 'sqlite', config: { path: join(served.home, `${name}.db`) } },
    });
  document = {
    mode: 'full',
    parameters: { rate: 1.5, day: '2024-01-31' },
    reader: { dataSource: 'shop', parameters: { table: 'orders' } },
    writer: { dataSource: 'dwh', parameters: { table: 'orders' } },
    filter: "state != 'deleted'",
    mapping: [
      { to: 'id', from: 'id' },
      { to: 'gross', expression: 'net * ${rate}' },
      { to: 'per', expression: '100 / net' },
      { to: 'email', expression: 'redactEmail(email)' },
      { to: 'day', constant: '${day}' },
    ],
    control: { dirtyLimit: -1 },
  };
});
afterAll(() => served.stop());

const task = async (name: string, of: object = document): Promise<string> => {
  const { body } = await served.call('POST', '/tasks', { body: { name, document: of } });
  return body['id'] as unknown as string;
};

describe('a dry run', () => {
  const WANTED = [
    {
      outcome: 'mapped',
      source: { id: 1, net: '10.00', email: 'anna@example.org', state: 'new' },
      mapped: { id: 1, gross: '15.000', per: '10.000000', email: 'a***@example.org', day: '2024-01-31' },
    },
    { outcome: 'filtered', source: { id: 2, net: '20.00', email: 'bob@example.org', state: 'deleted' } },
    {
      outcome: 'dirty',
      source: { id: 3 },
      code: 'SLUICE_MAP_EVALUATE',
      column: 'per',
      reason: 'Expression of per: division by zero in 100 / net at character 1.',
    },
  ];

  it('shows five rows through the mapper: mapped, filtered, or dirty with the reason, of mapper and reader', async () => {
    const { status, body } = await served.call('POST', '/tasks:dry-run', { body: { document } });
    expect(status).toBe(200);
    const { rows } = body as unknown as { rows: Record<string, unknown>[] };
    expect(rows).toHaveLength(5);
    // Rows that the reader refuses stand behind those of their batch.
    const sorted = rows.sort((a, b) => Number(a['outcome'] === 'dirty') - Number(b['outcome'] === 'dirty'));
    expect(sorted.map(({ outcome }) => outcome)).toEqual(['mapped', 'filtered', 'mapped', 'dirty', 'dirty']);
    for (const wanted of WANTED)
      expect(rows).toContainEqual(
        expect.objectContaining({ ...wanted, source: expect.objectContaining(wanted.source) }),
      );
    expect(rows).toContainEqual(
      expect.objectContaining({
        outcome: 'dirty',
        column: 'net',
        source: expect.objectContaining({ net: 'many' }),
      }),
    );
    expect(body['verdicts']).toHaveLength(5);
    expect(body['notes']).toEqual(['The target table does not exist and will be created.']);
  });

  it('of a stored task takes parameters and a number of rows, and writes nothing', async () => {
    const id = await task('dry');
    const { body } = await served.call('POST', `/tasks/${id}:dry-run`, {
      body: { rows: 1, parameters: { rate: '2' } },
    });
    expect(body['rows']).toMatchObject([{ outcome: 'mapped', mapped: { gross: '20.00' } }]);
    const bare = await served.call('POST', `/tasks/${id}:dry-run`);
    expect([bare.status, (bare.body['rows'] as unknown as unknown[]).length]).toEqual([200, 5]);
    expect(readdirSync(served.home)).not.toContain('dwh.db-journal');
    const { body: checked } = await served.call('POST', '/tasks:validate', { body: document });
    expect(checked['notes']).toEqual(['The target table does not exist and will be created.']);
  });

  it('refuses what a run would refuse, with the place', async () => {
    const wrong = { ...document, filter: 'stat == 1', mapping: [{ to: 'x', expression: 'nett * 2' }] };
    const { status, body } = await served.call('POST', '/tasks:dry-run', { body: { document: wrong } });
    expect([status, body['code']]).toEqual([422, 'SLUICE_MAP_EXPRESSION']);
    expect(body['errors']).toMatchObject([
      { pointer: '/filter', detail: 'There is no column stat; did you mean state? (in stat at character 1)' },
      { pointer: '/mapping/0/expression', detail: expect.stringContaining('did you mean net?') },
    ]);
    const many = await served.call('POST', '/tasks:dry-run', { body: { document, rows: 21 } });
    expect(many.status).toBe(400);
  });

  it('is for those who may see data', async () => {
    for (const [role, status] of [
      ['deployer', 403],
      ['visitor', 403],
      ['operator', 200],
    ] as const) {
      const key = await served.key(role);
      expect((await served.call('POST', '/tasks:dry-run', { key, body: { document } })).status).toBe(status);
    }
  });
});

describe('a start with parameters', () => {
  const start = (id: string, parameters?: object): Promise<Answer> =>
    served.call('POST', `/tasks/${id}:run`, { body: parameters === undefined ? {} : { parameters } });

  it('fixes them on the run; a rerun has the same', async () => {
    const id = await task('parameters', { ...document, write: { truncateFirst: true } });
    const { status, body } = await start(id, { rate: 3, day: '2024-02-29' });
    expect(status).toBe(202);
    const run = await served.rested(body['id'] as unknown as string);
    expect(run).toMatchObject({
      state: 'succeeded',
      parameters: { rate: 3, day: '2024-02-29' },
      counts: { read: 6, written: 3, filtered: 1, dirty: 2 },
    });
    const target = new DatabaseSync(join(served.home, 'dwh.db'));
    const rows = target.prepare('select id, cast(gross as real) as gross, day from orders order by id').all();
    target.close();
    const day = '2024-02-29';
    expect(rows.map((row) => ({ ...row }))).toEqual([
      { id: 1, gross: 30, day },
      { id: 5, gross: 7.5, day },
      { id: 6, gross: 3, day },
    ]);
    const again = await served.call('POST', `/runs/${run['id'] as string}:rerun`);
    expect(again.body).toMatchObject({ parameters: { rate: 3 } });
    await served.rested(again.body['id'] as unknown as string);
  });

  it('refuses names that the task does not declare and values of another type', async () => {
    const id = await task('refused');
    const unknown = await start(id, { rat: 3 });
    expect([unknown.status, unknown.body['errors']]).toMatchObject([
      400,
      [{ pointer: '/parameters/rat', detail: 'The task declares no parameter rat. Did you mean rate?' }],
    ]);
    expect((await start(id, { rate: 'high' })).status).toBe(400);
  });

  it('does not go on with an appending run that began with others', async () => {
    const id = await task('appending', {
      ...document,
      write: { mode: 'insert' },
      writer: { dataSource: 'dwh', parameters: { table: 'appended' } },
    });
    const first = await start(id, { rate: 3 });
    await served.rested(first.body['id'] as unknown as string);
    // As if it had failed after its first commit.
    const row = (await served.engine.store.runs.get(first.body['id'] as unknown as string))!;
    await served.engine.store.runs.update({ ...row, state: 'failed' }, row.version);
    const other = await start(id, { rate: 4 });
    expect([other.status, other.body['code']]).toEqual([409, 'SLUICE_RUN_UNFINISHED']);
    expect((await start(id, { rate: '3' })).body['id']).toBe(first.body['id']);
  });
});

describe('a secret of a workspace', () => {
  it('is write-only, keys the hashes of runs and dry runs, and is nowhere to be found', async () => {
    const kept = await served.call('PUT', '/secrets/pii', { body: { value: SECRET } });
    expect([kept.status, Object.keys(kept.body).sort()]).toEqual([200, ['createdAt', 'name', 'updatedAt']]);
    expect((await served.call('GET', '/secrets')).body.items).toMatchObject([{ name: 'pii' }]);
    const hashed = {
      ...document,
      writer: { dataSource: 'dwh', parameters: { table: 'hashed' } },
      mapping: [
        { to: 'id', from: 'id' },
        { to: 'who', expression: "hmacSha256(email, secret('pii'))" },
      ],
    };
    const digest = createHmac('sha256', SECRET).update('anna@example.org').digest('hex');
    const dry = await served.call('POST', '/tasks:dry-run', { body: { document: hashed, rows: 1 } });
    expect(dry.body['rows']).toMatchObject([{ mapped: { who: digest } }]);
    const started = await served.call('POST', `/tasks/${await task('hashed', hashed)}:run`, { body: {} });
    const id = started.body['id'] as unknown as string;
    expect(await served.rested(id)).toMatchObject({ state: 'succeeded' });
    const target = new DatabaseSync(join(served.home, 'dwh.db'));
    expect({ ...target.prepare('select who from hashed where id = 1').get() }).toEqual({ who: digest });
    target.close();
    const said = [
      dry,
      started,
      await served.call('GET', `/runs/${id}/logs`),
      await served.call('GET', `/runs/${id}`),
    ];
    expect(JSON.stringify(said)).not.toContain(SECRET);
    for (const name of readdirSync(served.home).filter((one) => one.startsWith('sluice.db')))
      expect(readFileSync(join(served.home, name)).includes(SECRET)).toBe(false);
    expect((await served.call('DELETE', '/secrets/pii')).status).toBe(204);
    const gone = await served.call('POST', '/tasks:dry-run', { body: { document: hashed } });
    expect([gone.status, gone.body['detail']]).toEqual([
      422,
      expect.stringContaining('sluice secret set pii'),
    ]);
  });

  it('is refused when it is short, of another workspace, or deleted already', async () => {
    expect((await served.call('PUT', '/secrets/short', { body: { value: 'too short' } })).status).toBe(400);
    expect((await served.call('PUT', '/secrets/a%20b', { body: { value: SECRET } })).status).toBe(400);
    expect((await served.call('DELETE', '/secrets/none')).status).toBe(404);
    const key = await served.key('operator');
    expect((await served.call('PUT', '/secrets/pii', { key, body: { value: SECRET } })).status).toBe(403);
  });
});
