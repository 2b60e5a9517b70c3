import { type ReadBatch, RowBatchBuilder, type Writer } from '@sluice/connector-sdk';
import type { Column, RowSchema, WritePlan } from '@sluice/model';
import { has, testMariadb } from '@sluice/testkit';
import { createConnection } from 'mysql2';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Link, readSettings } from './connection.ts';
import { type CopyResult, openDatabase, type TestDatabase, writeBatches, writePlan } from './copy.fixture.ts';
import { connector } from './index.ts';
import { MysqlConnections } from './target-connections.ts';
import { MysqlSession } from './target-session.ts';

type Cell = string | number | null;

/** Kinds by shorthand: `id:int`. */
function schemaOf(...columns: readonly string[]): RowSchema {
  return {
    name: 't',
    key: [],
    columns: columns.map((text) => {
      const [name, kind] = text.split(':');
      return { name: name!, kind: kind as Column['kind'], nullable: true };
    }),
  };
}

function batchOf(schema: RowSchema, rows: readonly (readonly Cell[])[]): ReadBatch {
  const builder = new RowBatchBuilder();
  for (const row of rows) {
    row.forEach((cell, index) => {
      const { kind } = schema.columns[index]!;
      if (cell === null) builder.nul();
      else if (kind === 'string') builder.string(String(cell));
      else if (kind === 'int') builder.int(Number(cell));
      else if (kind === 'double') builder.double(Number(cell));
      else if (typeof cell === 'string') builder.text(cell);
      else builder.longNumber(cell);
    });
    builder.endRow();
  }
  return { ...builder.take(), dirty: [], position: null };
}

