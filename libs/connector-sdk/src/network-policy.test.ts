import { type AddressInfo, createServer, type Server } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SluiceError } from '@sluice/model';
import { ConnectionCheck } from './connection-check.ts';
import { GuardedSocket } from './guarded-socket.ts';
import { NetworkPolicy } from './network-policy.ts';

let server: Server;
let port: number;
beforeAll(async () => {
  server = createServer((socket) => socket.on('error', () => undefined).end('reached')).listen(0);
  await new Promise((resolve) => server.once('listening', resolve));
  port = (server.address() as AddressInfo).port;
});
afterAll(() => server.close());

/** What a connection to a host comes to: `reached`, or the code of the error. */
function outcome(
  host: string,
  policy: NetworkPolicy,
  ...resolve: ConstructorParameters<typeof GuardedSocket>[1][]
): Promise<string> {
  return new Promise((done) => {
    const socket = new GuardedSocket(policy, ...resolve);
    socket.setTimeout(3000, () => socket.destroy(new Error('timeout')));
    socket.once('error', (error: NodeJS.ErrnoException) => done(error.code ?? error.message));
    socket.once('data', (data) => (socket.destroy(), done(data.toString())));
    socket.connect(port, host);
  });
}

/** The same place in every way that anybody writes it. */
const WRITTEN: Readonly<Record<string, readonly string[]>> = {
  '169.254.169.254': [
    '169.254.169.254',
    '2852039166',
    '0xa9fea9fe',
    '0xA9.0xFE.0xA9.0xFE',
    '0251.0376.0251.0376',
    '025177524776',
    '169.254.43518',
    '169.16689662',
    '0xa9.254.0251.254',
    '169.254.169.0xfe',
    '::ffff:169.254.169.254',
    '::ffff:a9fe:a9fe',
    '0:0:0:0:0:ffff:a9fe:a9fe',
    '::169.254.169.254',
    '::a9fe:a9fe',
    '64:ff9b::a9fe:a9fe',
    '64:ff9b::169.254.169.254',
    '64:ff9b:1::a9fe:a9fe',
    '2002:a9fe:a9fe::',
    '2002:a9fe:a9fe::1',
    '2001:0:1::5601:5601',
    '::ffff:0:a9fe:a9fe',
    'fe80::5efe:a9fe:a9fe',
    '2001:db8::200:5efe:a9fe:a9fe',
    '::FFFF:A9FE:A9FE',
  ],
  'this host': [
    '0.0.0.0',
    '0',
    '0x0',
    '00000000',
    '::',
    '0:0:0:0:0:0:0:0',
    '::ffff:0.0.0.0',
    '0.1',
    '::ffff:0:0',
    '0.255.255.255',
  ],
  'link-local': ['fe80::1', 'fe80::1%lo', 'FE80::1', 'febf::1', '169.254.0.1', 'fec0::1'],
  'multicast and reserved': [
    '224.0.0.1',
    '239.255.255.255',
    'ff02::1',
    '255.255.255.255',
    '240.0.0.1',
    '4294967295',
    '::ffff:255.255.255.255',
  ],
  'metadata elsewhere': [
    '100.100.100.200',
    '168.63.129.16',
    '192.0.0.192',
    'fd00:ec2::254',
    '::ffff:100.100.100.200',
  ],
};

const LOOPBACK = [
  '127.0.0.1',
  '127.1',
  '127.0.1',
  '2130706433',
  '0x7f000001',
  '0x7f.1',
  '0177.0.0.1',
  '017700000001',
  '127.255.255.254',
  '::1',
  '0:0:0:0:0:0:0:1',
  '::ffff:127.0.0.1',
  '::ffff:7f00:1',
  'localhost',
  'LOCALHOST',
  '64:ff9b::7f00:1',
  '2002:7f00:1::',
];

