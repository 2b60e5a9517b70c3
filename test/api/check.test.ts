import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { CheckStage } from '@sluice/connector-sdk';
import { connectorForUrl } from '@sluice/connectors';
import { has, testMariadb, testPostgres } from '@sluice/testkit';
import { createConnection } from 'mysql2/promise';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Served } from './served.ts';
import { type TlsFront, tlsFront } from './tls-front.ts';

type Config = Readonly<Record<string, unknown>>;

let served: Served;
beforeAll(async () => {
  served = await Served.start();
});
afterAll(() => served.stop());

/** The stages of a check by the engine's own worker. */
async function check(connector: string, config: Config): Promise<CheckStage[]> {
  const name = `checked-${randomBytes(4).toString('hex')}`;
  const { body } = await served.call('POST', '/data-sources', { body: { name, connector, config } });
  const answer = await served.call('POST', `/data-sources/${String(body['id'])}:check`);
  const stages = answer.body['stages'] as unknown as CheckStage[];
  expect(answer.body['ok']).toBe(stages.every(({ ok }) => ok));
  return stages;
}

const outcome = (stages: readonly CheckStage[]): string[] =>
  stages.map(({ name, ok, code }) => (ok ? name : `${name} ${code}`));

/** A port that nothing listens on. */
async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

interface Database {
  readonly connector: string;
  readonly config: Config;
  /** Config of a new user with the rights of everybody. */
  stranger(): Promise<Config>;
  run(...statements: readonly string[]): Promise<void>;
}

async function postgres(): Promise<Database> {
  const url = await testPostgres();
  const client = new Client({ connectionString: url });
  await client.connect();
  const run = async (...statements: readonly string[]): Promise<void> => {
    for (const statement of statements) await client.query(statement);
  };
  await run('create table orders (id bigint primary key)');
  const { connector, config } = connectorForUrl(url);
  return {
    connector,
    config,
    run,
    stranger: async () => {
      const user = `u_${randomBytes(6).toString('hex')}`;
      await run(`create role ${user} login password 'stranger'`);
      return { ...config, user, password: 'stranger' };
    },
  };
}

async function mariadb(): Promise<Database> {
  const url = await testMariadb();
  const connection = await createConnection(url);
  const run = async (...statements: readonly string[]): Promise<void> => {
    for (const statement of statements) await connection.query(statement);
  };
  await run('create table orders (id bigint primary key)');
  const { connector, config } = connectorForUrl(url);
  return {
    connector,
    config,
    run,
    stranger: async () => {
      const user = `u_${randomBytes(6).toString('hex')}`;
      await run(`create user ${user}@'%' identified by 'stranger'`);
      return { ...config, user, password: 'stranger' };
    },
  };
}

