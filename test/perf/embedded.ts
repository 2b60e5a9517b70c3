import { spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectorForUrl } from '@sluice/connectors';
import { NODE_FLAGS } from '../../infra/node-flags.ts';
import { freePort } from '../../infra/servers/server-process.ts';
import { measured, type Own } from './measuring.ts';
import type { Workload } from './workload.ts';

const CLI = join(import.meta.dirname, '../../services/cli/src/main.ts');

/** `sluice copy` with its whole start-up. */
export function sluiceCopy(
  work: Workload,
  rows: number,
  channels: number,
  write: readonly string[] = ['--write', 'insert', '--truncate'],
): Promise<Own> {
  const ends = work.ends ?? [`${work.source.url}#orders`, `${work.target.url}#orders`];
  const how = [...write, '--channels', String(channels), '-o', 'json'];
  return measured(rows, [process.execPath, ...NODE_FLAGS, CLI, 'copy', ...ends, ...how]);
}

/** Seconds of runs by the API of a `sluice up` that has run before: from the call that starts one until its state is final. */
export async function warmRuns(work: Workload, times: number): Promise<number[]> {
  const port = await freePort();
  const home = mkdtempSync(join(tmpdir(), 'sluice-bench-'));
  const child = spawn(process.execPath, [...NODE_FLAGS, CLI, 'up', '--port', String(port)], {
    env: { ...process.env, SLUICE_HOME: home },
    stdio: 'ignore',
  });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const call = async <T>(method: string, path: string, body?: object): Promise<T> => {
    const answer = await fetch(`http://127.0.0.1:${port}/api/v1/workspaces/default${path}`, {
      method,
      ...(body === undefined
        ? {}
        : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as T;
  };
  try {
    for (const until = Date.now() + 30_000; ;) {
      if ((await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined))?.ok === true) break;
      if (child.exitCode !== null || Date.now() > until) throw new Error('sluice up does not answer');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    for (const [name, { url }] of Object.entries({ from: work.source, to: work.target }))
      await call('POST', '/data-sources', { name, ...connectorForUrl(url) });
    const task = await call<{ id: string }>('POST', '/tasks', {
      name: 'ten',
      document: {
        mode: 'full',
        reader: { dataSource: 'from', parameters: { table: 'orders' } },
        writer: { dataSource: 'to', parameters: { table: 'orders' } },
        write: { mode: 'insert', truncateFirst: true },
      },
    });
    const seconds: number[] = [];
    for (let i = 0; i <= times; i++) {
      const started = performance.now();
      const { id } = await call<{ id: string }>('POST', `/tasks/${task.id}:run`);
      for (;;) {
        const { state } = await call<{ state: string }>('GET', `/runs/${id}`);
        if (state === 'succeeded') break;
        if (state === 'failed') throw new Error('The run failed.');
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      // The first one warms it.
      if (i > 0) seconds.push((performance.now() - started) / 1000);
    }
    return seconds;
  } finally {
    child.kill('SIGTERM');
    await ended;
  }
}
