import { has, testMariadb } from '@sluice/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { copyTable, openDatabase, type TestDatabase } from './copy.fixture.ts';

/** Every column type with its edge values; one table a type so that a failure names it. */
const TYPES: Readonly<Record<string, readonly string[]>> = {
  'tinyint(1)': ['2', '-1', '0', '127', '-128'],
  'tinyint unsigned': ['255', '0'],
  smallint: ['-32768', '32767'],
  mediumint: ['-8388608', '8388607'],
  int: ['-2147483648', '2147483647', '0', '-1'],
  'int unsigned': ['4294967295', '0'],
  'int(8) zerofill': ['42'],
  bigint: [
    '-9223372036854775808',
    '9223372036854775807',
    '9007199254740993',
    '-9007199254740993',
    '4294967296',
    '-4294967296',
    '1000000000000000',
    '0',
  ],
  'bigint unsigned': ['18446744073709551615', '9223372036854775808', '0'],
  'decimal(65,0)': ['9'.repeat(65), `-${'9'.repeat(65)}`],
  'decimal(38,10)': ['0.0000000001', '-9999999999999999999999999999.9999999999', '0'],
  'decimal(12,2)': ['-0.01', '0.00', '1234567890.12', '-0.5'],
  'decimal(30,30)': ['0.000000000000000000000000000001'],
  float: ['0.1', '16777216', '3.4028234663852886e38', '1e-45', '-1.5', '0'],
  double: [
    "'-0'",
    '5e-324',
    '1.7976931348623157e308',
    '-2.2250738585072014e-308',
    '0.1',
    '123456789012345680000',
  ],
  date: [
    "'0000-00-00'",
    "'2024-00-00'",
    "'0000-01-01'",
    "'1582-10-10'",
    "'9999-12-31'",
    "'2024-02-29'",
    "'2024-02-31'",
  ],
  'datetime(6)': [
    "'0000-00-00 00:00:00'",
    "'1000-01-01 00:00:00.000001'",
    "'9999-12-31 23:59:59.999999'",
    "'1969-12-31 23:59:59.999999'",
    "'2024-03-31 02:30:00.5'",
    "'2024-02-31 10:00:00.25'",
  ],
  datetime: ["'2024-01-02 03:04:05'"],
  'timestamp(6)': ["'1970-01-01 00:00:01'", "'2038-01-19 03:14:07.999999'", "'2024-06-01 12:00:00.000001'"],
  'time(6)': [
    "'-838:59:59'",
    "'838:59:59'",
    "'24:00:00'",
    "'00:00:00.000001'",
    "'-00:00:01.5'",
    "'23:59:59.999999'",
  ],
  time: ["'100:00:00'", "'12:34:56'"],
  year: ['1901', '2155', "'0000'", '70'],
  'char(8)': ["'a  '", "''", "'é😀'"],
  'varchar(200)': [
    "''",
    "'a  '",
    "'tab\\tnl\\nback\\\\slash'",
    "'\\\\N'",
    "x'00'",
    "'😀e\\u0301'",
    "'\\r\\n\\'\"`'",
    "'\\Z'",
  ],
  'varchar(50) character set latin1': ["'äöü€'", "x'80'", "x'ff'"],
  'varchar(50) character set gbk': ["'中文\\\\'"],
  'varchar(50) character set ucs2': ["'ab€'"],
  mediumtext: ["repeat('x\\n',70000)", "repeat('é',40000)"],
  'binary(4)': ["x'00000000'", "x'5c270000'", "x'0102'"],
  'varbinary(300)': ["x''", "x'00'", "x'5c27090a0d1a'", "unhex(concat(repeat('ff',128),repeat('c3',100)))"],
  longblob: ["repeat(x'00ff5c',50000)", "x'e28009'"],
  'bit(1)': ["b'1'", "b'0'"],
  'bit(5)': ["b'00101'"],
  'bit(64)': ['18446744073709551615', "b'1'"],
  json: ['\'{"a": 9007199254740993, "a": 1.0, "b": 1e400}\'', "'null'", '\'"\\\\u0000"\'', "' [1,2 , 3]'"],
  uuid: ["'00000000-0000-0000-0000-000000000000'", "'F81D4FAE-7DEC-11D0-A765-00A0C91E6BF6'"],
  inet6: ["'::ffff:1.2.3.4'", "'2001:db8::1'"],
  inet4: ["'255.0.0.1'"],
  "enum('a','','c,\\'dé中')": ["'a'", "'c,\\'dé中'", '2'],
  "set('a','b','c')": ["'a,c'", "''", "'a,b,c'"],
  geometry: ["ST_GeomFromText('POINT(1 2)', 4326)", "ST_GeomFromText('GEOMETRYCOLLECTION EMPTY')"],
};

describe.skipIf(!has('mariadb'))('MariaDB to MariaDB', () => {
  let source: TestDatabase;
  let target: TestDatabase;
  let from: string;
  let to: string;
  beforeAll(async () => {
    [from, to] = await Promise.all([testMariadb(), testMariadb()]);
    [source, target] = await Promise.all([openDatabase(from), openDatabase(to)]);
  });
  afterAll(() => Promise.all([source.close(), target.close()]));

  const databaseOf = (url: string): string => new URL(url).pathname.slice(1);

  it.each(Object.keys(TYPES))(
    'keeps every edge value of %s, by LOAD DATA into a table it created',
    async (type) => {
      const name = `t${Object.keys(TYPES).indexOf(type)}`;
      const values = [...TYPES[type]!, 'null'];
      await source.run(
        `create table ${name} (id int primary key, v ${type} null) default character set utf8mb4`,
        `insert into ${name} values ${values.map((value, index) => `(${index}, ${value})`).join(', ')}`,
      );
      const copied = await copyTable(source.config, name, target.config, name, {
        write: { createTable: true },
      });
      expect(copied.dirty).toEqual([]);
      expect(copied.rows[0]!.counts.written).toBe(values.length);
      const image = (side: string): string =>
        /char|text|enum|set|json/.test(type) ? `hex(convert(${side}.v using utf8mb4))` : `hex(${side}.v)`;
      const differing = await source.run(
        `select s.id, left(s.v, 99), left(t.v, 99) from ${name} s left join ${databaseOf(to)}.${name} t on t.id = s.id
       where t.id is null or not (${image('s')} <=> ${image('t')}) ${/char|text|enum|set|json/.test(type) ? '' : 'or not (s.v <=> t.v)'}`,
      );
      expect(differing).toEqual([]);
    },
  );

  it('keeps them by strict inserts too', async () => {
    for (const type of Object.keys(TYPES)) {
      const name = `t${Object.keys(TYPES).indexOf(type)}`;
      const rows = await source.run(`select count(*) from ${name}`);
      await target.run(`truncate table ${name}`);
      const one = await copyTable(source.config, name, target.config, name, {
        limits: { maxRecords: 1, maxBytes: 262_144 },
        write: { mode: 'upsert' },
      });
      expect([type, one.dirty]).toEqual([type, []]);
      expect(await target.run(`select count(*) from ${name}`)).toEqual(rows);
    }
  });
});
