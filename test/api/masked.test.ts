import { uuidv7 } from '@sluice/model';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Served } from './served.ts';

let served: Served;
beforeAll(async () => {
  served = await Served.start();
});
afterAll(() => served.stop());

const MASK = '********';
const SERVER = { host: 'db.example', port: 5432, database: 'shop', user: 'me', ssl: 'verify-full' };
const SECRET = 'canary-of-a-data-source';

let made = 0;
async function add(): Promise<string> {
  const body = { name: `shop${++made}`, connector: 'postgres', config: { ...SERVER, password: SECRET } };
  return String((await served.call('POST', '/data-sources', { body })).body['id']);
}

/** What a worker would sign in with. */
const password = async (id: string): Promise<unknown> =>
  (await served.engine.sources.open(id)).config['password'];

const put = (id: string, config: object) => served.call('PUT', `/data-sources/${id}`, { body: { config } });

describe('the secret of a data source', () => {
  it('stays when it is not given, or its mask is, while the server and the user are the same (S-25, B-53)', async () => {
    const id = await add();
    for (const config of [
      { ...SERVER, database: 'other' },
      { ...SERVER, password: MASK },
    ]) {
      const answer = await put(id, config);
      expect([answer.status, Object.keys(answer.body['secrets']!)]).toEqual([200, ['password']]);
      expect(await password(id)).toBe(SECRET);
    }
  });

  it('is gone when host, port, user, TLS or authority change, so that no other server is told it (S-24)', async () => {
    for (const change of [
      { host: 'evil.example' },
      { port: 5433 },
      { port: undefined },
      { user: 'you' },
      { user: undefined },
      { ssl: 'disable' },
      { ssl: undefined },
      { caCertificate: '-----BEGIN CERTIFICATE-----' },
    ]) {
      const id = await add();
      const config = { ...SERVER, ...change };
      const mask = await put(id, { ...config, password: MASK });
      expect([
        change,
        mask.status,
        (mask.body['errors'] as unknown as { pointer: string }[])[0]!.pointer,
      ]).toEqual([change, 400, '/config/password']);
      expect(await password(id)).toBe(SECRET);
      const answer = await put(id, config);
      expect([change, answer.status, answer.body['secrets']]).toEqual([change, 200, {}]);
      expect([change, await password(id)]).toEqual([change, undefined]);
      await put(id, { ...config, password: 'given anew' });
      expect(await password(id)).toBe('given anew');
    }
  });

  it('is not the mask: where there is none that it could stand for, that is 400 (B-53)', async () => {
    const body = { name: 'masked', connector: 'postgres', config: { ...SERVER, password: MASK } };
    expect((await served.call('POST', '/data-sources', { body })).status).toBe(400);
    const id = String(
      (await served.call('POST', '/data-sources', { body: { ...body, config: SERVER } })).body['id'],
    );
    expect((await put(id, { ...SERVER, password: MASK })).status).toBe(400);
  });
});

describe('the settings of a data source', () => {
  it('are hidden, all of them, when one is not known to be no secret (S-26)', async () => {
    const row = { workspace: 'default', secrets: {}, createdAt: 1, updatedAt: 1 };
    for (const [connector, config] of [
      ['gone', { token: SECRET }],
      ['postgres', { ...SERVER, token: SECRET }],
      ['postgres', { ...SERVER, password: SECRET }],
      ['postgres', { ...SERVER, toString: SECRET }],
      ['__proto__', { host: SECRET }],
    ] as const) {
      const id = uuidv7();
      await served.engine.store.dataSources.insert({ ...row, id, name: id, connector, config });
      const answers = [
        await served.call('GET', `/data-sources/${id}`),
        await served.call('GET', `/data-sources?name=${id}`),
      ];
      for (const { body, status } of answers) {
        expect([status, JSON.stringify(body)]).toEqual([200, expect.not.stringContaining('canary')]);
        expect(body.items?.[0] ?? body).toMatchObject({ config: {}, hidden: true });
      }
    }
  });

  it('are those that the connector has, field by field: an option of the driver is refused by its name (S-31, S-34)', async () => {
    const mysql = { host: 'h', database: 'd', user: 'u' };
    for (const [connector, config] of [
      ...[
        'flags',
        'multipleStatements',
        'infileStreamFactory',
        'localInfile',
        'allowLoadLocalInfile',
        'socketPath',
        'uri',
        'timezone',
        'typeCast',
        'authPlugins',
        'ssl_cert',
        'stream',
      ].map((name) => ['mysql', { ...mysql, [name]: true }] as const),
      ...[
        'connectionString',
        'sslmode',
        'sslcert',
        'options',
        'stream',
        'types',
        'replication',
        'service',
        'passfile',
      ].map((name) => ['postgres', { ...SERVER, [name]: 'x' }] as const),
    ]) {
      const { status, body } = await served.call('POST', '/data-sources', {
        body: { name: 'odd', connector, config },
      });
      const option = Object.keys(config).at(-1)!;
      expect([
        option,
        status,
        (body['errors'] as unknown as { pointer: string }[]).map(({ pointer }) => pointer),
      ]).toEqual([option, 400, [`/config/${option}`]]);
    }
    for (const host of [
      { host: { toString: 'x' } },
      { host: ['h'] },
      { host: null },
      { port: '5432' },
      { ssl: 'prefer' },
      { ssl: 'no-verify' },
    ]) {
      const { status } = await served.call('POST', '/data-sources', {
        body: { name: 'odd', connector: 'postgres', config: { ...SERVER, ...host } },
      });
      expect([host, status]).toEqual([host, 400]);
    }
  });
});
