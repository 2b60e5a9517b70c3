import {
  type Conversion,
  ENCODING,
  FLAG,
  MEBIBYTES,
  TEXT,
  TEXTS,
  VERBATIM,
  whole,
  words,
} from './conversions.ts';
import type { Family } from './types.ts';

export type Side = 'reader' | 'writer';

/** What a key of a reader's or writer's `parameter` becomes. */
export interface KeyRule {
  readonly on: Side;
  readonly family: Exclude<Family, 'other'>;
  /** As it is written into a script; it is read in any case. */
  readonly key: string;
  /** Other spellings. */
  readonly also?: readonly string[];
  /**
   * Pointer of our field. Whether the engine has it is asked of the connector's spec and of the schema of task documents, so a field
   * is supported as soon as they have it. Absent: nothing of ours, the key is kept for the way back.
   */
  readonly becomes?: string;
  /** Absent: code reads the key, together with others. */
  readonly conversion?: Conversion;
  /** Whether a task without it gives other rows: then it is an error while it is unsupported. */
  readonly changesRows: boolean;
  /** Values that change nothing: the key is then ignored. */
  readonly idle?: RegExp;
  /** For people: why it is ignored, or what happens without it. */
  readonly why: string;
}

type Options = Partial<Pick<KeyRule, 'also' | 'idle' | 'why'>>;
type On = readonly [on: Side, family: KeyRule['family']];

const TABLE_READER: On = ['reader', 'table'];
const TABLE_WRITER: On = ['writer', 'table'];
const FILE_READER: On = ['reader', 'file'];
const FILE_WRITER: On = ['writer', 'file'];

/** Without it the rows would differ. */
function rows(
  [on, family]: On,
  key: string,
  becomes: string,
  conversion: Conversion,
  more: Options = {},
): KeyRule {
  return { on, family, key, becomes, conversion, changesRows: true, why: '', ...more };
}

/** Without it the rows are the same, perhaps later. */
function speed(
  [on, family]: On,
  key: string,
  becomes: string,
  conversion: Conversion,
  more: Options = {},
): KeyRule {
  return {
    on,
    family,
    key,
    becomes,
    conversion,
    changesRows: false,
    why: 'It is a matter of speed only.',
    ...more,
  };
}

/** Read by code, together with other keys. */
function part([on, family]: On, key: string, becomes: string, more: Options = {}): KeyRule {
  return { on, family, key, becomes, changesRows: true, why: '', ...more };
}

/** Nothing of ours. */
function kept([on, family]: On, key: string, why: string, more: Options = {}): KeyRule {
  return { on, family, key, changesRows: false, why, ...more };
}

const COMPRESSION = words({
  none: 'none',
  gzip: 'gzip',
  zstd: 'zstd',
  bzip2: 'bzip2',
  zip: 'zip',
  lzo: 'lzo',
});
const BOOKKEEPING = 'It is bookkeeping of the product that wrote the script.';
const DRIVER = 'It tunes a driver that Sluice does not use.';
const BUDGETED = 'Sluice budgets what it writes by bytes already.';
const SPLITS = 'Sluice plans its splits itself.';

const DECLARED = 'Texts are read in the encoding that the server declares.';

const STORE = 'It belongs into the data source.';
const STORE_KEYS =
  'protocol host port username password connectPattern timeout endpoint bucket region accessId accessKey defaultFS'.split(
    ' ',
  );

/** Both ends have these. */
const shared = (on: On): readonly KeyRule[] => [
  part(on, 'datasource', `/${on[0]}/dataSource`, { also: ['dataSource', 'data_source'] }),
  kept(on, 'envType', BOOKKEEPING),
  kept(on, 'useSpecialSecret', BOOKKEEPING),
  kept(on, 'guid', BOOKKEEPING),
  kept(on, 'tableComment', BOOKKEEPING),
];

const server = (on: On): readonly KeyRule[] => [
  part(on, 'connection', `/${on[0]}/dataSource`),
  part(on, 'table', `/${on[0]}/parameters/table`, { also: ['tableName'] }),
  part(on, 'column', '/mapping', { also: ['columns'] }),
  part(on, 'username', 'data source', { also: ['user', 'userName'] }),
  part(on, 'password', 'data source'),
  part(on, 'jdbcUrl', 'data source', { also: ['jdbc_url', 'url'] }),
  rows(on, 'session', `/${on[0]}/parameters/session`, TEXTS),
];

