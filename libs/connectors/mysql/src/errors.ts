import { isTlsCode } from '@sluice/connector-sdk';
import { type Column, type ErrorCode, SluiceError } from '@sluice/model';

export type Side = 'source' | 'target';

/** What the driver throws: server errors carry `errno`, everything else a textual `code`. */
interface DriverError {
  readonly errno?: number;
  readonly code?: string;
  readonly sqlState?: string;
  readonly sqlMessage?: string;
  readonly message: string;
}

type Meaning =
  | 'AUTH'
  | 'UNREACHABLE'
  | 'DATABASE'
  | 'TABLE'
  | 'COLUMN'
  | 'PRIVILEGE'
  | 'QUERY'
  | 'INTERRUPTED'
  | 'DISK'
  | 'VALUE'
  | 'CONSTRAINT';

const BY_ERRNO: ReadonlyMap<number, Meaning> = new Map(
  (
    [
      ['AUTH', [1045, 1130, 1251, 1275, 1524, 1698, 1820, 1862, 3118, 3159]],
      ['UNREACHABLE', [1040, 1129, 1203, 1226]],
      ['DATABASE', [1046, 1049]],
      ['TABLE', [1051, 1109, 1146, 1356]],
      ['COLUMN', [1054, 1166, 1364]],
      ['PRIVILEGE', [1044, 1142, 1143, 1227, 1370, 1410, 1419]],
      [
        'QUERY',
        [
          1050, 1052, 1059, 1193, 1242, 3593, 4015, 1060, 1061, 1063, 1064, 1067, 1068, 1071, 1072, 1074,
          1111, 1113, 1115, 1136, 1148, 1149, 1170, 1221, 1267, 1270, 1271, 1286, 1289, 1305, 1347, 1348,
          1463, 1471, 1583, 1701, 1792, 1906, 3106, 3948, 4078, 4079, 4166,
        ],
      ],
      [
        'INTERRUPTED',
        [
          1015, 1020, 1028, 1030, 1037, 1038, 1041, 1042, 1043, 1053, 1077, 1079, 1080, 1099, 1135, 1152,
          1156, 1157, 1158, 1159, 1160, 1161, 1180, 1184, 1205, 1206, 1213, 1290, 1317, 1412, 1614, 1637,
          1836, 1927, 1969, 2002, 2003, 2006, 2013, 2055, 3024, 3058, 3100, 3101, 3168, 3169, 3572, 4031,
          4166,
        ],
      ],
      ['DISK', [1021, 1114]],
      [
        'VALUE',
        [
          1118, 1138, 1153, 1232, 1263, 1264, 1265, 1292, 1300, 1301, 1365, 1366, 1367, 1406, 1411, 1416,
          1425, 1441, 1525, 1526, 1690, 1977, 3140, 3141, 3143, 3150, 3156, 3157, 4037, 4038,
        ],
      ],
      [
        'CONSTRAINT',
        [1022, 1048, 1062, 1169, 1216, 1217, 1369, 1451, 1452, 1557, 1586, 1644, 1761, 1762, 3819, 4025],
      ],
    ] as const
  ).flatMap(([meaning, numbers]) => numbers.map((errno) => [errno, meaning] as const)),
);

