import { spawn } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { has } from '@sluice/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Served } from '../api/served.ts';
import { freePort } from '../../infra/servers/server-process.ts';
import { type Place, place } from '../e2e/pairs.ts';
import { begin, type Ended, sluice } from './sluice.ts';

const folder = mkdtempSync(join(tmpdir(), 'sluice-mistakes-'));

/** Every error says code, cause and remedy in its own line, and never where in the program it arose. */
function expectError(ended: Ended, exit: number, code: string, words: readonly (string | RegExp)[]): void {
  expect([ended.code, ended.out, ended.said.split(':')[0]]).toEqual([exit, '', code]);
  expect(ended.said).toMatch(
    /^\S+: .+\n( {2}place: .+\n)?( {2}cause: .+\n)?( {2}(place|cause): .+\n)* {2}remedy: .+\n$/,
  );
  expect(ended.said).not.toMatch(/\bat .+:\d+:\d+|node:internal|\.ts:\d/);
  for (const word of words) expect(ended.said).toMatch(word);
}

const copy = (source: string, target: string, ...more: string[]): Promise<Ended> =>
  sluice(['copy', source, target, ...more], { environment: { SLUICE_HOME: join(folder, 'home') } });

const KINDS = (['postgres', 'mysql'] as const).filter((kind) => has(kind === 'mysql' ? 'mariadb' : kind));

