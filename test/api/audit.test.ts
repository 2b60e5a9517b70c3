import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Served } from './served.ts';

let served: Served;
beforeAll(async () => {
  served = await Served.start();
});
afterAll(() => served.stop());

interface Entry {
  readonly n: number;
  readonly actor: string;
  readonly action: string;
  readonly object: string;
  readonly name?: string;
  readonly changed?: readonly string[];
  readonly refused?: string;
  readonly traceId: string;
}

const entries = async (query = ''): Promise<Entry[]> =>
  (await served.call('GET', `/audit?limit=200&${query}`)).body.items as unknown as Entry[];

const verdict = async (): Promise<Record<string, unknown>> =>
  (await served.call('GET', '/audit/verdict')).body;

const PG = { host: 'db.example', database: 'shop', user: 'me', password: 'canary-one-very-secret' };

describe('the audit log', () => {
  it('has every change with who made it, what it was about and which fields differ, but no secret (S-70)', async () => {
    const key = await served.key('owner');
    const actor = key.split('.')[0]!;
    const make = { key, body: { name: 'shop', connector: 'postgres', config: PG } };
    const traceId = '0af7651916cd43dd8448eb211c80319c';
    const traceparent = `00-${traceId}-b7ad6b7169203331-01`;
    const source = String(
      (await served.call('POST', '/data-sources', { ...make, headers: { traceparent } })).body['id'],
    );
    const config = { ...PG, database: 'other', password: 'canary-two-very-secret' };
    await served.call('PUT', `/data-sources/${source}`, { key, body: { config } });
    await served.call('PUT', '/secrets/pii', { key, body: { value: 'canary-three-very-secret' } });
    await served.call('DELETE', '/secrets/pii', { key });
    await served.call('DELETE', `/data-sources/${source}`, { key });
    const task = await served.task(2);
    const { document, name } = (await served.call('GET', `/tasks/${task}`)).body as unknown as {
      document: object;
      name: string;
    };
    await served.call('PUT', `/tasks/${task}`, {
      key,
      body: { name, document: { ...document, control: { channels: 2 } } },
    });
    const run = String((await served.call('POST', `/tasks/${task}:run`, { key })).body['id']);
    await served.rested(run);
    await served.call('POST', `/runs/${run}:cancel`, { key });
    await served.call('DELETE', `/tasks/${task}`, { key });
    const own = await entries(`actor=${actor}`);
    expect(own.map(({ action, object }) => [action, object]).toReversed()).toEqual([
      ['source.create', source],
      ['source.update', source],
      ['secret.set', expect.any(String)],
      ['secret.delete', expect.any(String)],
      ['source.delete', source],
      ['task.update', task],
      ['run.start', task],
      ['run.cancel', run],
      ['task.delete', task],
    ]);
    const by = (action: string): Entry => own.find((entry) => entry.action === action)!;
    expect(by('source.create')).toMatchObject({ name: 'shop', traceId });
    expect(by('source.update').changed).toEqual(['/config/database', '/secrets/password']);
    expect(by('task.update').changed).toEqual(['/document/control/channels']);
    expect(JSON.stringify(await entries())).not.toMatch(/canary|db\.example/);
    expect((await verdict())['brokenAt']).toBeUndefined();
  });

  it('has what was refused: a key without the right, and one with a wrong secret', async () => {
    const key = await served.key('visitor');
    const [id, secret = ''] = key.split('.');
    const wrong = `${id}.${secret.replace(/^./, (first) => (first === 'A' ? 'B' : 'A'))}`;
    await served.call('POST', '/tasks', { key, body: {} });
    await served.call('POST', `/access-keys/${id!.slice(4)}:disable`);
    await served.call('GET', '/tasks', { key });
    await served.call('GET', '/tasks', { key: wrong });
    const found = await entries(`action=access.refuse&actor=${id}`);
    expect(found.map(({ object, refused }) => [object, refused]).toReversed()).toEqual([
      ['POST /api/v1/workspaces/:w/tasks', 'SLUICE_AUTH_FORBIDDEN'],
      ['GET /api/v1/workspaces/:w/tasks', 'SLUICE_AUTH_MISSING'],
    ]);
  });

  it('has nothing of a change that was refused, and of one that failed no half', async () => {
    const before = (await verdict())['entries'];
    const source = { name: 'warehouse', connector: 'sqlite', config: { path: 'x.db' } };
    expect((await served.call('POST', '/data-sources', { body: source })).status).toBe(409);
    expect(
      (await served.call('POST', '/data-sources', { body: { ...source, name: 'x', config: {} } })).status,
    ).toBe(400);
    expect((await served.call('DELETE', '/data-sources/none')).status).toBe(404);
    expect((await verdict())['entries']).toBe(before);
  });

  it('is of one workspace, for those who may read it, page by page and by time', async () => {
    for (const [role, status] of [
      ['owner', 200],
      ['admin', 200],
      ['security', 200],
      ['developer', 403],
      ['visitor', 403],
    ] as const)
      expect([role, (await served.call('GET', '/audit', { key: await served.key(role) })).status]).toEqual([
        role,
        status,
      ]);
    const other = await served.call('POST', '/api/v1/workspaces', { body: { name: 'other' } });
    const theirs = await served.call('GET', `/api/v1/workspaces/${other.body['id']}/audit`);
    expect(theirs.body.items.map(({ action }) => action)).toEqual(['key.create', 'workspace.create']);
    const all = await entries();
    const pages: number[] = [];
    for (let before = ''; ;) {
      const { body } = await served.call('GET', `/audit?limit=3${before}`);
      pages.push(...body.items.map(({ n }) => Number(n)));
      if (body['nextBefore'] === undefined) break;
      before = `&before=${body['nextBefore']}`;
    }
    expect(pages).toEqual(all.map(({ n }) => n));
    expect(await entries(`until=1`)).toEqual([]);
    expect(await entries(`since=${Date.now() + 60_000}`)).toEqual([]);
    expect(await entries(`since=1`)).toHaveLength(all.length);
  });

  it('cannot be changed or shortened by a statement; by whoever takes that guard away not without being seen', async () => {
    const database = new DatabaseSync(join(served.home, 'sluice.db'), { timeout: 5000 });
    for (const sql of ["update audit_entry set actor = 'nobody'", 'delete from audit_entry'])
      expect(() => database.exec(sql)).toThrow(/only appended/);
    const { entries: count } = await verdict();
    database.exec('drop trigger audit_entry_update; drop trigger audit_entry_delete');
    const kept = database.prepare('select body from audit_entry where n = 2').get()!['body'] as string;
    database
      .prepare('update audit_entry set body = ? where n = 2')
      .run(kept.replace('"actor":"', '"actor":"x'));
    expect(await verdict()).toMatchObject({ entries: 1, brokenAt: 2 });
    database.prepare('update audit_entry set body = ? where n = 2').run(kept);
    expect(await verdict()).toMatchObject({ entries: count });
    database.exec('delete from audit_entry where n = 3');
    expect(await verdict()).toMatchObject({ entries: 2, brokenAt: 3 });
    database.close();
  });
});

