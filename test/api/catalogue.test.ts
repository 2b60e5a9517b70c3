import { connectorForUrl } from '@sluice/connectors';
import { has, testMariadb, testPostgres } from '@sluice/testkit';
import { createConnection } from 'mysql2/promise';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, Served } from './served.ts';

let served: Served;
beforeAll(async () => {
  served = await Served.start();
});
afterAll(() => served.stop());

interface Store {
  readonly kind: string;
  /** Schemas or databases that the test knows of. */
  readonly namespaces: readonly string[];
  readonly inOther: string;
  readonly id: string;
  run(...statements: readonly string[]): Promise<void>;
  /** Where a copy goes: SQLite locks a whole file. */
  readonly target: { readonly id: string; run(statement: string): Promise<void> };
}

const ORDERS = (big: string, bytes: string): string =>
  `create table orders (id ${big} not null primary key, amount decimal(20, 4), user_password varchar(40), photo ${bytes})`;
const ROWS = [
  `insert into orders values (9007199254740993, 12345678901234.5678, 'hunter2', null)`,
  `insert into orders values (1, -0.0001, null, null)`,
];

async function add(name: string, connector: string, config: object): Promise<string> {
  const { body } = await served.call('POST', '/data-sources', { body: { name, connector, config } });
  return String(body['id']);
}

async function postgres(): Promise<Store> {
  const url = await testPostgres();
  const client = new Client({ connectionString: url });
  await client.connect();
  const run = async (...statements: readonly string[]): Promise<void> => {
    for (const statement of statements) await client.query(statement);
  };
  await run(
    'create schema "Other"',
    'create table "Other"."Über" (a int)',
    ORDERS('bigint', 'bytea'),
    ...ROWS,
  );
  await run(
    'create view seen as select id from orders',
    ...['b', 'c', 'd'].map((n) => `create table ${n} (x int)`),
  );
  const { connector, config } = connectorForUrl(url);
  const id = await add('catalogue-postgres', connector, config);
  return {
    kind: 'postgres',
    namespaces: ['Other', 'public'],
    inOther: '"Other"."Über"',
    id,
    run,
    target: { id, run },
  };
}

async function mariadb(): Promise<Store> {
  const url = await testMariadb();
  const connection = await createConnection(url);
  const run = async (...statements: readonly string[]): Promise<void> => {
    for (const statement of statements) await connection.query(statement);
  };
  const here = new URL(url).pathname.slice(1);
  const other = `${here}_other`;
  await run(
    `create database ${other}`,
    `create table ${other}.\`Über\` (a int)`,
    ORDERS('bigint', 'blob'),
    ...ROWS,
  );
  await run(
    'create view seen as select id from orders',
    ...['b', 'c', 'd'].map((n) => `create table ${n} (x int)`),
  );
  const { connector, config } = connectorForUrl(url);
  const id = await add('catalogue-mysql', connector, config);
  return {
    kind: 'mysql',
    namespaces: [here, other],
    inOther: `${other}.Über`,
    id,
    run,
    target: { id, run },
  };
}

async function sqlite(): Promise<Store> {
  const file = async (name: string): Promise<Store['target'] & Pick<Store, 'run'>> => {
    const path = join(served.home, `${name}.db`);
    const run = async (...statements: readonly string[]): Promise<void> => {
      const database = new DatabaseSync(path);
      for (const statement of statements) database.exec(statement);
      database.close();
    };
    await run('pragma user_version = 1');
    return { id: await add(`${name}-sqlite`, 'sqlite', { path }), run };
  };
  const { id, run } = await file('catalogue');
  await run(ORDERS('integer', 'blob'), ...ROWS, 'create view seen as select id from orders');
  await run(...['b', 'c', 'd'].map((n) => `create table ${n} (x int)`));
  return { kind: 'sqlite', namespaces: ['main'], inOther: '', id, run, target: await file('copied') };
}

const names = ({ body }: Answer): string[] => body.items.map((item) => String(item['name']));

