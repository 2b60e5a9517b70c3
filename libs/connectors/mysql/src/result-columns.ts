import type { NativeColumn } from './catalog.ts';

/** A column of an answer as the protocol describes it (https://mariadb.com/kb/en/result-set-packets/). */
export interface ResultField {
  readonly name: string;
  readonly columnType: number;
  readonly flags: number;
  readonly characterSet: number;
  /** Bytes that a value has at most, as text. */
  readonly columnLength: number;
  readonly decimals: number;
  /** MariaDB's own types, where driver and server have agreed to tell: `uuid`, `inet6`. */
  readonly extendedTypeName?: string;
  /** `json` of a text that is only JSON. */
  readonly extendedFormat?: string;
}

const FLAG = { notNull: 1, unsigned: 32, enum: 256, set: 2048 } as const;
/** The character set of what is no text. */
const BINARY = 63;
/** Bytes of a character: sessions speak utf8mb4. */
const WIDTH = 4;
const LONGEST_VARCHAR = 16_383;

/** Types whose name is all that there is to say. */
const NAMES: Readonly<Record<number, string>> = {
  1: 'tinyint',
  2: 'smallint',
  3: 'int',
  4: 'float',
  5: 'double',
  8: 'bigint',
  9: 'mediumint',
  10: 'date',
  13: 'year',
  14: 'date',
  245: 'json',
  255: 'geometry',
};
const TIMED: Readonly<Record<number, string>> = { 7: 'timestamp', 11: 'time', 12: 'datetime' };
const DECIMALS: ReadonlySet<number> = new Set([0, 246]);
const BIT = 16;
const BLOBS: ReadonlySet<number> = new Set([249, 250, 251, 252]);
const FIXED = 254;
/** Types of MariaDB that ride as texts. */
const OWN: ReadonlySet<string> = new Set(['uuid', 'inet4', 'inet6']);

/**
 * A column of a query as the catalog would tell of it. What the protocol does not say, the character set at the source and the words
 * of an ENUM, is left out: its texts are checked, and it becomes a VARCHAR elsewhere.
 */
export function resultColumn(field: ResultField): NativeColumn {
  const { name, flags, columnType: type, decimals } = field;
  const base = {
    name,
    nullable: (flags & FLAG.notNull) === 0,
    fraction: 0,
    generated: false,
    json: type === 245 || field.extendedFormat === 'json',
  };
  const unsigned = (flags & FLAG.unsigned) !== 0 ? ' unsigned' : '';
  const known = NAMES[type];
  if (known !== undefined) {
    const isNumber = !['date', 'year', 'json', 'geometry'].includes(known);
    return { ...base, dataType: known, columnType: isNumber ? known + unsigned : known };
  }
  const timed = TIMED[type];
  if (timed !== undefined) {
    const fraction = Math.min(decimals, 6);
    return {
      ...base,
      dataType: timed,
      columnType: fraction === 0 ? timed : `${timed}(${fraction})`,
      fraction,
    };
  }
  if (DECIMALS.has(type)) {
    const signs = (decimals > 0 ? 1 : 0) + (unsigned === '' ? 1 : 0);
    const precision = Math.max(1, field.columnLength - signs, decimals);
    const columnType = `decimal(${precision},${decimals})${unsigned}`;
    return { ...base, dataType: 'decimal', columnType, precision, scale: decimals };
  }
  if (type === BIT)
    return {
      ...base,
      dataType: 'bit',
      columnType: `bit(${field.columnLength})`,
      precision: field.columnLength,
    };
  const { extendedTypeName: own } = field;
  if (own !== undefined && OWN.has(own)) return { ...base, dataType: own, columnType: own };
  return { ...base, ...textual(field) };
}

function textual({
  columnType: type,
  flags,
  characterSet,
  columnLength,
}: ResultField): Pick<NativeColumn, 'dataType' | 'columnType' | 'maxLength'> {
  // NULL alone has no length, and no more of a type.
  if (characterSet === BINARY && columnLength > 0) {
    if (BLOBS.has(type) || columnLength > 65_535) return { dataType: 'longblob', columnType: 'longblob' };
    const dataType = type === FIXED && columnLength <= 255 ? 'binary' : 'varbinary';
    return { dataType, columnType: `${dataType}(${columnLength})`, maxLength: columnLength };
  }
  const maxLength = Math.floor(columnLength / WIDTH);
  const varchar = `varchar(${Math.max(1, maxLength)})`;
  if ((flags & FLAG.enum) !== 0) return { dataType: 'enum', columnType: varchar, maxLength };
  if ((flags & FLAG.set) !== 0) return { dataType: 'set', columnType: varchar, maxLength };
  if (BLOBS.has(type) || maxLength > LONGEST_VARCHAR) return { dataType: 'longtext', columnType: 'longtext' };
  if (type === FIXED && maxLength > 0 && maxLength <= 255)
    return { dataType: 'char', columnType: `char(${maxLength})`, maxLength };
  return { dataType: 'varchar', columnType: varchar, maxLength: Math.max(1, maxLength) };
}
