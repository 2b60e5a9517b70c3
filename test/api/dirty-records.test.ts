import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { connectorForUrl } from '@sluice/connectors';
import { has, testMariadb, testPostgres } from '@sluice/testkit';
import { createConnection } from 'mysql2/promise';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Served } from './served.ts';

/** Rows of the source: every 10th note is no number, every 15th is the unlucky 13. */
const ROWS = 300;
const WORDS = 30;
const UNLUCKY = 10;

let served: Served;
beforeAll(async () => {
  served = await Served.start();
  const database = new DatabaseSync(join(served.home, 'shop.db'));
  database.exec(`create table orders (id integer primary key, note text);
    with recursive n(i) as (select 1 union all select i + 1 from n where i < ${ROWS})
    insert into orders select i, case when i % 10 = 0 then '=word ' || i when i % 15 = 5 then '13' else '' || i * 100 end from n`);
  database.close();
  await served.call('POST', '/data-sources', {
    body: { name: 'shop', connector: 'sqlite', config: { path: join(served.home, 'shop.db') } },
  });
});
afterAll(() => served.stop());

interface Target {
  readonly name: string;
  /** Refuses the number 13 in column `n` of `orders`. */
  refuse(): Promise<void>;
  repair(): Promise<void>;
  /** `id n` by id. */
  rows(): Promise<string[]>;
}

const TABLE = 'create table orders (id bigint not null primary key, n bigint)';

async function postgres(): Promise<Target> {
  const url = await testPostgres();
  const client = new Client({ connectionString: url });
  await client.connect();
  await client.query(TABLE);
  await served.call('POST', '/data-sources', {
    body: { name: 'to-postgres', ...connectorForUrl(url), table: undefined },
  });
  return {
    name: 'to-postgres',
    refuse: async () => void (await client.query('alter table orders add constraint lucky check (n <> 13)')),
    repair: async () => void (await client.query('alter table orders drop constraint lucky')),
    rows: async () =>
      (await client.query(`select id || ' ' || n as row from orders order by id`)).rows.map(({ row }) =>
        String(row),
      ),
  };
}

async function mariadb(): Promise<Target> {
  const url = await testMariadb();
  const connection = await createConnection(url);
  await connection.query(TABLE);
  await served.call('POST', '/data-sources', {
    body: { name: 'to-mariadb', ...connectorForUrl(url), table: undefined },
  });
  return {
    name: 'to-mariadb',
    refuse: async () =>
      void (await connection.query('alter table orders add constraint lucky check (n <> 13)')),
    repair: async () => void (await connection.query('alter table orders drop constraint lucky')),
    rows: async () => {
      const [rows] = await connection.query(`select concat(id, ' ', n) as r from orders order by id`);
      return (rows as { r: string }[]).map(({ r }) => r);
    },
  };
}

async function sqlite(): Promise<Target> {
  const path = join(served.home, 'target.db');
  const run = (statement: string): unknown[] => {
    const database = new DatabaseSync(path);
    try {
      return database.prepare(statement).all();
    } finally {
      database.close();
    }
  };
  run(TABLE);
  await served.call('POST', '/data-sources', {
    body: { name: 'to-sqlite', connector: 'sqlite', config: { path } },
  });
  return {
    name: 'to-sqlite',
    refuse: async () =>
      void run(
        `create trigger lucky before insert on orders when new.n = 13 begin select raise(abort, '13 is unlucky'); end`,
      ),
    repair: async () => void run('drop trigger lucky'),
    rows: async () =>
      (run(`select id || ' ' || n as r from orders order by id`) as { r: string }[]).map(({ r }) => r),
  };
}

type Line = Readonly<Record<'read' | 'written' | 'filtered' | 'recovered' | 'dirty', number>> & {
  readonly nextCursor?: string;
};

const counted = ({ read, written, filtered, recovered, dirty }: Line): number[] => [
  read,
  written,
  filtered,
  recovered,
  dirty,
];