for (const [kind, open] of Object.entries({ postgres, mariadb, sqlite }))
  describe.skipIf(kind !== 'sqlite' && !has(kind as 'postgres'))(`the catalogue of ${kind}`, () => {
    let store: Store;
    const at = (path: string, body?: unknown): Promise<Answer> =>
      served.call(body === undefined ? 'GET' : 'POST', `/data-sources/${store.id}${path}`, { body });
    beforeAll(async () => {
      store = await open();
    });

    it('lists the schemas or databases, without the server’s own', async () => {
      const found = names(await at('/namespaces'));
      expect(found).toEqual(expect.arrayContaining([...store.namespaces]));
      for (const own of ['information_schema', 'pg_catalog', 'mysql', 'sys'])
        expect(found).not.toContain(own);
    });

    it('lists tables of one namespace page by page, each once and in order, and finds them by a part of the name', async () => {
      const namespace = encodeURIComponent(
        store.namespaces.includes('public') ? 'public' : store.namespaces[0]!,
      );
      const pages: string[][] = [];
      for (let cursor = ''; ;) {
        const page = await at(`/tables?namespace=${namespace}&limit=2${cursor}`);
        pages.push(names(page));
        if (page.body['nextCursor'] === undefined) break;
        cursor = `&cursor=${encodeURIComponent(page.body['nextCursor'])}`;
      }
      expect(pages).toEqual([['b', 'c'], ['d', 'orders'], ['seen']]);
      expect(names(await at('/tables?search=RDE'))).toEqual(['orders']);
    });

    it('describes a table: columns in order with types and nullability, and its key', async () => {
      const { body } = await at(':describe', { parameters: { table: 'orders' } });
      const columns = body['columns'] as unknown as Record<string, unknown>[];
      expect(columns.map(({ name, kind: type, nullable }) => [name, type, nullable])).toEqual([
        ['id', 'long', false],
        ['amount', 'decimal', true],
        ['user_password', 'string', true],
        ['photo', 'bytes', true],
      ]);
      expect(columns[1]).toMatchObject({ precision: 20, scale: 4 });
      expect(body['key']).toEqual(['id']);
      const gone = await at(':describe', { parameters: { table: 'no_such' } });
      expect([gone.status, gone.body['code']]).toEqual([404, 'SLUICE_CFG_NOT_FOUND']);
    });

    it('shows rows as exact text, what a column of secrets holds as ***, and changes nothing', async () => {
      const { body } = await at(':preview', { parameters: { table: 'orders' } });
      const rows = body['rows'] as unknown as (string | null)[][];
      const exact = store.kind === 'sqlite' ? expect.any(String) : '12345678901234.5678';
      expect(rows.toSorted()).toEqual([
        ['1', '-0.0001', null, null],
        ['9007199254740993', exact, '***', null],
      ]);
      const columns = body['columns'] as unknown as Record<string, unknown>[];
      expect(columns.map(({ isMasked }) => isMasked ?? false)).toEqual([false, false, true, false]);
      expect(JSON.stringify(body)).not.toContain('hunter2');
    });

    it('reads no more rows of a preview than were asked for, and no more than 50', async () => {
      await store.run(...Array.from({ length: 60 }, (_, n) => `insert into b values (${n})`));
      const rows = async (wanted: object): Promise<number> =>
        ((await at(':preview', { parameters: { table: 'b' }, ...wanted })).body['rows'] as unknown as [])
          .length;
      expect([await rows({ rows: 3 }), await rows({})]).toEqual([3, 50]);
      expect((await at(':preview', { parameters: { table: 'b' }, rows: 51 })).status).toBe(400);
    });

    it('says by which statement a run makes the target table: run by hand it makes the same one', async () => {
      const document = (table: string): object => ({
        mode: 'full',
        reader: { dataSource: store.id, parameters: { table: 'orders' } },
        writer: { dataSource: store.target.id, parameters: { table } },
        // SQLite keeps 15 digits of a decimal.
        control: { dirtyLimit: -1 },
      });
      const { body } = await served.call('POST', '/tasks:target-table', { body: document('by_hand') });
      expect(body['exists']).toBe(false);
      await store.target.run(String(body['statement']));
      const made = await served.call('POST', '/tasks', {
        body: { name: `target table of ${store.kind}`, document: document('by_run') },
      });
      const run = await served.call('POST', `/tasks/${String(made.body['id'])}:run`);
      const { state, error } = await served.rested(String(run.body['id']));
      expect([state, error]).toEqual(['succeeded', undefined]);
      const described = await Promise.all(
        ['by_hand', 'by_run'].map((table) =>
          served.call('POST', `/data-sources/${store.target.id}:describe`, {
            body: { parameters: { table } },
          }),
        ),
      );
      const [byHand, byRun] = described.map(({ body: { columns, key } }) => ({ columns, key }));
      expect(byHand).toEqual(byRun);
      const again = await served.call('POST', '/tasks:target-table', { body: document('by_hand') });
      expect(again.body['exists']).toBe(true);
    });

    it.skipIf(kind === 'sqlite')(
      'reads a table of another namespace under the name that its list gives',
      async () => {
        const other = store.namespaces.find((name) => name.toLowerCase().includes('other'))!;
        const { body } = await at(`/tables?namespace=${encodeURIComponent(other)}`);
        expect(body.items.map(({ qualified }) => qualified)).toEqual([store.inOther]);
        const preview = await at(':preview', { parameters: { table: store.inOther } });
        expect([preview.status, preview.body['rows']]).toEqual([200, []]);
      },
    );
  });

describe('a look into a data source', () => {
  it('is refused to a role without the right, and a preview to one that may not see rows', async () => {
    const id = await add('guarded', 'sqlite', { path: join(served.home, 'catalogue.db') });
    const [visitor, deployer] = [await served.key('visitor'), await served.key('deployer')];
    const status = async (key: string, path: string): Promise<number> =>
      (await served.call('POST', `/data-sources/${id}${path}`, { key, body: { parameters: { table: 'b' } } }))
        .status;
    expect(await status(visitor, ':describe')).toBe(403);
    expect([await status(deployer, ':describe'), await status(deployer, ':preview')]).toEqual([200, 403]);
  });

  it('goes to workers of the resource group of the data source, and says so at once when none of it is alive', async () => {
    const body = {
      name: 'far away',
      connector: 'sqlite',
      config: { path: join(served.home, 'catalogue.db') },
      resourceGroup: 'branch-7',
    };
    const made = await served.call('POST', '/data-sources', { body });
    expect(made.body['resourceGroup']).toBe('branch-7');
    const answer = await served.call('GET', `/data-sources/${String(made.body['id'])}/tables`);
    expect([answer.status, answer.body['code']]).toEqual([503, 'SLUICE_RUN_NO_WORKER']);
    expect(answer.body['detail']).toContain('resource group branch-7');
    expect(answer.body['hint']).toContain('SLUICE_GROUP=branch-7');
  });

  it('refuses a cursor of another list and a parameter that the reader does not have', async () => {
    const id = await add('mistaken', 'sqlite', { path: join(served.home, 'catalogue.db') });
    const page = await served.call('GET', `/data-sources/${id}/tables?cursor=abc`);
    expect([page.status, page.body['place']]).toEqual([400, 'cursor']);
    const described = await served.call('POST', `/data-sources/${id}:describe`, {
      body: { parameters: { tabel: 'orders' } },
    });
    expect([described.status, described.body['code']]).toEqual([400, 'SLUICE_CFG_INVALID']);
  });
});
