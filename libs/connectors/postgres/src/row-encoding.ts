import {
  formatDate,
  formatDecimal,
  formatTime,
  formatTimestamp,
  parseTimestamp,
  RowCursor,
} from '@sluice/connector-sdk';
import type { Column, RowSchema } from '@sluice/model';
import { CopyBuffer } from './copy-buffer.ts';
import { fieldEncoder, type FieldEncoder } from './field-encoders.ts';
import { checkMicros, fitCheck, misfit, type TargetColumn } from './target-fit.ts';

/** How the rows of a schema are sent to a table: binary where every column has an encoder, else text. */
export interface RowEncoding {
  readonly format: 'binary' | 'text';
  /** One CopyData message. Throws SLUICE_TGT_VALUE for a row that has no form here. */
  encode(rows: Buffer): Buffer;
}

/** `targets` in the order of the schema's columns. */
export function rowEncoding(schema: RowSchema, targets: readonly TargetColumn[]): RowEncoding {
  const encoders = schema.columns.map((column, i) => fieldEncoder(column, targets[i]!));
  if (encoders.every((encoder) => encoder !== undefined))
    return { format: 'binary', encode: (rows) => binary(schema, encoders, rows) };
  const writers = schema.columns.map((column, i) => textWriter(column, targets[i]!));
  return { format: 'text', encode: (rows) => text(schema, writers, rows) };
}

function binary(schema: RowSchema, encoders: readonly FieldEncoder[], rows: Buffer): Buffer {
  const cursor = new RowCursor(schema, rows);
  const out = new CopyBuffer(rows.length * 2);
  const fields = encoders.length;
  while (cursor.more()) {
    out.fieldCount(fields);
    for (let i = 0; i < fields; i++) {
      cursor.field();
      if (cursor.branch === 0) out.nul();
      else encoders[i]!(out, cursor);
    }
  }
  return out.message();
}

const TAB = Buffer.from('\t');
const LINE = Buffer.from('\n');
const NULL = Buffer.from('\\N');

type TextWriter = (out: CopyBuffer, cursor: RowCursor) => void;

function text(schema: RowSchema, writers: readonly TextWriter[], rows: Buffer): Buffer {
  const cursor = new RowCursor(schema, rows);
  const out = new CopyBuffer(rows.length * 2);
  while (cursor.more()) {
    for (let i = 0; i < writers.length; i++) {
      cursor.field();
      if (i > 0) out.raw(TAB);
      if (cursor.branch === 0) out.raw(NULL);
      else writers[i]!(out, cursor);
    }
    out.raw(LINE);
  }
  return out.message();
}

/** Any kind into any type by its text: the server parses it, and refuses what does not fit. */
function textWriter(column: Column, target: TargetColumn): TextWriter {
  const write = valueWriter(column, target.typname);
  const check = fitCheck(column, target);
  return (out, cursor) => {
    if (cursor.branch === 2) return out.raw(Buffer.from(escapeText(column, target, cursor.text())));
    check?.(cursor);
    write(out, cursor);
  };
}

function valueWriter(column: Column, typname: string): TextWriter {
  const plain = (of: (cursor: RowCursor) => string): TextWriter => {
    return (out, cursor) => out.raw(Buffer.from(of(cursor)));
  };
  switch (column.kind) {
    case 'boolean':
      return plain((cursor) =>
        cursor.boolean()
          ? typname.startsWith('int') || typname === 'numeric'
            ? '1'
            : 't'
          : typname.startsWith('int') || typname === 'numeric'
            ? '0'
            : 'f',
      );
    case 'int':
      return plain((cursor) => String(cursor.int()));
    case 'long':
      return plain((cursor) => String(cursor.longBigint()));
    case 'float':
      return plain((cursor) => singleText(cursor.float()));
    case 'double':
      return plain((cursor) => floatText(cursor.double()));
    case 'decimal':
      return plain((cursor) => formatDecimal(cursor.decimal(), column.scale ?? 0));
    case 'date':
      return plain((cursor) => yearText(formatDate(cursor.int())));
    case 'time':
      return plain((cursor) => formatTime(cursor.longNumber()));
    case 'timestamp':
      return plain((cursor) => yearText(formatTimestamp(cursor.longBigint())));
    case 'timestamptz':
      return plain((cursor) => `${yearText(formatTimestamp(cursor.longBigint()))}+00`);
    case 'bytes':
      return (out, cursor) => out.raw(Buffer.from(`\\\\x${cursor.bytes().toString('hex')}`));
    case 'string':
      return (out, cursor) => out.escaped(cursor.buffer, cursor.start, cursor.end);
  }
}

/** Years before 1 as PostgreSQL writes them. */
function yearText(value: string): string {
  const found = /^(-\d+|0000)(-.*)$/.exec(value);
  if (found === null) return value;
  return `${String(1 - Number(found[1])).padStart(4, '0')}${found[2]} BC`;
}

/** Shortest text that reads back as the same 32-bit float. */
function singleText(value: number): string {
  if (value === 0 || !Number.isFinite(value)) return floatText(value);
  for (let digits = 6; digits < 9; digits++) {
    const near = Number(value.toPrecision(digits));
    if (Math.fround(near) === value) return floatText(near);
  }
  return floatText(value);
}

/** Shortest text that reads back as the same double. */
function floatText(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}

/** Types that take any text as it is. */
const TEXTS: ReadonlySet<string> = new Set(['text', 'varchar', 'citext']);

function escapeText(column: Column, target: TargetColumn, value: string): string {
  const { typname } = target;
  // A source's own text of a zero date, say, or of a time beyond a day.
  if (TEXTS.has(typname) || (column.kind === 'time' && typname === 'interval')) return value;
  if (/^(-?infinity|NaN)$/i.test(value)) return value;
  // Times that 64 bits of microseconds since 1970 cannot hold, and PostgreSQL can.
  const micros = column.kind.startsWith('timestamp') ? parseTimestamp(value, false) : undefined;
  if (micros !== undefined) {
    checkMicros(column, target, micros);
    return column.kind === 'timestamptz' ? `${yearText(value)}+00` : yearText(value);
  }
  throw misfit(column, `${JSON.stringify(value.slice(0, 100))} has no form in the target.`);
}
