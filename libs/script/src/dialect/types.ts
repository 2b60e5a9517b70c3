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
  // Ours of that name generates other rows: a script for it has no counterpart.
  ...['stream', 'kafka', 'redis'].map((name) => type(name, 'other')),
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

/** Connectors of local files, which scripts have one type for. */
export const LOCAL_FILES: ReadonlySet<string> = new Set(['csv', 'jsonl', 'parquet']);

/** How scripts call the type of a connector; undefined: they have none. */
export function typeForConnector(connector: string): EndType | undefined {
  const wanted = LOCAL_FILES.has(connector) ? 'csv' : connector;
  return TYPES.find((one) => one.connector === wanted);
}

/** Types that only some dialects have. */
const ONLY: ReadonlyMap<string, readonly string[]> = new Map([
  ['sqlite', ['addax']],
  ['txtfile', ['datax', 'addax']],
]);

export function hasType({ name }: EndType, dialect: string): boolean {
  return ONLY.get(name)?.includes(dialect) ?? true;
}