describe('what is in use', () => {
  it('is not deleted: a data source that a task names is 409 with the task, a task that runs 409 with the run (B-51)', async () => {
    const task = await served.task(20_000, { rowsPerSecond: 200 });
    const { document, name } = (await served.call('GET', `/tasks/${task}`)).body as unknown as {
      name: string;
      document: { reader: { dataSource: string } };
    };
    const [source] = (await served.call('GET', `/data-sources?name=${document.reader.dataSource}`)).body
      .items;
    const used = await served.call('DELETE', `/data-sources/${source!['id']}`);
    expect([used.status, used.body['code'], used.body['place']]).toEqual([409, 'SLUICE_CFG_CONFLICT', task]);
    expect(used.body['detail']).toContain(name);
    const run = String((await served.call('POST', `/tasks/${task}:run`)).body['id']);
    const running = await served.call('DELETE', `/tasks/${task}`);
    expect([running.status, running.body['code'], running.body['place']]).toEqual([
      409,
      'SLUICE_RUN_ACTIVE',
      run,
    ]);
    await served.call('POST', `/runs/${run}:cancel`, { headers: { prefer: 'wait=30' } });
    const stale = await served.call('DELETE', `/tasks/${task}`, { headers: { 'if-match': '"99"' } });
    expect(stale.status).toBe(412);
    expect((await served.call('DELETE', `/tasks/${task}`)).status).toBe(204);
    expect((await served.call('GET', `/tasks/${task}`)).status).toBe(404);
    expect((await served.call('DELETE', `/tasks/${task}`)).status).toBe(404);
    // What it did can still be seen, but not be repeated.
    expect((await served.call('GET', `/runs/${run}`)).status).toBe(200);
    expect((await served.call('POST', `/runs/${run}:rerun`)).status).toBe(404);
    expect((await served.call('DELETE', `/data-sources/${source!['id']}`)).status).toBe(204);
  });

  it('stays whole when a task and the deletion of its data source come at the same moment', async () => {
    for (let round = 0; round < 5; round++) {
      const made = await served.call('POST', '/data-sources', {
        body: { name: `race${round}`, connector: 'sqlite', config: { path: 'x.db' } },
      });
      const end = { dataSource: `race${round}`, parameters: { table: 't' } };
      const body = { name: `race${round}`, document: { mode: 'full', reader: end, writer: end } };
      const [task, deleted] = await Promise.all([
        served.call('POST', '/tasks', { body }),
        served.call('DELETE', `/data-sources/${made.body['id']}`),
      ]);
      expect([
        [201, 409],
        [404, 204],
      ]).toContainEqual([task.status, deleted.status]);
    }
  });
});
