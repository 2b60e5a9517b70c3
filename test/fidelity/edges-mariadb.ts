import { type EdgeType, edgeType } from './edges.ts';

/** Zero and partial dates are stored by servers that are not strict: so is the source of these tests. */
export const MARIADB_SETUP = `set sql_mode = 'ALLOW_INVALID_DATES'`;

const nines = (n: number): string => '9'.repeat(n);

export const MARIADB_EDGES: readonly EdgeType[] = [
  edgeType('T-1', 'tinyint(1)', 'integer', ['0', '1', '2', '-1'], {
    postgres: ['boolean', 'smallint'],
    mysql: ['bit(1)'],
    sqlite: ['boolean'],
  }),
  edgeType('T-1', 'bit(1)', 'boolean', [`b'0'`, `b'1'`], {
    postgres: ['boolean', 'bit(1)'],
    mysql: ['bit(1)'],
    sqlite: ['boolean'],
  }),
  edgeType('T-2', 'tinyint', 'integer', ['-128', '127'], { postgres: ['smallint'] }),
  edgeType('T-2', 'tinyint unsigned', 'integer', ['255'], { postgres: ['smallint'], mysql: ['tinyint'] }),
  edgeType('T-2', 'smallint unsigned', 'integer', ['65535'], { postgres: ['smallint', 'integer'] }),
  edgeType('T-2', 'mediumint unsigned', 'integer', ['16777215'], { mysql: ['mediumint'] }),
  edgeType('T-2', 'int', 'integer', ['-2147483648', '2147483647']),
  edgeType('T-2', 'int unsigned', 'integer', ['4294967295', '0'], {
    postgres: ['integer', 'bigint'],
    mysql: ['int'],
  }),
  edgeType('T-2', 'int(6) zerofill', 'integer', ['42']),
  edgeType(
    'T-3',
    'bigint',
    'integer',
    [
      '-9223372036854775808',
      '9223372036854775807',
      '9007199254740991',
      '9007199254740992',
      '9007199254740993',
      '-9007199254740993',
      '1000000000000000',
      '-1000000000000000',
    ],
    { postgres: ['integer'], mysql: ['int'] },
  ),
  edgeType('T-4', 'bigint unsigned', 'integer', ['9223372036854775808', '18446744073709551615', '0'], {
    postgres: ['bigint', 'numeric'],
    mysql: ['bigint'],
    sqlite: ['integer'],
  }),
  edgeType('T-5', 'float', 'float', ['16777216', '0.1', '-0e0', '3.4028234e38', '1.17549435e-38'], {
    postgres: ['double precision'],
    mysql: ['double'],
  }),
  edgeType(
    'T-5',
    'double',
    'double',
    [
      '-0e0',
      '5e-324',
      '1.7976931348623157e308',
      '0.1',
      '0.30000000000000004',
      '9007199254740993e0',
      '1e15',
      '1e-7',
    ],
    { postgres: ['real', 'numeric'], mysql: ['float', 'decimal(65,30)'] },
  ),
  edgeType('T-6', 'decimal(12,2)', 'decimal', ['0.00', '-0.01', '9999999999.99', '-9999999999.99', '0.10'], {
    postgres: ['numeric(12,1)', 'integer'],
    mysql: ['decimal(12,1)', 'int'],
  }),
  edgeType('T-6', 'decimal(38,10)', 'decimal', ['9999999999999999999999999999.9999999999', '-0.0000000001']),
  edgeType('T-6', 'decimal(65,0)', 'decimal', [
    [nines(65), '65 nines'],
    [`-${nines(65)}`, '-65 nines'],
  ]),
  edgeType('T-6', 'decimal(65,30)', 'decimal', [[`-${nines(35)}.${nines(30)}`, '-65 nines'], '1e-30']),
  edgeType('T-6', 'decimal(38,38)', 'decimal', [[`0.${nines(38)}`, '38 nines']]),
  edgeType('T-8', 'date', 'date', [`'0001-01-01'`, `'1582-10-10'`, `'9999-12-31'`, `'2000-02-29'`], {
    postgres: ['timestamp', 'timestamptz'],
    mysql: ['datetime(6)'],
  }),
  edgeType(
    'T-9',
    'date null',
    'date',
    [`'0000-00-00'`, `'2024-00-00'`, `'2024-02-00'`, `'2024-02-31'`, `'0000-01-01'`],
    { postgres: ['text'], mysql: ['datetime', 'varchar(20)'], sqlite: ['text'] },
  ),
  edgeType(
    'T-9',
    'datetime null',
    'timestamp',
    [`'0000-00-00 00:00:00'`, `'2024-00-00 10:00:00'`, `'0000-01-01 00:00:00'`],
    {
      postgres: ['text'],
      sqlite: ['text'],
    },
  ),
  edgeType('T-9', 'timestamp null', 'timestamptz', [`'0000-00-00 00:00:00'`], {
    postgres: ['text'],
    sqlite: ['text'],
  }),
  edgeType('T-10', 'datetime', 'timestamp', [`'9999-12-31 23:59:59'`, `'0001-01-01 00:00:00'`]),
  edgeType(
    'T-10',
    'datetime(6)',
    'timestamp',
    [
      `'1970-01-01 00:00:00.000001'`,
      `'1969-12-31 23:59:59.999999'`,
      `'9999-12-31 23:59:59.999999'`,
      `'0001-01-01 00:00:00.000001'`,
      `'2024-03-31 02:30:00'`,
    ],
    { postgres: ['timestamp(0)', 'date', 'timestamptz'], mysql: ['datetime(3)', 'date', 'timestamp(6)'] },
  ),
  edgeType(
    'T-11',
    'timestamp(6) null',
    'timestamptz',
    [`'1970-01-01 00:00:01'`, `'2038-01-19 03:14:07.999999'`, `'2024-06-01 12:00:00.5'`],
    { postgres: ['timestamp', 'timestamptz(0)'], mysql: ['datetime(6)', 'timestamp null'] },
  ),
  edgeType(
    'T-12',
    'time(6)',
    'time',
    [
      `'24:00:00'`,
      `'00:00:00.000001'`,
      `'23:59:59.999999'`,
      `'24:00:00.000001'`,
      `'-838:59:59'`,
      `'838:59:59.999999'`,
      `'-00:00:00.5'`,
    ],
    { postgres: ['interval', 'text'], mysql: ['time', 'varchar(20)'], sqlite: ['text'] },
  ),
  edgeType('T-12', 'time', 'time', [`'12:34:56'`, `'-00:00:01'`]),
  edgeType('T-14', 'year', 'integer', [`'0000'`, '1901', '2155', '70'], {
    postgres: ['smallint'],
    mysql: ['year', 'smallint', 'date'],
  }),
  edgeType(
    'T-15',
    'varchar(300) character set utf8mb4',
    'text',
    [
      [`''`, 'empty text'],
      `'NULL'`,
      [`'\\\\N'`, '\\N'],
      [`'a\\0b'`, 'NUL character'],
      [`'tab\\tline\\nback\\\\slash\\r'`, 'tab, line feed, backslash, carriage return'],
      [`'\\Z\\b'`, 'control characters'],
      `'🚚 ☕'`,
      [`'a  '`, 'a and two spaces'],
      [`repeat('🚚', 300)`, '300 emoji'],
    ],
    {
      postgres: ['varchar(2)', 'bytea', 'char(4)'],
      mysql: ['varchar(2)', 'char(4)', 'blob', 'varchar(300) character set latin1'],
      sqlite: ['blob'],
    },
  ),
  edgeType('T-15', 'varchar(20) character set latin1', 'text', [
    [`convert(0x80 using latin1)`, '0x80 (the euro sign of cp1252)'],
    [`convert(0xff using latin1)`, '0xFF'],
    [`convert(0x81 using latin1)`, '0x81 (undefined in cp1252)'],
  ]),
  edgeType('T-15', 'varchar(20) character set utf8mb3', 'text', [`'zwölf ☕'`]),
  edgeType('T-15', 'varchar(20) character set gbk', 'text', [[`convert(0xc4e3 using gbk)`, '0xC4E3']]),
  edgeType('T-15', 'varchar(20) character set sjis', 'text', [
    [`convert(0x835c using sjis)`, '0x835C (holds a backslash)'],
  ]),
  edgeType('T-15', 'varchar(20) character set ucs2', 'text', [
    [`convert(0x20ac using ucs2)`, 'U+20AC'],
    [`convert(0xd800 using ucs2)`, 'lone surrogate U+D800'],
  ]),
  edgeType('T-15', 'varchar(20) character set utf16', 'text', [
    [`convert('🚚' using utf16)`, 'surrogate pair'],
  ]),
  edgeType('T-15', 'tinytext', 'text', [[`repeat('x', 255)`, '255 characters']]),
  edgeType(
    'T-15',
    'text',
    'text',
    [
      [`repeat('x', 65535)`, '65,535 characters'],
      [`''`, 'empty text'],
    ],
    {
      postgres: ['date', 'integer'],
    },
  ),
  edgeType(
    'T-15',
    'longtext',
    'text',
    [[`repeat('🚚 ', 100000)`, '100,000 emoji'], `'1.005'`, `'2024-01-01 10:00:00+05'`],
    {
      postgres: ['numeric(12,2)', 'timestamp'],
      mysql: ['decimal(12,2)', 'datetime', 'tinytext'],
    },
  ),
  edgeType('T-16', 'char(8)', 'padded', [[`'a  '`, 'a and two spaces'], [`''`, 'empty text'], `'12345678'`], {
    postgres: ['char(8)', 'text'],
    mysql: ['varchar(8)'],
  }),
  edgeType(
    'T-17',
    'blob',
    'bytes',
    [
      [`''`, 'no bytes'],
      [`0x00`, '0x00'],
      [`0x5c27000a0d09`, '0x5C27000A0D09'],
      [`0x80ff`, '0x80FF'],
      [`0x6869`, '0x6869'],
    ],
    { postgres: ['text'], mysql: ['text', 'binary(4)', 'varbinary(2)'], sqlite: ['text'] },
  ),
  edgeType('T-17', 'varbinary(300)', 'bytes', [
    [`0x00ff00`, '0x00FF00'],
    [`''`, 'no bytes'],
  ]),
  edgeType(
    'T-18',
    'binary(4)',
    'bytes',
    [
      [`0x61000000`, '0x61000000'],
      [`0x00000000`, '0x00000000'],
    ],
    {
      mysql: ['blob', 'binary(6)'],
    },
  ),
  edgeType(
    'T-19',
    'bit(64)',
    'text',
    [
      [`0xffffffffffffffff`, '64 ones'],
      [`b'1'`, 'leading zeros'],
      [`0x8000000000000000`, 'highest bit'],
    ],
    { postgres: ['bit(64)', 'bigint'] },
  ),
  edgeType('T-19', 'bit(5)', 'text', [`b'10101'`, `b'0'`], {
    postgres: ['bit(5)', 'varbit'],
    mysql: ['bit(8)', 'int'],
  }),
  edgeType(
    'T-20',
    'json',
    'text',
    [
      [`'{"a":1,  "a":2}'`, 'double key'],
      `'9007199254740993'`,
      `'1.0'`,
      [`'null'`, 'JSON null'],
      [`'"\\\\u0000"'`, '\\u0000'],
      `'[1e400]'`,
      [`concat(repeat('[', 30), repeat(']', 30))`, 'depth 30'],
      [`'"text"'`, 'scalar'],
    ],
    { postgres: ['jsonb', 'text'], mysql: ['longtext'] },
  ),
  edgeType(
    'T-22',
    'uuid',
    'text',
    [`'00000000-0000-0000-0000-000000000000'`, `'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'`],
    {
      postgres: ['uuid', 'text'],
      mysql: ['char(36)'],
    },
  ),
  edgeType('T-22', 'char(36)', 'text', [`'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'`], {
    postgres: ['uuid'],
    mysql: ['uuid'],
  }),
  edgeType('T-22', 'binary(16)', 'bytes', [[`0xa0eebc999c0b4ef8bb6d6bb9bd380a11`, '16 bytes']], {
    mysql: ['uuid', 'binary(16)'],
    postgres: ['bytea'],
  }),
  edgeType(
    'T-23',
    `enum('ok','it''s','"quoted"','🚚')`,
    'text',
    [`'ok'`, [`'it''s'`, `it's`], [`'"quoted"'`, '"quoted"'], `'🚚'`, [`''`, 'the error value (index 0)']],
    {
      postgres: ['varchar(4)'],
      mysql: [`enum('ok','it''s')`, 'varchar(20)'],
    },
  ),
  edgeType('T-24', `set('a','b','c d')`, 'text', [[`''`, 'no member'], `'a,c d'`], {
    mysql: [`set('a','b')`, 'varchar(20)'],
  }),
  edgeType('T-24', `set(${Array.from({ length: 64 }, (_, n) => `'m${n}'`).join(',')})`, 'text', [
    ['18446744073709551615', '64 members'],
  ]),
  edgeType('T-25', 'inet4', 'text', [`'1.2.3.4'`], { postgres: ['inet'] }),
  edgeType('T-25', 'inet6', 'text', [`'::1'`, `'::ffff:1.2.3.4'`], { postgres: ['inet'] }),
  edgeType(
    'T-27',
    'point',
    'bytes',
    [
      [`point(1, -2)`, 'POINT(1 -2)'],
      [`st_geomfromtext('POINT(1 2)', 4326)`, 'SRID 4326'],
    ],
    {
      mysql: ['geometry', 'blob'],
      postgres: ['bytea'],
    },
  ),
  edgeType('T-27', 'geometry', 'bytes', [
    [`st_geomfromtext('GEOMETRYCOLLECTION EMPTY')`, 'GEOMETRYCOLLECTION EMPTY'],
    [`st_geomfromtext('POLYGON((0 0,1 0,1 1,0 0))')`, 'POLYGON'],
  ]),
];