/** One row a key. Add a row, or name another field, and import, export, docs and hints follow. */
export const KEY_RULES: readonly KeyRule[] = [
  ...shared(TABLE_READER),
  ...server(TABLE_READER),
  rows(TABLE_READER, 'where', '/reader/parameters/where', TEXT),
  part(TABLE_READER, 'querySql', '/reader/parameters/querySql', { also: ['query'] }),
  speed(TABLE_READER, 'splitPk', '/reader/parameters/splitKey', TEXT),
  speed(TABLE_READER, 'fetchSize', '/reader/parameters/fetchSize', whole(1)),
  rows(TABLE_READER, 'mandatoryEncoding', '/reader/parameters/encoding', ENCODING, {
    idle: /^utf-?8(mb[34])?$/,
    why: DECLARED,
  }),
  rows(TABLE_READER, 'partitionName', '/reader/parameters/partitions', TEXTS),
  kept(TABLE_READER, 'autoPk', SPLITS),
  kept(TABLE_READER, 'splitFactor', SPLITS),
  kept(TABLE_READER, 'samplePercentage', SPLITS),
  kept(TABLE_READER, 'readByPartition', SPLITS),
  kept(TABLE_READER, 'readBatchSize', BUDGETED),
  kept(TABLE_READER, 'encoding', DECLARED),
  kept(TABLE_READER, 'singleOrMulti', BOOKKEEPING),
  kept(TABLE_READER, 'hint', DRIVER),
  kept(TABLE_READER, 'checkSlave', DRIVER),
  kept(TABLE_READER, 'weakRead', DRIVER),
  kept(TABLE_READER, 'timeout', DRIVER),
  kept(TABLE_READER, 'socketTimeout', DRIVER),
  kept(TABLE_READER, 'driver', DRIVER),

  ...shared(TABLE_WRITER),
  ...server(TABLE_WRITER),
  part(TABLE_WRITER, 'writeMode', '/write/mode'),
  part(TABLE_WRITER, 'preSql', '/write/preSql', { also: ['preStatement'] }),
  rows(TABLE_WRITER, 'postSql', '/write/postSql', TEXTS, { also: ['postStatement'] }),
  speed(TABLE_WRITER, 'batchSize', '/write/transactionRecords', whole(1, 1_000_000)),
  speed(TABLE_WRITER, 'batchByteSize', '/write/transactionBytes', whole(1, 268_435_456)),
  rows(TABLE_WRITER, 'emptyAsNull', '/writer/parameters/emptyAsNull', FLAG),
  rows(TABLE_WRITER, 'onConflictColumn', '/write/key', TEXTS),
  kept(TABLE_WRITER, 'dryRun', 'A dry run is asked for when the task is started.'),
  kept(TABLE_WRITER, 'encoding', 'Texts are written in the encoding that the server asks for.'),
  kept(TABLE_WRITER, 'client', DRIVER),
  kept(TABLE_WRITER, 'driver', DRIVER),

  ...shared(FILE_READER),
  part(FILE_READER, 'path', '/reader/parameters/path', { also: ['object'] }),
  part(FILE_READER, 'column', '/reader/parameters/columns', { also: ['columns'] }),
  part(FILE_READER, 'fileFormat', '/reader/dataSource', { also: ['fileType'] }),
  rows(FILE_READER, 'fieldDelimiter', '/reader/parameters/delimiter', VERBATIM),
  rows(FILE_READER, 'encoding', '/reader/parameters/encoding', ENCODING),
  rows(FILE_READER, 'nullFormat', '/reader/parameters/nullText', VERBATIM),
  rows(FILE_READER, 'skipHeader', '/reader/parameters/header', FLAG),
  kept(FILE_READER, 'compress', 'Compression is recognised by the first bytes of a file.'),
  part(FILE_READER, 'csvReaderConfig', '/reader/parameters/quote'),
  rows(FILE_READER, 'markDoneFileName', '/reader/parameters/waitFor', TEXT),
  kept(FILE_READER, 'maxRetryTime', 'It belongs to markDoneFileName.'),
  kept(FILE_READER, 'maxTraversalLevel', SPLITS),
  ...STORE_KEYS.map((key) => kept(FILE_READER, key, STORE)),

  ...shared(FILE_WRITER),
  part(FILE_WRITER, 'path', '/writer/parameters/path', { also: ['object'] }),
  part(FILE_WRITER, 'fileName', '/writer/parameters/path'),
  part(FILE_WRITER, 'column', '/mapping', { also: ['columns'] }),
  part(FILE_WRITER, 'fileFormat', '/writer/dataSource', { also: ['fileType'] }),
  rows(
    FILE_WRITER,
    'writeMode',
    '/writer/parameters/existing',
    words({ truncate: 'truncate', append: 'append', nonConflict: 'fail' }),
  ),
  rows(FILE_WRITER, 'fieldDelimiter', '/writer/parameters/delimiter', VERBATIM),
  rows(FILE_WRITER, 'encoding', '/writer/parameters/encoding', ENCODING),
  rows(FILE_WRITER, 'nullFormat', '/writer/parameters/nullText', VERBATIM),
  rows(FILE_WRITER, 'compress', '/writer/parameters/compression', COMPRESSION),
  part(FILE_WRITER, 'header', '/writer/parameters/header'),
  rows(FILE_WRITER, 'dateFormat', '/writer/parameters/dateFormat', TEXT),
  rows(FILE_WRITER, 'quoteChar', '/writer/parameters/quote', VERBATIM),
  kept(FILE_WRITER, 'suffix', 'Files get names of their own below the path.'),
  rows(FILE_WRITER, 'maxFileSize', '/writer/parameters/maxFileBytes', MEBIBYTES),
  rows(FILE_WRITER, 'lineDelimiter', '/writer/parameters/lineEnd', words({ '\n': 'lf', '\r\n': 'crlf' })),
  ...STORE_KEYS.map((key) => kept(FILE_WRITER, key, STORE)),
];

export function rulesOf(on: Side, family: Family): readonly KeyRule[] {
  return KEY_RULES.filter((rule) => rule.on === on && rule.family === family);
}