describe.skipIf(!has('mariadb'))('writer', () => {
  let db: TestDatabase;
  let url: string;
  beforeAll(async () => {
    url = await testMariadb();
    db = await openDatabase(url);
  });
  beforeEach(() => db.run('drop table if exists t'));
  afterAll(() => db.close());

  const open = (): Promise<Writer> => connector.openWriter!(db.config, { table: 't' });
  const planOf = (schema: RowSchema, given: Partial<WritePlan> = {}): WritePlan =>
    writePlan({ splits: [{ ordinal: 0, range: null, label: '', resumable: false }], schema }, given);

  async function write(
    schema: RowSchema,
    rows: readonly (readonly Cell[])[],
    given: Partial<WritePlan> = {},
  ): Promise<Omit<CopyResult, 'readPlan'>> {
    const writer = await open();
    const plan = planOf(schema, given);
    await writer.prepare(plan);
    return writeBatches(writer, plan, async function* () {
      yield batchOf(schema, rows);
    });
  }

  /** Rows of which only the first and the last are good, and the code that each must be reported with. */
  const DAMAGE = [
    ['1', 'ok', '1', '2024-01-01', null],
    ['2', 'not a number', 'x', '2024-01-01', 'SLUICE_TGT_VALUE'],
    ['3', 'too long', '1', '2024-02-30', 'SLUICE_TGT_VALUE'],
    ['4', 'much too long', '1', '2024-01-01', 'SLUICE_TGT_VALUE'],
    ['5', 'null', null, '2024-01-01', 'SLUICE_TGT_CONSTRAINT'],
    ['1', 'twice', '1', '2024-01-01', 'SLUICE_TGT_CONSTRAINT'],
    ['6', 'half', '1.5', '2024-01-01', 'SLUICE_TGT_VALUE'],
    ['7', 'fine', '99999999999', '2024-01-01', 'SLUICE_TGT_VALUE'],
    ['8', 'fine', '8', '2024-01-01', null],
  ] as const;
  const TARGET =
    'create table t (id int primary key, name varchar(12), n int not null, d date) engine = InnoDB';

  it('reports every record that a plain LOAD DATA would damage without a word', async () => {
    await db.run(TARGET);
    // The control: what the server makes of these rows when nobody looks at its warnings, in strict mode.
    const lines = DAMAGE.map((row) =>
      row
        .slice(0, 4)
        .map((cell) => cell ?? '\\N')
        .join('\t'),
    );
    const plain = createConnection({ ...(db.config as object), multipleStatements: false });
    await plain.promise().query("set session sql_mode = 'STRICT_ALL_TABLES'");
    await new Promise<void>((resolve, reject) =>
      plain.query(
        {
          sql: "load data local infile 'x' into table t",
          infileStreamFactory: () => Readable.from([Buffer.from(`${lines.join('\n')}\n`)]),
        },
        (error) => (error ? reject(error) : resolve()),
      ),
    );
    plain.destroy();
    expect(await db.run('select id, name, n, cast(d as char) from t where id in (2, 3, 4, 5, 7)')).toEqual([
      ['2', 'not a number', '0', '2024-01-01'],
      ['3', 'too long', '1', '0000-00-00'],
      ['4', 'much too lon', '1', '2024-01-01'],
      ['5', 'null', '0', '2024-01-01'],
      ['7', 'fine', '2147483647', '2024-01-01'],
    ]);
    await db.run('delete from t');

    const { rows, dirty } = await write(
      schemaOf('id:string', 'name:string', 'n:string', 'd:string'),
      DAMAGE.map((row) => row.slice(0, 4)),
    );
    expect(await db.run('select id from t')).toEqual([['1'], ['8']]);
    expect(rows[0]!.counts).toMatchObject({ read: 9, written: 2, dirty: 7 });
    expect(dirty.map((record) => record.code)).toEqual(
      DAMAGE.map((row) => row[4]).filter((code) => code !== null),
    );
    expect(dirty.find((record) => record.reason.includes('too long'))).toMatchObject({ column: 'name' });
    expect(await db.run('select count(*) from _sluice_dirty')).toEqual([['7']]);
  });

  it.each([
    ['a cut fraction of a second', 'datetime(0)', 'timestamp', 1_500_000, 2_000_000],
    ['a rounded decimal', 'decimal(5,1)', 'double', 1.25, 1.5],
    ['a rounded integer', 'int', 'double', 1.5, 2],
    ['not a number', 'double', 'double', Number.NaN, 1],
    ['an infinity', 'double', 'double', Number.NEGATIVE_INFINITY, 1],
    ['an infinite date', 'date', 'date', 'infinity', '2024-01-01'],
    ['a zero date that is not of MySQL', 'date', 'date', '0000-00-00', '2024-01-01'],
    ['a year of two digits', 'year', 'int', 70, 1970],
    ['the year zero as text', 'year', 'string', '0', '1999'],
    ['a timestamp beyond the year 9999', 'datetime(6)', 'timestamp', 1e15 * 300, 1e15],
    ['a day beyond TIMESTAMP', 'timestamp', 'timestamptz', 4e15, 1e15],
    ['no bits', 'bit(4)', 'string', '0102', '0101'],
    ['too many bits', 'bit(4)', 'string', '10000', '00001111'],
    ['an unknown member', "enum('a','b')", 'string', 'c', 'b'],
    ['broken JSON', 'json', 'string', '{', '{}'],
    ['a null that would count up', 'int not null unique auto_increment', 'int', null, 5],
    ['trailing spaces that do not fit', 'varchar(3)', 'string', 'abc  ', 'ab '],
    ['a character that is not in latin1', 'varchar(9) character set latin1', 'string', '😀', '€'],
  ] as const)('reports %s and writes the record beside it', async (_, type, kind, bad, good) => {
    await db.run(`create table t (id int primary key, v ${type}) engine = InnoDB`);
    const schema = schemaOf('id:int', `v:${kind}`);
    const { rows, dirty } = await write(schema, [
      [1, good],
      [2, bad],
    ]);
    expect(dirty).toMatchObject([{ column: 'v' }]);
    expect(rows[0]!.counts).toMatchObject({ written: 1, dirty: 1 });
    expect(await db.run('select id from t')).toEqual([['1']]);
  });

  it('refuses targets that cannot keep the promise', async () => {
    await db.run('create table t (id int) engine = MyISAM');
    await expect(write(schemaOf('id:int'), [])).rejects.toMatchObject({ code: 'SLUICE_TGT_ENGINE' });
    await db.run('drop table t', 'create table t (id int, g int as (id + 1) stored) engine = InnoDB');
    await expect(write(schemaOf('id:int', 'g:int'), [])).rejects.toMatchObject({ code: 'SLUICE_TGT_COLUMN' });
  });

  it('creates a table for rows of another dialect, its text key told apart to the letter', async () => {
    const schema: RowSchema = {
      ...schemaOf('k:string', 'b:boolean', 'l:long', 'x:double', 'ts:timestamp', 'note:string'),
      key: ['k'],
      dialect: 'postgres',
    };
    const { rows } = await write(
      schema,
      [
        ['a', null, 1, 1.5, 1_000_001, 'x'],
        ['A', null, 2, -0, -1, null],
        ['a ', null, 3, 5e-324, 0, 'é'],
      ].slice(0, 2),
      { createTable: true, truncateFirst: true },
    );
    expect(rows[0]!.counts.written).toBe(2);
    expect(await db.run('select k, l, x, ts from t order by l')).toEqual([
      ['a', '1', '1.5', '1970-01-01 00:00:01.000001'],
      // MariaDB knows no negative zero.
      ['A', '2', '0', '1969-12-31 23:59:59.999999'],
    ]);
  });

  it('writes the same by strict inserts where LOAD DATA is not allowed', async () => {
    await db.run(TARGET);
    const settings = readSettings(db.config);
    const link = await Link.open(settings, 'target', true);
    await link.query('set names utf8mb4');
    const session = new MysqlSession(link, {
      database: settings.database,
      user: settings.user,
      table: { name: 't' },
      infile: false,
      maxPacket: 1_000_000,
    });
    const schema = schemaOf('id:int', 'name:string', 'n:int');
    const rows = Array.from({ length: 3000 }, (_, n): Cell[] => [n, `'${n}\\\n`, n]);
    await session.begin();
    await session.savepoint();
    const bulk = session.bulk(planOf(schema), false);
    const batch = batchOf(schema, rows);
    await bulk.write(batch.rows, batch.recordCount);
    expect(await bulk.end()).toBe(3000);
    await session.commit();
    expect(
      await db.run("select count(*) from t where name = concat('\\'', id, '\\\\\\n') and n = id"),
    ).toEqual([['3000']]);
    await session.close();
  });

  it('goes on after a bulk statement that was given up in the middle', async () => {
    await db.run(TARGET);
    const session = await new MysqlConnections(readSettings(db.config), { table: 't' }).open('test');
    const schema = schemaOf('id:int', 'n:int');
    const plan = planOf(schema);
    await session.begin();
    await session.savepoint();
    const given = session.bulk(plan, false);
    const batch = batchOf(
      schema,
      Array.from({ length: 1000 }, (_, n): Cell[] => [n, n]),
    );
    await given.write(batch.rows, batch.recordCount);
    await given.abort();
    await session.rollbackToSavepoint();
    const again = session.bulk(plan, false);
    await again.write(batch.rows, batch.recordCount);
    expect(await again.end()).toBe(1000);
    await session.commit();
    await session.close();
    expect(await db.run('select count(*), sum(n) from t')).toEqual([['1000', '499500']]);
  });

  it('lets one session at a time in', async () => {
    const connections = new MysqlConnections(readSettings(db.config), { table: 't' });
    const [a, b] = await Promise.all([connections.open('x'), connections.open('x')]);
    const order: string[] = [];
    const body = (name: string) => async (): Promise<void> => {
      order.push(`${name} in`);
      await new Promise((resolve) => setTimeout(resolve, 50));
      order.push(`${name} out`);
    };
    await Promise.all([a.exclusively('task', body('a')), b.exclusively('task', body('b'))]);
    expect(order[0]!.slice(0, 1)).toBe(order[1]!.slice(0, 1));
    expect(order.length).toBe(4);
    await Promise.all([a.close(), b.close()]);
  });
});
