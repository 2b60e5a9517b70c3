import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { WorkerOrders, WorkerReport } from '@sluice/ports';
import { has } from '@sluice/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Place, place } from '../e2e/pairs.ts';
import { Served } from './served.ts';

/** What everybody on the machine can see of a process; nothing of one that has ended. */
function argumentsOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1');
  } catch {
    return '';
  }
}

/** A password with everything that a URL, JSON and a regular expression would change. */
const canary = (): string => `C4n@ry/"${randomBytes(8).toString('hex')}"+%$`;

describe.skipIf(!has('postgres'))('the password of a data source', () => {
  const [secrets, wrong] = [{ from: canary(), to: canary() }, canary()];
  /** As it is, and as it would stand in a URL, in JSON or in base64. */
  const forms = [...Object.values(secrets), wrong].flatMap((secret) => [
    secret,
    encodeURIComponent(secret),
    JSON.stringify(secret).slice(1, -1),
    Buffer.from(secret).toString('base64').replace(/=+$/, ''),
  ]);
  const leaks = (text: string): string[] => forms.filter((form) => text.includes(form));
  const shown: Record<string, string> = {};
  let served: Served;
  let source: Place;
  let target: Place;
  let run: string;

  beforeAll(async () => {
    served = await Served.start();
    [source, target] = [await place('postgres'), await place('postgres')];
    await source.run(`create table orders (id integer primary key, note text);
      insert into orders select n, 'note ' || n from generate_series(1, 3000) n`);
    await target.run('create table orders (id integer primary key, note varchar(9) check (id <> 77))');
    for (const [end, at] of [
      ['from', source],
      ['to', target],
    ] as const) {
      const user = `u_${randomBytes(6).toString('hex')}`;
      await at.run(`create role ${user} login superuser password '${secrets[end].replaceAll("'", "''")}'`);
      await add(end, at, user, secrets[end]);
    }
    const { id } = (
      await served.call('POST', '/tasks', { body: { name: 'copy', document: document('from') } })
    ).body as unknown as { id: string };
    shown['start'] = JSON.stringify(
      (await served.call('POST', `/tasks/${id}:run`, { headers: { prefer: 'wait=30' } })).body,
    );
    run = (JSON.parse(shown['start']!) as { id: string }).id;
  });
  afterAll(async () => {
    await served.stop();
    for (const one of [source, target]) await one.close();
  });

  async function add(name: string, at: Place, user: string, password: string): Promise<void> {
    const { hostname, port, pathname } = new URL(at.url);
    const config = { host: hostname, port: Number(port), database: pathname.slice(1), user, password };
    const answer = await served.call('POST', '/data-sources', {
      body: { name, connector: 'postgres', config },
    });
    shown[`add ${name}`] = JSON.stringify(answer.body);
    expect([answer.status, answer.body['secrets']]).toMatchObject([201, { password: { set: true } }]);
  }

  const document = (from: string): object => ({
    mode: 'full',
    reader: { dataSource: from, parameters: { table: 'orders' } },
    writer: { dataSource: 'to', parameters: { table: 'orders' } },
    control: { dirtyLimit: 5, rowsPerSecond: 100_000 },
  });

  it('is used: the run copies what it should and names its dirty record', () => {
    expect(JSON.parse(shown['start']!)).toMatchObject({
      state: 'succeeded',
      counts: { written: 2999, dirty: 1 },
    });
  });

  it('stands in no answer of the API: objects, lists, logs, events, messages, errors', async () => {
    const user = `u_${randomBytes(6).toString('hex')}`;
    await add('wrong', source, user, wrong);
    const ids = (await served.call('GET', '/data-sources')).body.items.map(({ id }) => String(id));
    for (const id of ids) {
      shown[`check ${id}`] = JSON.stringify((await served.call('POST', `/data-sources/${id}:check`)).body);
      shown[`tables ${id}`] = JSON.stringify((await served.call('GET', `/data-sources/${id}/tables`)).body);
      shown[`one ${id}`] = JSON.stringify((await served.call('GET', `/data-sources/${id}`)).body);
    }
    expect(Object.values(shown).join()).toContain('SLUICE_SRC_AUTH');
    const failing = (
      await served.call('POST', '/tasks', { body: { name: 'bad', document: document('wrong') } })
    ).body;
    const failed = await served.call('POST', `/tasks/${failing['id']}:run`, {
      headers: { prefer: 'wait=30' },
    });
    shown['failed'] = JSON.stringify(failed.body);
    expect(shown['failed']).toContain('SLUICE_SRC_AUTH');
    shown['judged'] = JSON.stringify(
      (await served.call('POST', '/tasks:validate', { body: document('wrong') })).body,
    );
    const task = (JSON.parse(shown['start']!) as { task: string }).task;
    for (const path of [
      '/data-sources',
      '/tasks',
      '/runs',
      '/topics',
      `/topics/sluice.default.${task}.read/messages?limit=50`,
      '/api/v1/workers',
      '/openapi.json',
      '/',
      ...[run, failed.body['id']].flatMap((id) =>
        ['', '/splits', '/ledger', '/dirty-records', '/events', '/logs'].map((part) => `/runs/${id}${part}`),
      ),
    ])
      shown[path] = JSON.stringify((await served.call('GET', path)).body);
    for (const [path, text] of Object.entries(shown)) expect([path, leaks(text)]).toEqual([path, []]);
  });

  it('stands in no file of the home, no argument or variable of a process, and no table of source or target', async () => {
    for (const name of readdirSync(served.home))
      expect([name, leaks(readFileSync(join(served.home, name)).toString('latin1'))]).toEqual([name, []]);
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name)))
      expect([pid, leaks(argumentsOf(pid))]).toEqual([pid, []]);
    expect(leaks(readFileSync('/proc/self/environ', 'latin1'))).toEqual([]);
    for (const at of [source, target])
      expect(
        leaks(
          await at.value(
            `select coalesce(string_agg(table_to_xml(c.oid, true, true, '')::text, ''), '') from pg_class c join pg_namespace n on n.oid = relnamespace
             where relkind = 'r' and nspname not in ('pg_catalog', 'information_schema')`,
          ),
        ),
      ).toEqual([]);
  });

  it('is on no message of the bus', async () => {
    const { bus } = served.engine;
    let bytes = 0;
    for (const { name, channels } of await bus.topics('sluice.'))
      for (let channel = 0; channel < channels; channel++)
        for (const { headers, value } of await bus.peek(name, channel, 0, 1000)) {
          bytes += value.length;
          expect(leaks(`${JSON.stringify(headers)}${value.toString('latin1')}`)).toEqual([]);
        }
    expect(bytes).toBeGreaterThan(10_000);
  });

  it('is handed to a worker only for the stage that it serves: its own end, and none to a mapper', async () => {
    const slow = {
      ...(document('from') as { control: object }),
      mapStage: true,
      control: { rowsPerSecond: 50, dirtyLimit: 5 },
    };
    const task = (await served.call('POST', '/tasks', { body: { name: 'slow', document: slow } })).body['id'];
    const begun = (await served.call('POST', `/tasks/${task}:run`)).body['id'];
    while ((await served.call('GET', `/runs/${begun}`)).body['state'] !== ('running' as never));
    for (const [stage, known] of [
      ['read', [secrets.from]],
      ['map', []],
      ['write', [secrets.to]],
    ] as const) {
      const orders = await renew({ stages: [stage] });
      expect([stage, orders.serve.map((order) => order.run)]).toEqual([stage, [begun]]);
      const text = JSON.stringify(orders);
      const found = Object.values(secrets).filter((secret) => text.includes(JSON.stringify(secret)));
      expect([stage, found]).toEqual([stage, known]);
    }
    await served.call('POST', `/runs/${begun}:cancel`, { headers: { prefer: 'wait=30' } });
    expect(leaks(JSON.stringify(await renew({ stages: ['read'] })))).toEqual([]);
  });

  /** What a worker of another process is told. */
  async function renew(more: Pick<WorkerReport, 'stages'> & Partial<WorkerReport>): Promise<WorkerOrders> {
    const id = randomBytes(8).toString('hex');
    const report: WorkerReport = {
      worker: id,
      name: id,
      group: 'default',
      runs: [],
      answers: [],
      logs: [],
      ...more,
    };
    const answer = await fetch(`${served.url}/internal/v1/renew`, {
      method: 'POST',
      headers: { authorization: `Bearer ${served.engine.workerToken}`, 'content-type': 'application/json' },
      body: JSON.stringify({ report, wait: { version: '', milliseconds: 1000 } }),
    });
    const release = { worker: id };
    const orders = (await answer.json()) as WorkerOrders;
    await fetch(`${served.url}/internal/v1/release`, {
      method: 'POST',
      headers: { authorization: `Bearer ${served.engine.workerToken}`, 'content-type': 'application/json' },
      body: JSON.stringify(release),
    });
    return orders;
  }
});
