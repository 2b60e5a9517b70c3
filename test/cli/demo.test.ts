import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, it } from 'vitest';
import { freePort } from '../../infra/servers/server-process.ts';
import { begin, type Running } from './sluice.ts';

const environment = { SLUICE_HOME: mkdtempSync(join(tmpdir(), 'sluice-demo-')) };

async function started(port: number): Promise<{ running: Running; url: string }> {
  const running = begin(['demo', '--port', String(port)], { environment });
  await running.shows('Stop with Ctrl-C');
  return { running, url: `http://127.0.0.1:${port}` };
}

async function stop({ process }: Running, ended: Running['ended']): Promise<string> {
  process.kill('SIGINT');
  const { code, out, said } = await ended;
  expect([code, said]).toEqual([0, '']);
  return out;
}

it('the demo copies 200,000 orders, names exactly the 3 bad ones and why, stays up; a second start shows the kept run', async () => {
  const first = await started(await freePort());
  expect(await (await fetch(`${first.url}/`)).text()).toMatch(/<div id="root">|demo.*succeeded/s);
  const runs = async (url: string): Promise<{ id: string }[]> =>
    ((await (await fetch(`${url}/api/v1/workspaces/default/runs`)).json()) as { items: { id: string }[] })
      .items;
  const [run, ...others] = await runs(first.url);
  expect(others).toEqual([]);
  const said = await stop(first.running, first.running.ended);
  expect(said).toMatch(/^succeeded: 199997 rows in [\d.]+ s, \d+ rows\/s, [\d.]+ MB$/m);
  expect(said).toMatch(/^ledger: read 200000 = written 199997 \+ filtered 0 \+ dirty 3$/m);
  const dirty = said.split('\n').filter((line) => line.startsWith('dirty: '));
  expect(dirty.map((line) => /type of (\w+)\. \{"id":"(\d+)"/.exec(line)?.slice(1))).toEqual([
    ['amount', '40007'],
    ['created_at', '111111'],
    ['quantity', '173205'],
  ]);
  expect(said).toMatch(new RegExp(`^Console ${first.url}/\n`));
  expect(said).toContain(`API     ${first.url}/api/v1\n`);

  const second = await started(await freePort());
  expect(await runs(second.url)).toEqual([run]);
  const again = await stop(second.running, second.running.ended);
  expect(again).toContain('this is its kept run');
  expect(again.split('\n').slice(2, 7)).toEqual(said.split('\n').slice(2, 7));

  const warehouse = new DatabaseSync(join(environment.SLUICE_HOME, 'warehouse.db'), { readOnly: true });
  expect(warehouse.prepare('select count(*) as n from orders').get()).toEqual({ n: 199_997 });
  warehouse.close();
});
