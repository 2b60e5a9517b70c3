import type { Reader } from '@sluice/connector-sdk';
import { MAX_RECORD_BYTES, type Position, type ReadPlan } from '@sluice/model';
import { has, testMariadb } from '@sluice/testkit';
import { decodeRows } from '@sluice/wire';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDatabase, readSplit, type TestDatabase } from './copy.fixture.ts';
import { connector } from './index.ts';

const ROWS = 25_000;

/** Tables with every sort of key: columns, key, and what fills them for each n of 1..ROWS. */
const KEYED: Readonly<Record<string, { columns: string; values: string; splitKey?: string }>> = {
  'a dense integer key': { columns: 'id int primary key, v int', values: 'seq, seq' },
  'an integer key with holes and negative values': {
    columns: 'id bigint primary key, v int',
    values: 'pow(cast(seq as signed) - 12000, 3) * 1009, seq',
  },
  'a text key under a case-insensitive collation': {
    columns: 'id varchar(40) collate utf8mb4_general_ci primary key, v int',
    values: "concat(elt(1 + seq % 5, 'B', 'a', 'é', 'Z', '_\\''), seq), seq",
  },
  'a latin1 key': {
    columns: 'id varchar(40) character set latin1 primary key, v int',
    values: "concat(elt(1 + seq % 3, 'ä', 'a', 'ÿ'), seq), seq",
  },
  'a composite key': {
    columns: 'a int, b varchar(10), c date, v int, primary key (a, b, c)',
    values: "seq % 7, concat('k', seq % 100), '2020-01-01' + interval seq day, seq",
  },
  'a decimal key': {
    columns: 'id decimal(30,10) primary key, v int',
    values: '(cast(seq as signed) - 9000) / 7, seq',
  },
  'a binary key': { columns: 'id binary(16) primary key, v int', values: 'unhex(md5(seq)), seq' },
  'a UUID key': { columns: 'id uuid primary key, v int', values: 'unhex(md5(seq)), seq' },
  'a timestamp key': {
    columns: 'id datetime(6) primary key, v int',
    values: "'2020-01-01' + interval seq * 1234567 microsecond, seq",
  },
  'a float key': { columns: 'id float primary key, v int', values: 'seq / 7 - 300, seq' },
  'a key of enumeration and number': {
    columns: "e enum('z', 'm', 'a'), n int, v int, primary key (e, n)",
    values: '1 + seq % 3, seq, seq',
  },
  'only a unique, not-null index': {
    columns: 'id int not null, x int, v int, unique key (x), unique key (id)',
    values: 'seq, if(seq % 2, null, seq), seq',
  },
  'a nullable split column': {
    columns: 'id int primary key, s int, v int, key (s)',
    values: 'seq, if(seq % 10 = 0, null, seq % 50), seq',
    splitKey: 's',
  },
};

