import { isUtf8 } from 'node:buffer';
import type { RowBatchBuilder } from '@sluice/connector-sdk';
import type { Column } from '@sluice/model';
import type { SchemaElement } from 'hyparquet';

/** Appends a physical value that is not null; answers false, with nothing appended, when it is no value of the column. */
export type Append = (builder: RowBatchBuilder, value: unknown) => boolean;

export interface ReadColumnForm {
  readonly column: Column;
  readonly append: Append;
}

const INT64 = 2n ** 63n;
const DAY_MICROS = 86_400_000_000n;

/** What a column of a file is read as; undefined for one that has parts of its own (lists, maps, structures). */
export function readColumnForm(element: SchemaElement): ReadColumnForm | undefined {
  if (element.type === undefined || element.repetition_type === 'REPEATED') return undefined;
  const base = { name: element.name, nullable: element.repetition_type !== 'REQUIRED' };
  const made = (column: Omit<Column, 'name' | 'nullable'>, append: Append): ReadColumnForm => ({
    column: { ...base, ...column },
    append,
  });
  const { logical_type: logical, converted_type: converted } = element;
  if (converted === 'DECIMAL' || logical?.type === 'DECIMAL') return decimalForm(element, made);
  switch (element.type) {
    case 'BOOLEAN':
      return made({ kind: 'boolean' }, (builder, value) => {
        builder.boolean(value as boolean);
        return true;
      });
    case 'INT32':
      return int32Form(element, made);
    case 'INT64':
      return int64Form(element, made);
    case 'INT96':
      return made({ kind: 'timestamp' }, micros(1000n));
    case 'FLOAT':
      return made({ kind: 'float' }, (builder, value) => {
        builder.float(value as number);
        return true;
      });
    case 'DOUBLE':
      return made({ kind: 'double' }, (builder, value) => {
        builder.double(value as number);
        return true;
      });
    case 'BYTE_ARRAY':
    case 'FIXED_LEN_BYTE_ARRAY':
      return bytesForm(element, made);
  }
}

type Made = (column: Omit<Column, 'name' | 'nullable'>, append: Append) => ReadColumnForm;

function int32Form(
  { logical_type: logical, converted_type: converted }: SchemaElement,
  made: Made,
): ReadColumnForm {
  if (converted === 'DATE' || logical?.type === 'DATE') return made({ kind: 'date' }, int);
  if (converted === 'TIME_MILLIS' || logical?.type === 'TIME')
    return made({ kind: 'time' }, (builder, value) => timeOfDay(builder, BigInt(value as number) * 1000n));
  if (
    converted === 'UINT_32' ||
    (logical?.type === 'INTEGER' && logical.bitWidth === 32 && !logical.isSigned)
  )
    return made({ kind: 'long' }, (builder, value) => {
      builder.longNumber((value as number) >>> 0);
      return true;
    });
  return made({ kind: 'int' }, int);
}

const int: Append = (builder, value) => {
  builder.int(value as number);
  return true;
};

function int64Form(
  { logical_type: logical, converted_type: converted }: SchemaElement,
  made: Made,
): ReadColumnForm {
  if (logical?.type === 'TIMESTAMP') {
    const kind = logical.isAdjustedToUTC ? 'timestamptz' : 'timestamp';
    return made({ kind }, stampOf(logical.unit));
  }
  if (converted === 'TIMESTAMP_MILLIS') return made({ kind: 'timestamptz' }, stampOf('MILLIS'));
  if (converted === 'TIMESTAMP_MICROS') return made({ kind: 'timestamptz' }, stampOf('MICROS'));
  if (converted === 'TIME_MICROS' || logical?.type === 'TIME') {
    const isNanos = logical?.type === 'TIME' && logical.unit === 'NANOS';
    return made({ kind: 'time' }, (builder, value) => {
      const given = value as bigint;
      if (isNanos && given % 1000n !== 0n) return false;
      return timeOfDay(builder, isNanos ? given / 1000n : given);
    });
  }
  if (
    converted === 'UINT_64' ||
    (logical?.type === 'INTEGER' && logical.bitWidth === 64 && !logical.isSigned)
  )
    return made({ kind: 'decimal', precision: 20, scale: 0 }, (builder, value) => {
      builder.decimal(BigInt.asUintN(64, value as bigint));
      return true;
    });
  return made({ kind: 'long' }, (builder, value) => {
    builder.longBigint(value as bigint);
    return true;
  });
}