for (const [kind, open] of Object.entries({ postgres, mariadb }))
  describe.skipIf(!has(kind as 'postgres'))(`the check of a data source of ${kind}`, () => {
    let db: Database;
    const checked = (change: Config = {}): Promise<CheckStage[]> =>
      check(db.connector, { ...db.config, ...change });
    beforeAll(async () => {
      db = await open();
    });

    it('goes through all stages, each with what it found and its time', async () => {
      const stages = await checked();
      expect(outcome(stages)).toEqual([
        'resolve',
        'connect',
        'authenticate',
        'list',
        'privileges',
        'settings',
      ]);
      for (const { detail, milliseconds } of stages)
        expect([detail.length > 0, milliseconds >= 0]).toEqual([true, true]);
    });

    it('names a host that nobody knows', async () => {
      const stages = await checked({ host: 'no-such-host.invalid' });
      expect(outcome(stages)).toEqual(['resolve SLUICE_SRC_UNREACHABLE']);
      expect(stages.at(-1)!.remedy).toContain('Correct the host "no-such-host.invalid"');
    });

    it('names a port that nothing listens on', async () => {
      const port = await closedPort();
      const stages = await checked({ port });
      expect(outcome(stages)).toEqual(['resolve', 'connect SLUICE_SRC_UNREACHABLE']);
      expect(stages.at(-1)!.remedy).toContain(`Correct the port ${port}`);
    });

    it('says of a server without TLS that it has none, and of one that nobody vouches for that it is not trusted', async () => {
      const stages = await checked({ ssl: 'verify-full' });
      expect(outcome(stages)).toEqual(['resolve', 'connect', 'tls SLUICE_SRC_TLS']);
      // The test's MariaDB has a certificate of its own making, its PostgreSQL none.
      expect(stages.at(-1)!.remedy).toContain(kind === 'postgres' ? 'Turn TLS on' : 'caCertificate');
    });

    it('names the user whose password is wrong, and shows no password', async () => {
      const stages = await checked({ password: 'wr0ng-s3cret' });
      expect(outcome(stages)).toEqual(['resolve', 'connect', 'authenticate SLUICE_SRC_AUTH']);
      expect(stages.at(-1)!.remedy).toContain(`Correct the password of ${String(db.config['user'])}`);
      expect(JSON.stringify(stages)).not.toContain('wr0ng-s3cret');
    });

    it('names a database that is not there, with the statement that makes it', async () => {
      const stages = await checked({ database: 'no_such' });
      expect(outcome(stages)).toEqual(['resolve', 'connect', 'authenticate SLUICE_SRC_DATABASE']);
      expect(stages.at(-1)!.remedy).toMatch(/create database .no_such./);
    });

    it('refuses a user who may read and make nothing, with the grant: given that, the check passes', async () => {
      const config = await db.stranger();
      const before = await check(db.connector, config);
      // MariaDB does not let such a user into the database at all.
      const failed = before.at(-1)!;
      expect([failed.ok, failed.code]).toEqual([false, 'SLUICE_SRC_PRIVILEGE']);
      const grant = failed.remedy!.replace(/ \(or .*$/, '').replace('<host>', '%');
      expect(grant).toMatch(/^grant /);
      await db.run(...grant.split('; '));
      const after = await check(db.connector, config);
      expect(outcome(after)).toEqual([
        'resolve',
        'connect',
        'authenticate',
        'list',
        'privileges',
        'settings',
      ]);
      expect(after.find(({ name }) => name === 'privileges')!.remedy).toMatch(/To write: grant .*create/);
    });
  });

describe.skipIf(!has('postgres'))('the check of a server with TLS', () => {
  let front: TlsFront;
  let config: Config;
  beforeAll(async () => {
    const url = new URL(await testPostgres());
    front = await tlsFront(url);
    config = { ...connectorForUrl(url.href).config, port: front.port, ssl: 'verify-full' };
  });
  afterAll(() => front.close());

  it('refuses a certificate that signed itself, and says how to trust its authority', async () => {
    const stages = await check('postgres', { ...config, host: 'localhost' });
    expect(outcome(stages)).toEqual(['resolve', 'connect', 'tls SLUICE_SRC_TLS']);
    expect(stages.at(-1)!.detail).toMatch(/self-signed/i);
    expect(stages.at(-1)!.remedy).toContain('NODE_EXTRA_CA_CERTS');
  });
});

describe('the check of a SQLite file', () => {
  const path = (name: string): string => join(served.home, name);
  beforeAll(() => {
    const database = new DatabaseSync(path('shop.db'));
    database.exec('create table orders (id integer primary key)');
    database.close();
  });

  it('goes through the stages that a file has', async () => {
    const stages = await check('sqlite', { path: path('shop.db') });
    expect(outcome(stages)).toEqual(['resolve', 'connect', 'list', 'privileges', 'settings']);
  });

  it('names a file that is not there, and one that is no database', async () => {
    const gone = await check('sqlite', { path: path('gone.db') });
    expect(outcome(gone)).toEqual(['resolve SLUICE_SRC_DATABASE']);
    writeFileSync(path('text.db'), 'this is no database, and long enough for the header of one'.repeat(20));
    const text = await check('sqlite', { path: path('text.db') });
    expect(outcome(text)).toEqual(['resolve', 'connect SLUICE_SRC_DATABASE']);
    expect(text.at(-1)!.remedy).toContain('Name a SQLite database');
  });

  it.skipIf(process.getuid?.() === 0)(
    'says of a file that cannot be written what a target needs',
    async () => {
      mkdirSync(path('locked'));
      const database = new DatabaseSync(join(path('locked'), 'shop.db'));
      database.exec('create table orders (id integer primary key)');
      database.close();
      chmodSync(join(path('locked'), 'shop.db'), 0o444);
      const stages = await check('sqlite', { path: join(path('locked'), 'shop.db') });
      expect(stages.find(({ name }) => name === 'privileges')!.remedy).toContain('As a target');
    },
  );
});