// At the same time: most of it is waiting for hosts that do not answer.
describe.concurrent.each(KINDS)('a mistake about a %s database', (kind) => {
  let at: Place;
  const file = `sqlite:${join(folder, 'any.db')}#t`;
  const change = (
    more: Partial<Record<'hostname' | 'port' | 'pathname' | 'password' | 'username', string>>,
  ): string => `${Object.assign(new URL(at.url), more).href}#t`;
  const wrong = 'wr0ng-secret';

  beforeAll(async () => {
    at = await place(kind);
    await at.run('create table t (id int primary key, note varchar(20))');
    await at.run(`insert into t values (1, 'a')`);
  });
  afterAll(() => at.close());

  it('as the source or the target, with a wrong password: 5, and the password is not repeated', async () => {
    const [source, target] = await Promise.all([
      copy(change({ password: wrong }), file),
      copy(`${at.url}#t`, change({ password: wrong }).replace('#t', '#other')),
    ]);
    expectError(source, 5, 'SLUICE_SRC_AUTH', [/password/]);
    expectError(target, 5, 'SLUICE_TGT_AUTH', [/password/]);
    for (const { said } of [source, target]) expect(said).not.toContain(wrong);
    // Nothing was begun: the corrected command simply works.
    expect((await copy(`${at.url}#t`, file)).code).toBe(0);
  });

  it('with a host or port where nobody answers: 8, with the address', async () => {
    const [host, port] = await Promise.all([
      copy(change({ hostname: 'nowhere.invalid' }), file),
      copy(`${at.url}#t`, change({ port: '1' })),
    ]);
    expectError(host, 8, 'SLUICE_SRC_UNREACHABLE', [/nowhere\.invalid/, /Check host, port and network/]);
    expectError(port, 8, 'SLUICE_TGT_UNREACHABLE', [/ECONNREFUSED/, /:1\//]);
    expect(host.said + port.said).not.toContain('goes on by itself');
  });

  it('with a database, a table or a column that does not exist: 3, with its name', async () => {
    const [database, table, column] = await Promise.all([
      copy(change({ pathname: '/nodb' }), file),
      copy(`${at.url}#nope`, file),
      copy(`${at.url}#t`, file.replace('#t', '#u'), '--where', 'nocolumn = 1'),
    ]);
    expectError(database, 3, 'SLUICE_SRC_DATABASE', [/nodb/]);
    expectError(table, 3, 'SLUICE_SRC_TABLE', [/nope/, /place: .*#nope/]);
    expectError(column, 3, 'SLUICE_SRC_COLUMN', [/nocolumn/]);
  });

  it('with a user who may not write there: 5, with the grant that is missing', async () => {
    const user = `u_${Math.random().toString(36).slice(2, 10)}`;
    const database = new URL(at.url).pathname.slice(1);
    if (kind === 'postgres') await at.run(`create role ${user} login password 'pw'`);
    else {
      await at.run(`create user ${user}@'%' identified by 'pw'`);
      await at.run(`grant select on ${database}.* to ${user}@'%'`);
    }
    const refused = await copy(`${at.url}#t`, change({ username: user, password: 'pw' }).replace('#t', '#v'));
    expectError(refused, 5, 'SLUICE_TGT_PRIVILEGE', [/remedy: grant create/i, new RegExp(user)]);
  });
});

describe('a mistake in a task', () => {
  let served: Served;
  const on = (args: string[], more: Record<string, string> = {}, input = ''): Promise<Ended> =>
    sluice(args, { environment: { SLUICE_URL: served.openUrl, ...more }, directory: folder, input });
  const apply = (text: string): Promise<Ended> => {
    writeFileSync(join(folder, 'bad.json'), text);
    return on(['task', 'apply', 'bad.json']);
  };
  const document = (more: object = {}): Record<string, unknown> => ({
    mode: 'full',
    reader: { dataSource: 'shop', parameters: { table: 'orders' } },
    writer: { dataSource: 'warehouse', parameters: { table: 'orders' } },
    ...more,
  });

  beforeAll(async () => {
    served = await Served.start();
    const path = join(folder, 'shop.db');
    const database = new DatabaseSync(path);
    database.exec(
      'create table orders (id integer primary key, at datetime); insert into orders values (1, null)',
    );
    database.close();
    await on(['ds', 'add', 'shop', `sqlite:${path}`]);
  });
  afterAll(() => served.stop());

  it('that is no JSON: line and column', async () => {
    expectError(await apply('{\n  "mode": "full",\n  "reader" {}\n}'), 2, 'SLUICE_CFG_INVALID', [
      /place: +bad\.json:3:12 \/reader\n/,
    ]);
    expectError(await apply('{ "mode": '), 2, 'SLUICE_CFG_INVALID', [/place: +bad\.json:1:11 \/mode\n/]);
    expectError(await on(['task', 'apply', 'none.json']), 3, 'SLUICE_CFG_NOT_FOUND', [/none\.json/]);
  });

  it('of its form: the JSON pointer of every fault', async () => {
    const bad = document({ control: { channels: 0 }, speed: 'fast' });
    expectError(await apply(JSON.stringify(bad)), 2, 'SLUICE_CFG_INVALID', [
      /place: +bad\.json:1:\d+ \/control\/channels\n/,
      /place: +bad\.json:1:\d+ \/speed\n/,
    ]);
  });

  it('about a parameter or a data source: its pointer, and the nearest name', async () => {
    const reader = { dataSource: 'shop', parameters: { table: 'orders', wheer: 'x' } };
    expectError(await apply(JSON.stringify(document({ reader }))), 2, 'SLUICE_CFG_INVALID', [
      /place: +bad\.json:1:\d+ \/reader\/parameters\/wheer\n.*Did you mean where\?/,
    ]);
    const writer = { dataSource: 'wharehouse', parameters: { table: 'orders' } };
    expectError(await apply(JSON.stringify(document({ writer }))), 3, 'SLUICE_CFG_NOT_FOUND', [
      /place: +bad\.json:1:\d+ \/writer\/dataSource\n.*wharehouse/,
    ]);
  });

  it('about a column or a type that cannot be converted: refused before anything runs, with the pointer of the field', async () => {
    const file = (mapping: object[]): void =>
      writeFileSync(join(folder, 'bad.json'), JSON.stringify(document({ mapping })));
    file([{ from: 'nothing', to: 'id' }]);
    expectError(await on(['task', 'validate', 'bad.json']), 2, 'SLUICE_MAP_IMPOSSIBLE', [
      /place: +bad\.json:1:\d+ \/mapping\/0.*\n.*nothing/,
    ]);
    file([
      { from: 'id', to: 'id' },
      { from: 'at', to: 'day', cast: 'boolean' },
    ]);
    expectError(await on(['task', 'validate', 'bad.json']), 2, 'SLUICE_MAP_IMPOSSIBLE', [
      /place: +bad\.json:1:\d+ \/mapping\/1.*\n.*boolean/,
    ]);
  });

  it('at the way to the server: nobody there, another program there, no key, a broken key', async () => {
    const other = createServer((socket) => socket.end('HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\nhi'));
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
    const [nobody, stranger, noKey, broken, notUrl] = await Promise.all([
      on(['task', 'ls'], { SLUICE_URL: `http://127.0.0.1:${await freePort()}` }),
      on(['task', 'ls'], { SLUICE_URL: url }),
      on(['task', 'ls'], { SLUICE_URL: served.url }),
      on(['task', 'ls'], { SLUICE_URL: served.url, SLUICE_TOKEN: 'slk_0123456789abcdef.s3cr3t' }),
      on(['task', 'ls', '--url', 'localhost:7070']),
    ]);
    other.close();
    expectError(nobody, 8, 'SLUICE_SYS_UNREACHABLE', [/127\.0\.0\.1:\d+ \(ECONNREFUSED\)/, /sluice up/]);
    expectError(stranger, 8, 'SLUICE_SYS_UNREACHABLE', [/not a Sluice server/]);
    expectError(noKey, 5, 'SLUICE_AUTH_MISSING', [/SLUICE_TOKEN|Bearer/]);
    expectError(broken, 5, 'SLUICE_AUTH_MISSING', [/place: +SLUICE_TOKEN/]);
    expectError(notUrl, 2, 'SLUICE_CFG_INVALID', [/--url/]);
    expect(broken.said).not.toContain('s3cr3t');
  });

  it('of a key without the right: 5, with the role and the permission', async () => {
    const key = await served.key('visitor');
    const refused = await on(['task', 'run', 'x'], { SLUICE_URL: served.url, SLUICE_TOKEN: key });
    expectError(refused, 3, 'SLUICE_CFG_NOT_FOUND', [/sluice task ls/]);
    const added = await on(['ds', 'add', 'y', 'sqlite:y.db'], { SLUICE_URL: served.url, SLUICE_TOKEN: key });
    expectError(added, 5, 'SLUICE_AUTH_FORBIDDEN', [/visitor/, /source\.edit/]);
  });
});

describe('a mistake at the start', () => {
  it('a port that was asked for and is taken: 1, with the port', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    const home = mkdtempSync(join(tmpdir(), 'sluice-up-'));
    const ended = await sluice(['up', '--port', String(port)], { environment: { SLUICE_HOME: home } });
    other.close();
    expectError(ended, 1, 'SLUICE_SYS_PORT', [new RegExp(`Port ${port}`), /--port/]);
  });

  it('a home that another process holds, and one that cannot be written: 1, with the process and the way out', async () => {
    const environment = { SLUICE_HOME: mkdtempSync(join(tmpdir(), 'sluice-up-')) };
    expect((await sluice(['up', '--port', '0'], { environment })).code).toBe(2);
    const port = await freePort();
    const running = begin(['up', '--port', String(port)], { environment });
    await running.shows(/Stop with/);
    const second = await sluice(['up', '--port', String(await freePort())], { environment });
    expectError(second, 1, 'SLUICE_SYS_HOME', [new RegExp(`Process ${running.process.pid}`), /SLUICE_HOME/]);
    running.process.kill('SIGTERM');
    expect((await running.ended).code).toBe(0);
    const unwritable = await sluice(['up'], { environment: { SLUICE_HOME: '/dev/null/x' } });
    expectError(unwritable, 1, 'SLUICE_SYS_HOME', [/\/dev\/null\/x/]);
  });

  it('no Java for the cluster: said before anything is started, with what to install', async () => {
    const script = join(import.meta.dirname, '../../infra/cluster.ts');
    const child = spawn(process.execPath, ['--no-warnings', script], {
      env: { PATH: dirname(process.execPath), HOME: folder },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
    const code = await new Promise((resolve) => child.once('close', resolve));
    expect([code, said]).toEqual([1, expect.stringContaining('SLUICE_SYS_MISSING')]);
    expect(said).toMatch(/place: +kafka\n +cause: .*Java.*apt-get install.*\n/);
  });
});
