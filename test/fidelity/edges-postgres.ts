import { POSTGRES_TEXTS } from './edges-postgres-texts.ts';
import { type EdgeType, edgeType } from './edges.ts';

/** Made before the table: what the types below need. */
export const POSTGRES_SETUP = `
  create extension if not exists hstore;
  create extension if not exists citext;
  create extension if not exists ltree;
  create type mood as enum ('ok', 'so, so', 'it''s', '"quoted"', '🚚', '');
  create type pair as (a integer, b text);
  create domain small_positive as integer check (value > 0);
  create domain short_text as varchar(10);
  -- What new sessions of this database begin with: the product must not depend on any of it.
  do $$ begin
    execute format('alter database %I set timezone = ''Asia/Kathmandu''', current_database());
    execute format('alter database %I set datestyle = ''German''', current_database());
    execute format('alter database %I set intervalstyle = ''iso_8601''', current_database());
    execute format('alter database %I set bytea_output = ''escape''', current_database());
    execute format('alter database %I set extra_float_digits = -15', current_database());
    execute format('alter database %I set standard_conforming_strings = off', current_database());
    execute format('alter database %I set client_encoding = ''latin1''', current_database());
  end $$`;

const nines = (n: number): string => '9'.repeat(n);

const NUMBERS_AND_TIMES: readonly EdgeType[] = [
  edgeType('T-1', 'boolean', 'boolean', ['true', 'false'], {
    postgres: ['integer', 'text'],
    mysql: ['bit(1)', 'int'],
    sqlite: ['integer', 'text'],
  }),
  edgeType('T-2', 'smallint', 'integer', ['-32768', '32767', '0', '-1'], {
    postgres: ['bigint', 'numeric(20,0)', 'smallint'],
    mysql: ['smallint', 'tinyint unsigned', 'decimal(5,0)'],
    sqlite: ['text', 'real'],
  }),
  edgeType('T-2', 'integer', 'integer', ['-2147483648', '2147483647', '0', '-1', '16777217'], {
    postgres: ['smallint', 'numeric(5,0)', 'real'],
    mysql: ['mediumint', 'int unsigned', 'float'],
    sqlite: ['decimal_text(10,0)'],
  }),
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
      '0',
    ],
    {
      postgres: ['integer', 'double precision', 'text'],
      mysql: ['bigint unsigned', 'double', 'varchar(20)'],
      sqlite: ['real', 'text'],
    },
  ),
  edgeType('T-3', 'oid', 'integer', ['0', '4294967295'], { postgres: ['bigint'], mysql: ['int unsigned'] }),
  edgeType('T-3', 'xid8', 'integer', [`'18446744073709551615'`, `'0'`], {
    postgres: ['numeric(20,0)'],
    mysql: ['bigint unsigned'],
    sqlite: ['numeric_text'],
  }),
  edgeType('T-4', 'numeric(20,0)', 'integer', ['9223372036854775808', '18446744073709551615', '-1', '0'], {
    postgres: ['bigint', 'numeric(19,0)'],
    mysql: ['bigint unsigned', 'double'],
    sqlite: ['integer'],
  }),
  edgeType(
    'T-5',
    'real',
    'float',
    [`'NaN'`, `'Infinity'`, `'-Infinity'`, `'-0'`, '16777217', '0.1', '1e-45', '3.4028235e38'],
    {
      postgres: ['double precision', 'numeric(12,2)', 'text'],
      mysql: ['double', 'decimal(12,2)'],
      sqlite: ['double', 'text'],
    },
  ),
  edgeType(
    'T-5',
    'double precision',
    'double',
    [
      `'NaN'`,
      `'Infinity'`,
      `'-Infinity'`,
      `'-0'`,
      '5e-324',
      '1.7976931348623157e308',
      '0.1',
      '0.30000000000000004',
      '9007199254740993',
    ],
    {
      postgres: ['real', 'numeric', 'bigint'],
      mysql: ['float', 'decimal(65,30)', 'bigint', 'double(10,2)'],
      sqlite: ['text', 'integer'],
    },
  ),
  edgeType(
    'T-6',
    'numeric(12,2)',
    'decimal',
    ['0.00', '-0.01', '9999999999.99', '-9999999999.99', '0.10', '100', '10000', '12345678.9', `'NaN'`],
    {
      postgres: ['numeric(12,1)', 'double precision', 'integer'],
      mysql: ['decimal(12,1)', 'double', 'int', 'float'],
      sqlite: ['real', 'integer', 'decimal_text(12,1)', 'decimal(12,2)'],
    },
  ),
  edgeType('T-6', 'numeric(5,4)', 'decimal', ['0.0001', '9.9999', '-1.2345', '1'], {
    postgres: ['real', 'numeric(5,2)', 'money'],
    mysql: ['float', 'decimal(4,4)', 'float(7,2)'],
  }),
  edgeType(
    'T-6',
    'numeric(38,10)',
    'decimal',
    [
      '9999999999999999999999999999.9999999999',
      '-0.0000000001',
      '12345678901234567890.5',
      '10000000000000000',
    ],
    { sqlite: ['decimal(38,10)'] },
  ),
  edgeType('T-6', 'numeric(65,30)', 'decimal', ['1e-30', [`-${nines(35)}.${nines(30)}`, '-65 nines']]),
  edgeType('T-6', 'numeric(65,0)', 'decimal', [[nines(65), '65 nines']]),
  edgeType('T-6', 'numeric(100,50)', 'decimal', ['1e-50', [`${nines(50)}.${nines(50)}`, '100 nines']], {
    mysql: ['decimal(65,30)'],
  }),
  edgeType('T-6', 'numeric(3,-2)', 'decimal', ['99900', '-100']),
  edgeType(
    'T-7',
    'numeric',
    'decimal',
    [
      `'NaN'`,
      `'Infinity'`,
      `'-Infinity'`,
      '1e-30',
      '0.00',
      '123456789012345678901234567890.123456789',
      [`repeat('9', 131072)::numeric`, '131,072 nines'],
      [`('0.' || repeat('1', 16383))::numeric`, '16,383 digits behind the point'],
    ],
    {
      postgres: ['numeric(40,10)', 'text', 'double precision'],
      mysql: ['decimal(65,30)', 'varchar(50)', 'double'],
      sqlite: ['decimal_text(40,10)', 'real', 'numeric'],
    },
  ),
  edgeType('T-7', 'money', 'text', [`'-92233720368547758.08'`, `'0.01'`]),
  edgeType(
    'T-8',
    'date',
    'date',
    [
      `'0001-01-01'`,
      `'4713-01-01 BC'`,
      `'0001-12-31 BC'`,
      `'5874897-12-31'`,
      `'1582-10-10'`,
      `'9999-12-31'`,
      `'10000-01-01'`,
      `'infinity'`,
      `'-infinity'`,
      `'2000-02-29'`,
      `'1969-12-31'`,
    ],
    {
      postgres: ['timestamp', 'timestamptz', 'text'],
      mysql: ['datetime(6)', 'varchar(20)', 'timestamp'],
      sqlite: ['datetime', 'text'],
    },
  ),
  edgeType(
    'T-10',
    'timestamp',
    'timestamp',
    [
      `'1970-01-01 00:00:00.000001'`,
      `'1969-12-31 23:59:59.999999'`,
      `'infinity'`,
      `'-infinity'`,
      `'294276-12-31 23:59:59.999999'`,
      `'294247-01-10 04:00:54.775807'`,
      `'294247-01-10 04:00:54.775808'`,
      `'4713-01-01 00:00:00 BC'`,
      `'2024-03-31 02:30:00'`,
      `'2024-03-31 00:00:00'`,
    ],
    {
      postgres: ['timestamp(3)', 'date', 'timestamptz', 'time with time zone'],
      mysql: ['datetime', 'date', 'timestamp(6)'],
      sqlite: ['date', 'text'],
    },
  ),
  edgeType(
    'T-11',
    'timestamptz',
    'timestamptz',
    [
      `'1970-01-01 00:00:01+00'`,
      `'2038-01-19 03:14:07+00'`,
      `'2038-01-19 03:14:08+00'`,
      `'infinity'`,
      `'294276-12-31 23:59:59.999999+00'`,
      `'1900-01-01 00:00:00-15:59'`,
      `'1900-01-01 00:00:00-15:59:59'`,
      `'2024-06-01 12:00:00.123456+05:45'`,
    ],
    {
      postgres: ['timestamp', 'timestamptz(0)', 'text'],
      mysql: ['timestamp(6)', 'timestamp', 'varchar(40)'],
      sqlite: ['datetime', 'text'],
    },
  ),
  edgeType(
    'T-12',
    'time',
    'time',
    [`'24:00:00'`, `'00:00:00.000001'`, `'23:59:59.999999'`, `'00:00'`, `'12:30'`],
    {
      postgres: ['time(3)', 'interval', 'text', 'time(0) with time zone'],
      mysql: ['time', 'varchar(20)'],
      sqlite: ['text'],
    },
  ),
  edgeType('T-12', 'time with time zone', 'text', [
    `'12:00:00+15:59'`,
    `'00:00:00.5-08'`,
    `'24:00:00-15:59'`,
  ]),
];

export const POSTGRES_EDGES: readonly EdgeType[] = [...NUMBERS_AND_TIMES, ...POSTGRES_TEXTS];