function timeOfDay(builder: RowBatchBuilder, given: bigint): boolean {
  if (given < 0n || given > DAY_MICROS) return false;
  builder.longNumber(Number(given));
  return true;
}

function stampOf(unit: 'MILLIS' | 'MICROS' | 'NANOS'): Append {
  if (unit === 'NANOS') return micros(1000n);
  const factor = unit === 'MILLIS' ? 1000n : 1n;
  return (builder, value) => {
    const given = (value as bigint) * factor;
    if (given >= INT64 || given < -INT64) return false;
    builder.longBigint(given);
    return true;
  };
}

/** Finer than microseconds is not kept, so that only values that have nothing there are taken. */
function micros(divisor: bigint): Append {
  return (builder, value) => {
    const given = value as bigint;
    if (given % divisor !== 0n) return false;
    builder.longBigint(given / divisor);
    return true;
  };
}

function decimalForm(element: SchemaElement, made: Made): ReadColumnForm {
  const logical = element.logical_type?.type === 'DECIMAL' ? element.logical_type : undefined;
  const precision = logical?.precision ?? element.precision ?? 38;
  const scale = logical?.scale ?? element.scale ?? 0;
  const limit = 10n ** BigInt(precision);
  return made({ kind: 'decimal', precision, scale }, (builder, value) => {
    const unscaled = value instanceof Uint8Array ? signed(value) : BigInt(value as number | bigint);
    if (unscaled >= limit || unscaled <= -limit) return false;
    builder.decimal(unscaled);
    return true;
  });
}

function signed(bytes: Uint8Array): bigint {
  if (bytes.length === 0) return 0n;
  return BigInt.asIntN(bytes.length * 8, BigInt(`0x${view(bytes).toString('hex')}`));
}

function bytesForm(
  { logical_type: logical, converted_type: converted, type_length }: SchemaElement,
  made: Made,
): ReadColumnForm {
  if (logical?.type === 'FLOAT16')
    return made({ kind: 'float' }, (builder, value) => {
      builder.float(half(value as Uint8Array));
      return true;
    });
  if (logical?.type === 'UUID')
    return made({ kind: 'string', format: 'uuid' }, (builder, value) => {
      builder.string(
        view(value as Uint8Array)
          .toString('hex')
          .replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-'),
      );
      return true;
    });
  if (converted === 'JSON' || logical?.type === 'JSON') return made({ kind: 'string', format: 'json' }, text);
  const isText =
    converted === 'UTF8' || converted === 'ENUM' || logical?.type === 'STRING' || logical?.type === 'ENUM';
  if (isText) return made({ kind: 'string' }, text);
  return made(
    { kind: 'bytes', ...(type_length === undefined ? {} : { maxLength: type_length }) },
    (builder, value) => {
      const bytes = view(value as Uint8Array);
      builder.bytes(bytes, 0, bytes.length);
      return true;
    },
  );
}

const text: Append = (builder, value) => {
  const bytes = view(value as Uint8Array);
  if (!isUtf8(bytes)) return false;
  builder.bytes(bytes, 0, bytes.length);
  return true;
};

/** A 16-bit float: sign, 5 bits of exponent, 10 of fraction. */
function half(bytes: Uint8Array): number {
  const bits = (bytes[1]! << 8) | bytes[0]!;
  const sign = bits >> 15 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : Number.NaN;
  return sign * 2 ** (exponent - 15) * (1 + fraction / 1024);
}

function view(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
