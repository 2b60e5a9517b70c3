import { mkdtempSync, readFileSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectorForUrl } from '@sluice/connectors';
import { uuidv7 } from '@sluice/model';
import type { RunRow } from '@sluice/ports';
import { type Engine, startEngine } from '@sluice/standalone';
import { has } from '@sluice/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fill, fingerprint, type Place, place, rested } from './pairs.ts';

const ROWS = 30_000;

describe.skipIf(!has('postgres'))('a run that is interrupted by people', () => {
  let engine: Engine;
  let source: Place;
  const home = mkdtempSync(join(tmpdir(), 'sluice-lifecycle-'));
  beforeAll(async () => {
    engine = await startEngine(home);
    source = await place('postgres');
    await fill(source, 'orders', ROWS, true);
  });
  afterAll(async () => {
    await engine.stop();
    await source.close();
  });

  /** A slow append into a table without a key. */
  async function begin(target: Place): Promise<RunRow> {
    await fill(target, 'orders', 0, false);
    const name = uuidv7();
    for (const [end, { url }] of [
      ['from', source],
      ['to', target],
    ] as const) {
      const { connector, config } = connectorForUrl(url);
      await engine.sources.create(engine.workspace, `${end}-${name}`, connector, config);
    }
    const task = await engine.store.tasks.insert({
      id: name,
      workspace: engine.workspace,
      name,
      document: {
        mode: 'full',
        reader: { dataSource: `from-${name}`, parameters: { table: 'orders' } },
        writer: { dataSource: `to-${name}`, parameters: { table: 'orders' } },
        write: { mode: 'insert' },
        control: { channels: 2, dirtyLimit: 0, rowsPerSecond: 12_000 },
      },
      createdAt: 1,
      updatedAt: 1,
    });
    return engine.runs.control.start({
      workspace: engine.workspace,
      task: task.id,
      trigger: 'test',
      actor: 'test',
    });
  }

  const count = async (target: Place): Promise<number> =>
    Number(await target.value('select count(*) from orders'));

  async function until(target: Place, rows: number): Promise<void> {
    const end = Date.now() + 60_000;
    while ((await count(target)) < rows) {
      if (Date.now() > end) throw new Error(`fewer than ${rows} rows after 60 s`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  it('refuses a second start, stops at a position and goes on from there to the equal table', async () => {
    const target = await place('postgres');
    const { id, parent } = await begin(target);
    const again = engine.runs.control.start({
      workspace: engine.workspace,
      task: parent,
      trigger: 'test',
      actor: 'test',
    });
    await expect(again).rejects.toMatchObject({ code: 'SLUICE_RUN_ACTIVE', place: id });
    await until(target, 5000);
    await engine.runs.control.stop(id, 'test');
    expect((await rested(engine, id)).state).toBe('stopped');
    expect(await count(target)).toBeLessThan(ROWS);
    // The next start of an appending task resumes what is unfinished: the rows would be doubled otherwise (D-24).
    const next = await engine.runs.control.start({
      workspace: engine.workspace,
      task: parent,
      trigger: 'test',
      actor: 'test',
    });
    expect(next.id).toBe(id);
    expect(await rested(engine, id)).toMatchObject({
      state: 'succeeded',
      counts: { read: ROWS, written: ROWS },
    });
    expect(await fingerprint(target, 'orders')).toBe(await fingerprint(source, 'orders'));
    await target.close();
  });

  it('changes nothing in the target after it is reported as cancelled', async () => {
    const target = await place('postgres');
    const { id } = await begin(target);
    await until(target, 3000);
    await engine.runs.control.cancel(id, 'test');
    expect((await rested(engine, id)).state).toBe('cancelled');
    const rows = await count(target);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(await count(target)).toBe(rows);
    expect(rows).toBeLessThan(ROWS);
    await target.close();
  });

  it('keeps its sessions when the target ends all of them again and again, and makes no dirty record of it', async () => {
    const target = await place('postgres');
    const { id } = await begin(target);
    for (let i = 0; i < 4; i++) {
      await new Promise((resolve) => setTimeout(resolve, 400));
      await target.run(
        `select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'sluice:%' and datname = current_database()`,
      );
    }
    expect(await rested(engine, id)).toMatchObject({
      state: 'succeeded',
      counts: { read: ROWS, written: ROWS, dirty: 0 },
    });
    expect(await fingerprint(target, 'orders')).toBe(await fingerprint(source, 'orders'));
    await target.close();
  });

  it('names what is wrong with a password, a host, a database, a table and a column, and never the password', async () => {
    const wrong: [string, (url: URL) => void, string, string][] = [
      ['password', (url) => (url.password = 'canary-s3cret'), 'orders', 'SLUICE_SRC_AUTH'],
      ['database', (url) => (url.pathname = '/nowhere'), 'orders', 'SLUICE_SRC_DATABASE'],
      ['table', () => undefined, 'nothing', 'SLUICE_SRC_TABLE'],
    ];
    for (const [what, spoil, table, code] of wrong) {
      const url = new URL(source.url);
      spoil(url);
      const { connector, config } = connectorForUrl(url.href);
      const name = `${what}-${uuidv7()}`;
      await engine.sources.create(engine.workspace, name, connector, config);
      const document = {
        mode: 'full' as const,
        reader: { dataSource: name, parameters: { table } },
        writer: { dataSource: 'warehouse', parameters: { table } },
      };
      const error = await engine.runs.control
        .validate(engine.workspace, document)
        .catch((thrown: unknown) => thrown);
      expect(error, what).toMatchObject({ code });
      expect(`${String(error)} ${JSON.stringify(error)}`).not.toContain('canary-s3cret');
    }
    const kept = readdirSync(home)
      .map((file) => readFileSync(join(home, file)).toString('latin1'))
      .join();
    expect(kept).not.toContain('canary-s3cret');
  });
});