/** Codes of the driver, of node:net and node:tls. */
const BY_CODE: ReadonlyMap<string, Meaning> = new Map(
  (
    [
      [
        'UNREACHABLE',
        ['ECONNREFUSED', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN', 'EAI_FAIL', 'EHOSTUNREACH', 'ENETUNREACH'],
      ],
      [
        'INTERRUPTED',
        [
          'PROTOCOL_CONNECTION_LOST',
          'PROTOCOL_UNEXPECTED_PACKET',
          'ECONNRESET',
          'ECONNABORTED',
          'EPIPE',
          'ERR_STREAM_WRITE_AFTER_END',
          'ERR_STREAM_DESTROYED',
        ],
      ],
      ['AUTH', ['MYSQL_CLEAR_PASSWORD_NOT_ENABLED', 'AUTH_SWITCH_PLUGIN_ERROR']],
    ] as const
  ).flatMap(([meaning, codes]) => codes.map((code) => [code, meaning] as const)),
);

const SOURCE: Readonly<Record<Meaning, ErrorCode>> = {
  AUTH: 'SLUICE_SRC_AUTH',
  UNREACHABLE: 'SLUICE_SRC_UNREACHABLE',
  DATABASE: 'SLUICE_SRC_DATABASE',
  TABLE: 'SLUICE_SRC_TABLE',
  COLUMN: 'SLUICE_SRC_COLUMN',
  PRIVILEGE: 'SLUICE_SRC_PRIVILEGE',
  QUERY: 'SLUICE_SRC_QUERY',
  INTERRUPTED: 'SLUICE_SRC_INTERRUPTED',
  DISK: 'SLUICE_SRC_INTERRUPTED',
  // A statement of a reader that fails on a value is a filter that does not fit the columns.
  VALUE: 'SLUICE_SRC_QUERY',
  CONSTRAINT: 'SLUICE_SRC_QUERY',
};

const TARGET: Readonly<Record<Meaning, ErrorCode>> = {
  AUTH: 'SLUICE_TGT_AUTH',
  UNREACHABLE: 'SLUICE_TGT_UNREACHABLE',
  DATABASE: 'SLUICE_TGT_DATABASE',
  TABLE: 'SLUICE_TGT_TABLE',
  COLUMN: 'SLUICE_TGT_COLUMN',
  PRIVILEGE: 'SLUICE_TGT_PRIVILEGE',
  QUERY: 'SLUICE_TGT_QUERY',
  INTERRUPTED: 'SLUICE_TGT_INTERRUPTED',
  DISK: 'SLUICE_TGT_DISK',
  VALUE: 'SLUICE_TGT_VALUE',
  CONSTRAINT: 'SLUICE_TGT_CONSTRAINT',
};

/** What went wrong, by errno or driver code; unknown is a bug. */
export function classify(error: unknown, side: Side, place?: string): SluiceError {
  if (error instanceof SluiceError) return error;
  const driver = error as DriverError;
  const code = driver.code ?? '';
  const detail = driver.sqlMessage ?? driver.message ?? String(error);
  const extra = { cause: error, ...(place === undefined ? {} : { place }) };
  if (isTlsCode(code))
    return new SluiceError(side === 'source' ? 'SLUICE_SRC_TLS' : 'SLUICE_TGT_TLS', { ...extra, detail });
  const meaning =
    (driver.errno !== undefined && driver.errno > 0 ? BY_ERRNO.get(driver.errno) : undefined) ??
    BY_CODE.get(code);
  // Whatever else a server says of a reader's statement is about what the user wrote there.
  if (meaning === undefined && side === 'source' && (driver.errno ?? 0) > 0)
    return new SluiceError('SLUICE_SRC_QUERY', { ...extra, detail });
  if (meaning === undefined)
    return new SluiceError('SLUICE_SYS_BUG', { ...extra, detail: `${code || 'MySQL'}: ${detail}` });
  return new SluiceError((side === 'source' ? SOURCE : TARGET)[meaning], { ...extra, detail });
}

/** The error that a warning of the target stands for: nothing that is only warned about may pass for written (D-16). */
export function warningError(errno: number, message: string, place?: string): SluiceError {
  const code = BY_ERRNO.get(errno) === 'CONSTRAINT' ? 'SLUICE_TGT_CONSTRAINT' : 'SLUICE_TGT_VALUE';
  return new SluiceError(code, { detail: message, ...(place === undefined ? {} : { place }) });
}

/** Errno of a classified server error, when it was one. */
export function errnoOf(error: unknown): number | undefined {
  const cause = error instanceof SluiceError ? error.cause : error;
  const errno = (cause as DriverError | undefined)?.errno;
  return typeof errno === 'number' && errno > 0 ? errno : undefined;
}

/** Column that a server message names, for people only. */
export function columnNamed(message: string, columns: readonly string[]): string | undefined {
  const quoted = (column: string): readonly string[] => [`'${column}'`, `\`${column}\``, `.${column}\``];
  return columns.find((column) => quoted(column).some((text) => message.includes(text)));
}

/** The data error of a value that the target has no form for. */
export function unfit(column: Column, reason: string): SluiceError {
  return new SluiceError('SLUICE_TGT_VALUE', {
    detail: `Column "${column.name}": ${reason}.`,
    place: column.name,
  });
}

/** The data error of a null in a column that takes none: an AUTO_INCREMENT or a TIMESTAMP would invent a value. */
export function missing(column: Column): SluiceError {
  return new SluiceError('SLUICE_TGT_CONSTRAINT', {
    detail: `Column "${column.name}" must not be null.`,
    place: column.name,
  });
}