describe.skipIf(!has('mariadb'))('reader', () => {
  let db: TestDatabase;
  beforeAll(async () => {
    db = await openDatabase(await testMariadb());
    let index = 0;
    for (const { columns, values } of Object.values(KEYED)) {
      const name = `k${index++}`;
      await db.run(
        `create table ${name} (${columns}) default character set utf8mb4`,
        `insert into ${name} select ${values} from seq_1_to_${ROWS}`,
        `analyze table ${name}`,
      );
    }
  }, 60_000);
  afterAll(() => db.close());

  const open = (table: string, parameters: Record<string, unknown> = {}): Promise<Reader> =>
    connector.openReader!(db.config, { table, ...parameters });

  /** Values of the column `v` of a split, in reading order, with the position after each batch. */
  async function valuesOf(
    reader: Reader,
    plan: ReadPlan,
    split: number,
    from: Position | null = null,
    maxRecords = 1000,
  ): Promise<{ values: number[]; batches: { position: Position | null; read: number }[] }> {
    const values: number[] = [];
    const batches: { position: Position | null; read: number }[] = [];
    const v = plan.schema.columns.findIndex((column) => column.name === 'v');
    for await (const batch of readSplit(reader, plan, split, from, { maxRecords, maxBytes: 262_144 })) {
      expect(batch.recordCount).toBeLessThanOrEqual(maxRecords);
      for (const row of decodeRows(plan.schema, batch.rows)) values.push(row[v] as number);
      batches.push({ position: batch.position, read: values.length });
    }
    return { values, batches };
  }

  const all = Array.from({ length: ROWS }, (_, index) => index + 1);

  it.each(Object.keys(KEYED))('cuts %s so that its splits have every row exactly once', async (title) => {
    const reader = await open(`k${Object.keys(KEYED).indexOf(title)}`, {
      splitKey: KEYED[title]!.splitKey,
    });
    const plan = await reader.plan({ channels: 2 });
    expect(plan.splits.length).toBeGreaterThan(2);
    const seen: number[] = [];
    for (const split of plan.splits) {
      expect(split.resumable).toBe(true);
      seen.push(...(await valuesOf(reader, plan, split.ordinal)).values);
    }
    expect(seen.toSorted((a, b) => a - b)).toEqual(all);
  });

  it.each(Object.keys(KEYED))(
    'resumes %s after any position with exactly the rest',
    async (title) => {
      const reader = await open(`k${Object.keys(KEYED).indexOf(title)}`, {
        where: 'v <= 40 or v > 24990',
        splitKey: KEYED[title]!.splitKey,
      });
      const plan = await reader.plan({ channels: 2 });
      for (const split of plan.splits) {
        const { values, batches } = await valuesOf(reader, plan, split.ordinal, null, 3);
        for (const { position, read } of batches) {
          expect(position).not.toBeNull();
          const rest = await valuesOf(reader, plan, split.ordinal, position, 100);
          expect(rest.values).toEqual(values.slice(read));
        }
      }
    },
    30_000,
  );

  it('reads a table without a key as one split that cannot resume, and says so', async () => {
    await db.run('create table keyless (v int)', 'insert into keyless select seq from seq_1_to_2500');
    const reader = await open('keyless');
    const plan = await reader.plan({ channels: 4 });
    expect(plan.splits.map((split) => split.resumable)).toEqual([false]);
    expect(plan.notes.join()).toContain('no unique');
    const { values, batches } = await valuesOf(reader, plan, 0);
    expect(values.length).toBe(2500);
    expect(batches.map((batch) => batch.position)).toEqual([null, null, null]);
  });

  it('does not take a prefix index or a nullable one for a key', async () => {
    await db.run('create table half (v int, t varchar(50) not null, unique key (t(3)), unique key (v))');
    expect((await (await open('half')).plan({ channels: 1 })).schema.key).toEqual([]);
  });

  it('reports a record beyond the limit as dirty and goes on behind it', async () => {
    await db.run(
      'create table large (v int primary key, b longblob)',
      `insert into large values (1, 'a'), (2, repeat('x', ${MAX_RECORD_BYTES + 1})), (3, 'b')`,
    );
    const reader = await open('large');
    const plan = await reader.plan({ channels: 1 });
    const batches = [];
    for await (const batch of readSplit(reader, plan, 0, null)) batches.push(batch);
    expect(batches.length).toBe(1);
    expect(batches[0]!.recordCount).toBe(2);
    expect(batches[0]!.dirty).toMatchObject([
      { index: 1, code: 'SLUICE_SRC_ROW_TOO_LARGE', record: '{"key":["2"]}' },
    ]);
    expect(batches[0]!.position).toBe('["3"]');
  });

  it('keeps batches within their bytes, one larger record alone excepted', async () => {
    await db.run(
      'create table wide (v int primary key, t mediumtext)',
      "insert into wide select seq, repeat('y', if(seq = 50, 300000, 9000)) from seq_1_to_100",
    );
    const reader = await open('wide');
    const plan = await reader.plan({ channels: 1 });
    const sizes: [number, number][] = [];
    for await (const batch of readSplit(reader, plan, 0, null))
      sizes.push([batch.recordCount, batch.rows.length]);
    expect(sizes.reduce((sum, [count]) => sum + count, 0)).toBe(100);
    for (const [count, bytes] of sizes) expect(count === 1 || bytes <= 262_144).toBe(true);
    expect(sizes.length).toBeGreaterThan(3);
  });

  it('renames, reorders and adds constants, with positions of a key that is not read', async () => {
    const reader = await open('k0');
    const columns = [
      { as: 'v', column: 'v' },
      { as: 'source', constant: "it's" },
      { as: 'n', constant: null },
      { as: 'half', constant: 0.5 },
      { as: 'yes', constant: true },
      { as: 'big', constant: 2 ** 40 },
    ];
    const plan = await reader.plan({ channels: 1, columns });
    expect(plan.schema.columns.map((column) => column.name)).toEqual(columns.map((column) => column.as));
    expect(plan.schema.key).toEqual([]);
    const options = {
      limits: { maxRecords: 2, maxBytes: 262_144 },
      signal: new AbortController().signal,
      columns,
    };
    for await (const batch of reader.read(plan.splits[0]!, '["7"]', options)) {
      expect(decodeRows(plan.schema, batch.rows)).toEqual([
        [8, "it's", null, 0.5, true, 1_099_511_627_776n],
        [9, "it's", null, 0.5, true, 1_099_511_627_776n],
      ]);
      expect(batch.position).toBe('["9"]');
      break;
    }
  });

  it('ends quietly on abort and leaves no connection behind', async () => {
    const reader = await open('k0');
    const plan = await reader.plan({ channels: 1 });
    const abort = new AbortController();
    let read = 0;
    for await (const batch of reader.read(plan.splits[0]!, null, {
      limits: { maxRecords: 10, maxBytes: 262_144 },
      signal: abort.signal,
    })) {
      read += batch.recordCount;
      abort.abort();
    }
    expect(read).toBe(10);
    await expect
      .poll(async () =>
        db.run(
          `select count(*) from information_schema.processlist where db = database() and info like 'select \`id\`%'`,
        ),
      )
      .toEqual([['0']]);
  });

  it('rests while nobody pulls, and loses nothing by it', async () => {
    const reader = await open('k2');
    const plan = await reader.plan({ channels: 1 });
    let rows = 0;
    for await (const batch of readSplit(reader, plan, 0, null, { maxRecords: 500, maxBytes: 262_144 })) {
      await new Promise((resolve) => setTimeout(resolve, 2));
      rows += batch.recordCount;
    }
    expect(rows).toBe(ROWS);
  });

  it.each(['v > 1; drop table k0', 'v > 1 -- x', 'v /* x */ > 1', 'v > 1 # x', 'v > 1)', "v = 'a", '', '  '])(
    'refuses the filter %j or takes none',
    async (where) => {
      const opened = open('k0', { where });
      if (where === '') await expect(opened).resolves.toBeDefined();
      else await expect(opened).rejects.toMatchObject({ code: 'SLUICE_CFG_INVALID' });
    },
  );

  it('cannot change the source by its filter', async () => {
    await db.run(
      'create table touched (n int)',
      'create function touch() returns int begin insert into touched values (1); return 1; end',
    );
    const reader = await open('k0', { where: 'touch() = 1' });
    const plan = await reader.plan({ channels: 1 });
    await expect(valuesOf(reader, plan, 0)).rejects.toMatchObject({ code: 'SLUICE_SRC_QUERY' });
    expect(await db.run('select count(*) from touched')).toEqual([['0']]);
  });

  it('reads what was planned, whatever column is added meanwhile', async () => {
    await db.run('create table grows (v int primary key)', 'insert into grows values (1)');
    const reader = await open('grows');
    const plan = await reader.plan({ channels: 1 });
    await db.run("alter table grows add column w varchar(9) default 'x' first");
    expect((await valuesOf(reader, plan, 0)).values).toEqual([1]);
  });

  it('names what is missing', async () => {
    const plan = async (table: string, parameters = {}): Promise<ReadPlan> =>
      (await open(table, parameters)).plan({ channels: 1 });
    await expect(plan('nowhere')).rejects.toMatchObject({ code: 'SLUICE_SRC_TABLE' });
    await expect(plan('k0', { columns: ['id', 'nope'] })).rejects.toMatchObject({
      code: 'SLUICE_SRC_COLUMN',
    });
    await expect(plan('k0', { splitKey: 'nope' })).rejects.toMatchObject({ code: 'SLUICE_SRC_COLUMN' });
    const denied = { ...db.config, password: 'wrong' };
    await expect(
      (await connector.openReader!(denied, { table: 'k0' })).plan({ channels: 1 }),
    ).rejects.toMatchObject({ code: 'SLUICE_SRC_AUTH' });
    const closed = { ...db.config, port: 1 };
    await expect(
      (await connector.openReader!(closed, { table: 'k0' })).plan({ channels: 1 }),
    ).rejects.toMatchObject({ code: 'SLUICE_SRC_UNREACHABLE' });
  });

  it('reads tables whose names need quoting, as it lists them', async () => {
    await db.run(
      'create table `odd.``na me` (v int primary key, `sel"ect``` int)',
      'insert into `odd.``na me` values (1, 2)',
    );
    const listed = await connector.tables(db.config, { search: 'odd', limit: 10 });
    expect(listed).toMatchObject([{ name: 'odd.`na me', qualified: '`odd.``na me`', kind: 'table' }]);
    const reader = await open(listed[0]!.qualified);
    expect((await valuesOf(reader, await reader.plan({ channels: 1 }), 0)).values).toEqual([1]);
    const described = await connector.describe(db.config, { table: listed[0]!.qualified }, 'target');
    expect(described).toMatchObject({ key: ['v'], dialect: 'mysql' });
  });

  it('checks a connection in stages', async () => {
    const good = await connector.check(db.config, new AbortController().signal);
    expect(good.map((stage) => [stage.name, stage.ok])).toEqual(
      ['resolve', 'connect', 'authenticate', 'list', 'settings'].map((name) => [name, true]),
    );
    const bad = await connector.check({ ...db.config, password: 'wrong' }, new AbortController().signal);
    expect(bad.at(-1)).toMatchObject({ name: 'authenticate', ok: false, code: 'SLUICE_SRC_AUTH' });
    const plain = await connector.check({ ...db.config, ssl: 'verify-full' }, new AbortController().signal);
    expect(plain.at(-1)).toMatchObject({ name: 'authenticate', ok: false, code: 'SLUICE_CFG_INVALID' });
  });
});
