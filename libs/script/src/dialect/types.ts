/** How an end of a script is read: `table` by SQL, `file` by paths and columns, `other`: kept as it stands. */
export type Family = 'table' | 'file' | 'other';

export interface EndType {
  /** As the reference product writes it; DataX puts `reader` or `writer` behind it. */
  readonly name: string;
  readonly family: Family;
  /** Our connector for it, whether it exists yet or not; absent: none is planned. */
  readonly connector?: string;
}

const type = (name: string, family: Family, connector?: string): EndType => ({
  name,
  family,
  ...(connector === undefined ? {} : { connector }),
});

/**
 * Types of readers and writers in scripts, with our connector. Of two types with one connector the first is the one that is written
 * when a script is made.
 */
const TYPES: readonly EndType[] = [
  type('mysql', 'table', 'mysql'),
  type('mariadb', 'table', 'mysql'),
  type('polardb', 'table', 'mysql'),
  type('hybriddbformysql', 'table', 'mysql'),
  type('postgresql', 'table', 'postgres'),
  type('postgres', 'table', 'postgres'),
  type('hybriddbforpostgresql', 'table', 'postgres'),
  type('sqlite', 'table', 'sqlite'),
  ...[
    'oracle',
    'sqlserver',
    'db2',
    'dm',
    'drds',
    'rdbms',
    'oceanbase',
    'oceanbasev10',
    'kingbasees',
    'gaussdb',
  ].map((name) => type(name, 'table')),
  ...['sybase', 'clickhouse', 'hologres', 'hologresjdbc', 'adbpg', 'adbmysql', 'rdsforppas'].map((name) =>
    type(name, 'table'),
  ),
  type('txtfile', 'file', 'csv'),
  type('ftp', 'file', 'ftp'),
  type('sftp', 'file', 'ftp'),
  type('oss', 'file', 's3'),
  type('s3', 'file', 's3'),
  type('hdfs', 'file', 'hdfs'),
  type('kafka', 'other', 'kafka'),
  type('redis', 'other', 'redis'),
  type('stream', 'other', 'stream'),
  ...[
    'odps',
    'hbase',
    'hbase11x',
    'hbase20x',
    'mongodb',
    'ots',
    'otsstream',
    'loghub',
    'datahub',
    'elasticsearch',
  ].map((name) => type(name, 'other')),
  ...[
    'opensearch',
    'tair',
    'ocs',
    'ads',
    'restapi',
    'starrocks',
    'doris',
    'selectdb',
    'databend',
    'tdengine',
    'cassandra',
  ].map((name) => type(name, 'other')),
];

export const TYPE_NAMES: readonly string[] = TYPES.map(({ name }) => name);

/** The type as a script writes it: in any case, with blanks, with `reader` or `writer` behind it. */
export function typeOf(written: string): EndType | undefined {
  const name = typeName(written);
  return TYPES.find((one) => one.name === name);
}

export function typeName(written: string): string {
  const name = written.replace(/[\s\u3000]+/g, '').toLowerCase();
  return name.replace(/(?<=.)(reader|writer)$/, '');
}

/** How scripts call the type of a connector; a connector that they do not know keeps its name. */
export function typeForConnector(connector: string): EndType {
  return TYPES.find((one) => one.connector === connector) ?? { name: connector, family: 'other', connector };
}
