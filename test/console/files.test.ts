import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildConsole } from '@sluice/console';
import { type Standalone, startStandalone } from '@sluice/standalone';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { freePort } from '../../infra/servers/server-process.ts';

let standalone: Standalone;
beforeAll(async () => {
  await buildConsole();
  const home = mkdtempSync(join(tmpdir(), 'sluice-files-'));
  standalone = await startStandalone({ home, port: await freePort(), isPortAsked: true });
});
afterAll(() => standalone.stop());

const get = (path: string, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${standalone.url}${path}`, { redirect: 'manual', headers });

it('leads from / to the console, whose every address is the same page, with a policy that allows nothing inline', async () => {
  const first = await get('/');
  expect([first.status, first.headers.get('location')]).toEqual([302, '/console/']);
  const [home, deep] = await Promise.all([get('/console/'), get('/console/default/runs/x?tab=log')]);
  const page = await home.text();
  expect(await deep.text()).toBe(page);
  expect(page).toContain('<div id="root">');
  expect(page).not.toMatch(/<style|<script(?![^>]*\bsrc=)|\sstyle=|\son\w+=/);
  const policy = home.headers.get('content-security-policy')!;
  expect(policy).toContain("script-src 'self'; style-src 'self'; object-src 'none'; base-uri 'none'");
  expect(policy).not.toContain('unsafe');
  expect(home.headers.get('cache-control')).toBe('no-cache');
  expect(home.headers.get('x-content-type-options')).toBe('nosniff');
});

it('serves built files for good by the hash in their names, and no other file of the machine', async () => {
  const page = await (await get('/console/')).text();
  const name = /assets\/[\w-]+\.js/.exec(page)![0];
  const asset = await get(`/console/${name}`);
  expect([asset.status, asset.headers.get('content-type'), asset.headers.get('cache-control')]).toEqual([
    200,
    'text/javascript; charset=utf-8',
    'public, max-age=31536000, immutable',
  ]);
  expect((await get('/console/assets/none.js')).status).toBe(404);
  for (const path of [
    '%2e%2e/package.json',
    '..%2fpackage.json',
    'assets/..%2f..%2fpackage.json',
    'made-from',
  ])
    expect([path, /"name"|^\w{64}$/.exec(await (await get(`/console/${path}`)).text())]).toEqual([
      path,
      null,
    ]);
});

it('answers to names of this machine only, as the API does', async () => {
  // A browser's fetch does not let its caller choose the host; a page that rebinds its name does.
  const [answer] = (await once(
    request(`${standalone.url}/console/`, { headers: { host: 'elsewhere.example' } }).end(),
    'response',
  )) as [IncomingMessage];
  answer.resume();
  expect(answer.statusCode).toBe(403);
});