describe('a data source', () => {
  it('is never connected to what is no store, however the address is written', async () => {
    const policy = new NetworkPolicy();
    const all = Object.values(WRITTEN).flat();
    expect(all.length).toBeGreaterThan(50);
    for (const host of all)
      expect([host, await outcome(host, policy)]).toEqual([
        host,
        expect.stringMatching(/^(SLUICE_CFG_ADDRESS|ENOTFOUND|EAI_AGAIN)$/),
      ]);
    // Each of them is refused by what it is, not because nothing could be found under it here.
    for (const host of all.filter((one) => /^[\d.]+$/.test(one) && !/^0\d/.test(one)))
      expect([host, await outcome(host, policy)]).toEqual([host, 'SLUICE_CFG_ADDRESS']);
  });

  it('is connected to a loopback that is allowed and to none that is denied, however it is written', async () => {
    expect(await outcome('127.0.0.1', new NetworkPolicy())).toBe('reached');
    expect(await outcome('localhost', new NetworkPolicy())).toBe('reached');
    const denied = new NetworkPolicy({ deny: ['127.0.0.0/8', '::1'] });
    for (const host of LOOPBACK)
      expect([host, await outcome(host, denied)]).toEqual([
        host,
        expect.stringMatching(/^(SLUICE_CFG_ADDRESS|ENOTFOUND|EAI_AGAIN)$/),
      ]);
  });

  it('is connected only to networks of the allow-list, and by the port that it gives', async () => {
    for (const [allow, wanted] of [
      [['10.0.0.0/8'], 'SLUICE_CFG_ADDRESS'],
      [[`127.0.0.0/8:${port}`], 'reached'],
      [['127.0.0.0/8:1'], 'SLUICE_CFG_ADDRESS'],
      [['10.0.0.0/8', '127.0.0.1'], 'reached'],
      [['0.0.0.0/0'], 'reached'],
    ] as const)
      expect([allow, await outcome('127.0.0.1', new NetworkPolicy({ allow }))]).toEqual([allow, wanted]);
    const everything = new NetworkPolicy({ allow: ['0.0.0.0/0', '::/0'] });
    expect(everything.isAllowed('169.254.169.254', 80)).toBe(false);
    const own = new NetworkPolicy({ deny: [`127.0.0.1:${port}`] });
    expect([await outcome('127.0.0.1', own), own.isAllowed('127.0.0.1', port + 1)]).toEqual([
      'SLUICE_CFG_ADDRESS',
      true,
    ]);
  });

  it('goes where its name led when it was judged, and is judged anew at the next connection', async () => {
    const answers = [['127.0.0.1'], ['127.0.0.2'], ['127.0.0.1', '127.0.0.2'], []];
    let asked = 0;
    const rebinding = async () => answers[asked++]!.map((address) => ({ address, family: 4 }));
    const policy = new NetworkPolicy({ deny: ['127.0.0.2'] });
    const found: string[] = [];
    for (const _ of answers) found.push(await outcome('rebinding.example', policy, rebinding));
    expect(found).toEqual(['reached', 'SLUICE_CFG_ADDRESS', 'SLUICE_CFG_ADDRESS', 'SLUICE_CFG_ADDRESS']);
    expect(asked).toBe(answers.length);
  });

  it('has no path, no user and no blank in its host', async () => {
    for (const host of [
      '/var/run/postgresql',
      './x',
      '..\\x',
      '@abstract',
      'me@127.0.0.1',
      ' 127.0.0.1',
      '127.0.0.1\n',
      'a\0b',
      '',
    ])
      expect([host, await outcome(host, new NetworkPolicy())]).toEqual([host, 'SLUICE_CFG_INVALID']);
  });
});

it('a list with what is no network is refused with the place, not read as something else', () => {
  for (const network of [
    '10.0.0.0/33',
    '10.0.0',
    'example.com',
    '::1/129',
    '[::1]:99999',
    '10.0.0.0/8:70000',
    '1.2.3.4:x',
    '*',
  ])
    expect(() => new NetworkPolicy({ allow: [network] })).toThrow(
      expect.objectContaining({ code: 'SLUICE_CFG_INVALID' }),
    );
  const policy = new NetworkPolicy({ allow: ['[fd00::]/8:5432', 'fd12::1'] });
  expect([
    policy.isAllowed('fd00::1', 5432),
    policy.isAllowed('fd00::1', 5433),
    policy.isAllowed('fd12::1', 9),
  ]).toEqual([true, false, true]);
  expect(policy.isAllowed('nonsense', 5432)).toBe(false);
});

it('a check is held to the same: it neither resolves nor connects to what is no store, and says why', async () => {
  for (const [host, code] of [
    ['169.254.169.254', 'SLUICE_CFG_ADDRESS'],
    ['2852039166', 'SLUICE_CFG_ADDRESS'],
    ['/var/run/postgresql', 'SLUICE_CFG_INVALID'],
    ['127.0.0.1', undefined],
  ] as const) {
    const check = new ConnectionCheck(AbortSignal.timeout(5000), (error) => error as SluiceError);
    await check.reach(host, port);
    expect([host, check.stages.at(-1)]).toMatchObject([
      host,
      code === undefined ? { name: 'connect', ok: true } : { name: 'resolve', ok: false, code },
    ]);
    if (code === 'SLUICE_CFG_ADDRESS') expect(check.stages[0]!.remedy).toContain('SLUICE_NETWORK_ALLOW');
  }
});