for (const [kind, open] of Object.entries({ postgres, mariadb, sqlite }))
  describe.skipIf(kind !== 'sqlite' && !has(kind as 'postgres'))(`dirty records of ${kind}`, () => {
    let target: Target;
    let task: string;
    let run: string;
    const document = (n: object): object => ({
      mode: 'full',
      reader: { dataSource: 'shop', parameters: { table: 'orders' } },
      writer: { dataSource: target.name, parameters: { table: 'orders' } },
      mapping: [
        { from: 'id', to: 'id' },
        { to: 'n', ...n },
      ],
      mapStage: true,
      write: { mode: 'insert' },
      control: { dirtyLimit: -1, batchRecords: 50 },
    });
    const get = async (path: string): Promise<readonly Record<string, unknown>[]> =>
      (await served.call('GET', `/runs/${run}/dirty-records${path}`)).body.items;
    const replay = async (body: object = {}): Promise<Line> => {
      const answer = await served.call('POST', `/runs/${run}/dirty-records:replay`, { body });
      expect([answer.status, answer.body['detail']]).toEqual([200, undefined]);
      return answer.body as unknown as Line;
    };
    const ledger = async (): Promise<Record<string, unknown>> =>
      (await served.call('GET', `/runs/${run}/ledger`)).body;
    beforeAll(async () => {
      target = await open();
      await target.refuse();
      const body = { name: `dirty of ${kind}`, document: document({ from: 'note', cast: 'long' }) };
      task = String((await served.call('POST', '/tasks', { body })).body['id']);
      run = String((await served.call('POST', `/tasks/${task}:run`)).body['id']);
      expect(await served.rested(run)).toMatchObject({
        state: 'succeeded',
        counts: { read: ROWS, written: ROWS - WORDS - UNLUCKY, dirty: WORDS + UNLUCKY },
      });
    });

    it('are counted by code and column', async () => {
      const counts = await get('/counts');
      expect(counts[0]).toEqual({ code: 'SLUICE_MAP_CAST', column: 'n', state: 'dirty', count: WORDS });
      expect(counts.slice(1)).toMatchObject([
        { code: 'SLUICE_TGT_CONSTRAINT', state: 'dirty', count: UNLUCKY },
      ]);
    });

    it('are found by code and by column, page by page, each once', async () => {
      const ids: string[] = [];
      for (let cursor = ''; ;) {
        const { body } = await served.call(
          'GET',
          `/runs/${run}/dirty-records?code=SLUICE_TGT_CONSTRAINT&limit=4${cursor}`,
        );
        ids.push(...body.items.map(({ id }) => String(id)));
        if (body['nextCursor'] === undefined) break;
        cursor = `&cursor=${encodeURIComponent(body['nextCursor'])}`;
      }
      expect([ids.length, new Set(ids).size]).toEqual([UNLUCKY, UNLUCKY]);
      expect(await get('?column=n&code=SLUICE_MAP_CAST')).toHaveLength(WORDS);
      expect(await get('?column=no_such')).toEqual([]);
    });

    it('are downloaded as JSON lines and as CSV, as a file that no browser shows and no spreadsheet runs', async () => {
      const download = `${served.openUrl}/api/v1/workspaces/default/runs/${run}/dirty-records/download`;
      const jsonl = await fetch(`${download}?code=SLUICE_MAP_CAST`);
      const records = (await jsonl.text()).trimEnd().split('\n');
      expect(records.map((line) => (JSON.parse(line) as { code: string }).code)).toEqual(
        Array.from({ length: WORDS }, () => 'SLUICE_MAP_CAST'),
      );
      expect(jsonl.headers.get('content-type')).toBe('application/x-ndjson');
      expect(jsonl.headers.get('content-disposition')).toBe(`attachment; filename="dirty-${run}.jsonl"`);
      expect(jsonl.headers.get('x-content-type-options')).toBe('nosniff');
      const csv = await fetch(`${download}?format=csv`);
      const lines = (await csv.text()).trimEnd().split('\r\n');
      expect([csv.headers.get('content-type'), lines.length]).toEqual([
        'text/csv; charset=utf-8',
        1 + WORDS + UNLUCKY,
      ]);
      expect(lines[0]).toBe('id,split,index,state,code,column,reason,record');
      expect(lines.filter((line) => /,"[=+@-]/.test(line))).toEqual([]);
    });

    it('stay dirty in a replay before anything is repaired, and the target is as it was', async () => {
      const before = await target.rows();
      expect(counted(await replay())).toEqual([WORDS + UNLUCKY, 0, 0, 0, WORDS + UNLUCKY]);
      expect(await target.rows()).toEqual(before);
      expect(await get('')).toHaveLength(WORDS + UNLUCKY);
    });

    it('are written by a replay once the mapping is repaired: only those that were chosen, and with the new reason where they still do not fit', async () => {
      const { version: _, ...found } = (await served.call('GET', `/tasks/${task}`)).body as Record<
        string,
        unknown
      >;
      // Words become their negative id, but for the one of 100, which becomes a number that the target refuses.
      const repaired = document({ expression: `id == 100 ? 13 : (note.startsWith('=') ? -id : int(note))` });
      const put = await served.call('PUT', `/tasks/${task}`, {
        body: { name: found['name'], document: repaired },
      });
      expect([put.status, put.body['detail']]).toEqual([200, undefined]);
      expect(counted(await replay({ code: 'SLUICE_MAP_CAST' }))).toEqual([WORDS, WORDS - 1, 0, 0, 1]);
      const rows = await target.rows();
      expect(rows).toContain('10 -10');
      expect(rows).toHaveLength(ROWS - UNLUCKY - 1);
      const [hundred] = (await get('?code=SLUICE_TGT_CONSTRAINT')).filter(({ record }) =>
        String(record).includes('100'),
      );
      expect(hundred).toMatchObject({ state: 'dirty', code: 'SLUICE_TGT_CONSTRAINT' });
      expect(await get('?state=replayed')).toHaveLength(WORDS - 1);
    });

    it('are written by a replay once the target is repaired, page by page, and a second replay writes none twice', async () => {
      await target.repair();
      let line = await replay({ limit: 25 });
      let written = line.written;
      while (line.nextCursor !== undefined) {
        line = await replay({ limit: 25, cursor: line.nextCursor });
        written += line.written;
      }
      expect(written).toBe(UNLUCKY + 1);
      const rows = await target.rows();
      expect([rows.length, new Set(rows).size]).toEqual([ROWS, ROWS]);
      expect(rows).toContain('100 13');
      expect(counted(await replay())).toEqual([0, 0, 0, 0, 0]);
      expect(await target.rows()).toEqual(rows);
      expect(await get('')).toEqual([]);
    });

    it('leave the ledger of the run as it was and give it a line for each replay', async () => {
      const { read, written, dirty, balanced, stillDirty, replays } = await ledger();
      expect({ read, written, dirty, balanced, stillDirty }).toEqual({
        read: ROWS,
        written: ROWS - WORDS - UNLUCKY,
        dirty: WORDS + UNLUCKY,
        balanced: true,
        stillDirty: 0,
      });
      const lines = replays as Line[];
      for (const line of lines)
        expect(line.read).toBe(line.written + line.filtered + line.recovered + line.dirty);
      expect(lines.reduce((sum, line) => sum + line.written, 0)).toBe(WORDS + UNLUCKY);
    });
  });

describe('a replay', () => {
  it('is refused to a role without the right, and for a run that has not succeeded', async () => {
    const task = await served.task(20_000, { rowsPerSecond: 200 });
    const run = String((await served.call('POST', `/tasks/${task}:run`)).body['id']);
    const visitor = await served.key('visitor');
    const path = `/runs/${run}/dirty-records:replay`;
    expect((await served.call('POST', path, { key: visitor, body: {} })).status).toBe(403);
    const early = await served.call('POST', path, { body: {} });
    expect([early.status, early.body['code']]).toEqual([409, 'SLUICE_RUN_STATE']);
    await served.call('POST', `/runs/${run}:cancel`, { headers: { prefer: 'wait=30' } });
  });

  it('is refused once a newer run of the task has begun in the target', async () => {
    const paths = ['from', 'to'].map((name) => join(served.home, `newer-${name}.db`));
    const database = new DatabaseSync(paths[0]!);
    database.exec(
      `create table t (id integer primary key, note text); insert into t values (1, '1'), (2, 'two')`,
    );
    database.close();
    for (const [at, name] of ['newer-from', 'newer-to'].entries())
      await served.call('POST', '/data-sources', {
        body: { name, connector: 'sqlite', config: { path: paths[at] } },
      });
    const document = {
      mode: 'full',
      reader: { dataSource: 'newer-from', parameters: { table: 't' } },
      writer: { dataSource: 'newer-to', parameters: { table: 't' } },
      mapping: [
        { from: 'id', to: 'id' },
        { from: 'note', to: 'note', cast: 'long' },
      ],
      control: { dirtyLimit: -1 },
    };
    const made = await served.call('POST', '/tasks', { body: { name: 'newer', document } });
    const started = async (): Promise<string> => {
      const { body } = await served.call('POST', `/tasks/${String(made.body['id'])}:run`);
      expect((await served.rested(String(body['id'])))['state']).toBe('succeeded');
      return String(body['id']);
    };
    const older = await started();
    await started();
    const answer = await served.call('POST', `/runs/${older}/dirty-records:replay`, { body: {} });
    expect([answer.status, answer.body['code']]).toEqual([409, 'SLUICE_TGT_REPLACED']);
  });
});
