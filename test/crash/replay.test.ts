import { has } from '@sluice/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { restedRun, startCopy } from '../e2e/cluster-copy.ts';
import { fill, fingerprint, type Place, place } from '../e2e/pairs.ts';
import { Deployment } from './deployment.ts';
import { sessionsOf } from './target-state.ts';
import { until } from './until.ts';

const ROWS = 2_000;
const BAD = 250;

type Line = Readonly<Record<'read' | 'written' | 'filtered' | 'recovered' | 'dirty', number>>;

describe.skipIf(!has('postgres'))('a replay of dirty records whose process is killed', () => {
  let deployment: Deployment;
  let source: Place;
  let target: Place;
  beforeAll(async () => {
    [deployment, source, target] = await Promise.all([
      Deployment.embedded(),
      place('postgres'),
      place('postgres'),
    ]);
    await fill(source, 'orders', ROWS, true);
    await source.run(`update orders set note = 'bad' where id <= ${BAD}`);
    // Without a key: what is written twice stays twice.
    await fill(target, 'orders', 0, false);
    await target.run(`alter table orders add constraint good check (note is distinct from 'bad')`);
  });
  afterAll(async () => {
    await deployment.stop();
    await Promise.all([source.close(), target.close()]);
  });

  it('between the commit and its report, and before the commit: the next one writes the rest, none twice and none not', async () => {
    const { cluster } = deployment;
    const started = await startCopy(cluster, source.url, target.url, 'orders', {
      write: { mode: 'insert' },
      control: { dirtyLimit: -1 },
    });
    const run = await restedRun(cluster, started.id);
    expect(run).toMatchObject({ state: 'succeeded', counts: { written: ROWS - BAD, dirty: BAD } });
    await target.run('alter table orders drop constraint good');
    const replay = (): Promise<Line> =>
      cluster.call<Line>('POST', `/runs/${run.id}/dirty-records:replay`, {});
    const rows = async (): Promise<number> => Number(await target.value('select count(*) from orders'));

    for (const [point, reach] of [
      ['writer.beforeCommit', ROWS - BAD],
      ['writer.afterCommit', ROWS - BAD + 200],
    ] as const) {
      const victim = await deployment.arm('writer', point);
      await expect(replay()).rejects.toThrow();
      expect(await victim.ended).toBe('SIGKILL');
      await until('its sessions to end', async () => (await sessionsOf(target)) === 0);
      expect(await rows()).toBe(reach);
      await deployment.complete();
    }

    expect(await replay()).toMatchObject({ read: BAD, written: BAD - 200, recovered: 200, dirty: 0 });
    expect(await fingerprint(target, 'orders')).toBe(await fingerprint(source, 'orders'));
    expect(await target.value('select count(*) from _sluice_dirty')).toBe('0');
    expect(await replay()).toMatchObject({ read: 0, written: 0, recovered: 0 });
    expect(await rows()).toBe(ROWS);
    const ledger = await cluster.call<{ stillDirty: number; balanced: boolean }>(
      'GET',
      `/runs/${run.id}/ledger`,
    );
    expect(ledger).toMatchObject({ stillDirty: 0, balanced: true, written: ROWS - BAD, dirty: BAD });
  });
});
