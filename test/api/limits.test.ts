import { createApp } from '@sluice/coordinator';
import type { FastifyInstance } from '@sluice/http-kit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Served } from './served.ts';

let served: Served;
let limited: FastifyInstance;
beforeAll(async () => {
  served = await Served.start();
  limited = createApp({
    ...served.engine,
    isOpen: false,
    limits: { calls: { perSecond: 0.001, burst: 5 }, refused: { perSecond: 0.001, burst: 20 } },
    trustProxy: ['127.0.0.1'],
  });
});
afterAll(async () => {
  await limited.close();
  await served.stop();
});

const LIST = '/api/v1/workspaces/default/tasks';
const call = (authorization: string, from: string) =>
  limited.inject({ url: LIST, headers: { authorization, 'x-forwarded-for': from } });

it('lets a key call so often and then answers 429 with the time to wait, while another key goes on (S-62)', async () => {
  const [one, two] = [await served.key('visitor'), await served.key('visitor')];
  for (let n = 0; n < 5; n++) expect((await call(`Bearer ${one}`, '10.0.0.1')).statusCode).toBe(200);
  const refused = await call(`Bearer ${one}`, '10.0.0.2');
  expect([refused.statusCode, refused.json<{ code: string }>().code]).toEqual([429, 'SLUICE_SYS_RATE']);
  expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
  expect((await call(`Bearer ${two}`, '10.0.0.1')).statusCode).toBe(200);
});

it('tries no more than so many wrong keys of an address, also when thousands come at once (S-7, B-57)', async () => {
  const all = await Promise.all(
    Array.from({ length: 2000 }, (_, n) =>
      call(`Bearer slk_${String(n).padStart(16, '0')}.guess`, '10.9.9.9'),
    ),
  );
  const count = (status: number): number => all.filter(({ statusCode }) => statusCode === status).length;
  expect([count(401), count(429)]).toEqual([20, 1980]);
  // Whoever calls from elsewhere is not held up.
  expect((await call(`Bearer ${await served.key('visitor')}`, '10.0.0.3')).statusCode).toBe(200);
  expect((await call('Bearer none', '10.0.0.3')).statusCode).toBe(401);
});

it('takes no word of a client for its address unless a trusted proxy says it (S-63)', async () => {
  const app = createApp({
    ...served.engine,
    isOpen: false,
    limits: { refused: { perSecond: 0.001, burst: 2 } },
  });
  const statuses: number[] = [];
  for (const from of ['10.1.0.1', '10.1.0.2', '10.1.0.3'])
    statuses.push(
      (await app.inject({ url: LIST, headers: { authorization: 'Bearer none', 'x-forwarded-for': from } }))
        .statusCode,
    );
  expect(statuses).toEqual([401, 401, 429]);
  await app.close();
});

it('lets a good key call as often as it likes where only refused calls are limited', async () => {
  const app = createApp({
    ...served.engine,
    isOpen: false,
    limits: { refused: { perSecond: 0.001, burst: 2 } },
  });
  const authorization = `Bearer ${await served.key('visitor')}`;
  const all = await Promise.all([1, 2].map(() => app.inject({ url: LIST, headers: { authorization } })));
  for (let n = 0; n < 20; n++) all.push(await app.inject({ url: LIST, headers: { authorization } }));
  // As many at once as there may be, all of one address.
  all.push(
    ...(await Promise.all(
      Array.from({ length: 200 }, () => app.inject({ url: LIST, headers: { authorization } })),
    )),
  );
  expect(new Set(all.map(({ statusCode }) => statusCode))).toEqual(new Set([200]));
  await app.close();
});
