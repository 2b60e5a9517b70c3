import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { has, testKafka, testPostgres, testRedis } from '@sluice/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { composeFile } from '../../infra/compose-file.ts';
import { NODE_FLAGS } from '../../infra/node-flags.ts';
import { freePort } from '../../infra/servers/server-process.ts';
import { restedRun, startCopy } from './cluster-copy.ts';
import { fill, fingerprint, place } from './pairs.ts';

const ENTRY = [...NODE_FLAGS, join(import.meta.dirname, '../../infra/container.ts')];
const VOLUME = '/var/lib/sluice';

const folder = mkdtempSync(join(tmpdir(), 'sluice-compose-'));

it('the first start makes secrets that only their owner can read, a second one leaves them', () => {
  const init = (): number | null => spawnSync(process.execPath, [...ENTRY, 'init', folder]).status;
  expect(init()).toBe(0);
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  const made = files.map(({ parentPath, name }) => join(parentPath, name)).toSorted();
  expect(made.map((path) => path.slice(folder.length + 1))).toEqual([
    'coordinator/key',
    'coordinator/store',
    'postgres/password',
    'worker/token',
  ]);
  for (const path of made) expect(statSync(path).mode & 0o777).toBe(0o600);
  const texts = made.map((path) => readFileSync(path, 'utf8'));
  // The coordinator connects with the password that the server is given.
  expect(texts[1]).toContain(texts[2]!.trim());
  expect(init()).toBe(0);
  expect(made.map((path) => readFileSync(path, 'utf8'))).toEqual(texts);
});

describe.skipIf(!(['postgres', 'redis', 'kafka'] as const).every(has))(
  'the services of the compose file, without containers',
  () => {
    const children: ChildProcess[] = [];
    const said: string[] = [];
    let ports: number[] = [];

    beforeAll(async () => {
      spawnSync(process.execPath, [...ENTRY, 'init', folder]);
      writeFileSync(join(folder, 'coordinator/store'), await testPostgres());
      ports = [await freePort(), await freePort()];
      for (const name of ['coordinator-1', 'coordinator-2', 'reader', 'mapper', 'writer']) start(name);
      while (!/accessKey/.test(said.join('')) || said.join('').split('coordinator is up').length < 3)
        if (children.some(({ exitCode }) => exitCode !== null)) throw new Error(said.join(''));
        else await new Promise((resolve) => setTimeout(resolve, 50));
    });
    afterAll(async () => {
      const ended = children.map((child) => new Promise((resolve) => child.once('exit', resolve)));
      for (const child of children) child.kill('SIGTERM');
      await Promise.all(ended);
    });

    /** With its command and its environment; only the names of other containers are what they are here. */
    function start(name: string): void {
      const { command, environment } = composeFile().services[name]!;
      const here = (value: string): string =>
        value
          .replaceAll(VOLUME, folder)
          .replace(/^0\.0\.0\.0$/, '127.0.0.1')
          .replace('kafka:9092', testKafka().brokers.join(','))
          .replace('redis://redis:6379', testRedis().url)
          .replace('coordinator-1:7070', `127.0.0.1:${ports[0]}`)
          .replace('coordinator-2:7070', `127.0.0.1:${ports[1]}`);
      const mine = Object.fromEntries(Object.entries(environment!).map(([key, value]) => [key, here(value)]));
      if (name.startsWith('coordinator')) mine['SLUICE_PORT'] = String(ports[Number(name.at(-1)) - 1]);
      const child = spawn(process.execPath, [...ENTRY, ...command!], {
        env: { PATH: process.env['PATH'] ?? '', ...mine },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      for (const stream of [child.stdout, child.stderr])
        stream.on('data', (chunk: Buffer) => said.push(chunk.toString()));
      children.push(child);
    }

    it('find each other and copy a table; either coordinator answers', async () => {
      const key = /slk_[0-9a-f]{16}\.[\w-]+/.exec(said.join(''))![0];
      let calls = 0;
      const call = async <T>(method: string, path: string, body?: object): Promise<T> => {
        const url = `http://127.0.0.1:${ports[calls++ % 2]}/api/v1/workspaces/default${path}`;
        const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
        const answer = await fetch(url, {
          method,
          headers,
          ...(method === 'GET' ? {} : { body: JSON.stringify(body ?? {}) }),
        });
        if (!answer.ok) throw new Error(await answer.text());
        return (await answer.json()) as T;
      };
      const [source, target] = [await place('postgres'), await place('postgres')];
      await fill(source, 'orders', 500, true);
      const { id } = await startCopy({ call }, source.url, target.url, 'orders', { mapStage: true });
      const run = await restedRun({ call }, id);
      expect([run.error, run.counts?.written]).toEqual([undefined, 500]);
      expect(await fingerprint(target, 'orders')).toBe(await fingerprint(source, 'orders'));
      for (const one of [source, target]) await one.close();
    });
  },
);
