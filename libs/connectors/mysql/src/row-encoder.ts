import { RowCursor } from '@sluice/connector-sdk';
import type { Column, RowSchema } from '@sluice/model';
import { missing, unfit } from './errors.ts';
import { encodeBits, type FieldCheck } from './field-check.ts';
import { TextBuffer } from './text-buffer.ts';
import { dateDigits, timeDigits, timestampDigits } from './temporal-encoder.ts';

/**
 * How values are written: as lines of LOAD DATA (tabs, backslash escapes, `\N`), or as a list of SQL literals.
 */
export type Style = 'lines' | 'literals';

/** One target column as the encoder must know it. */
export interface EncodedColumn {
  readonly column: Column;
  readonly check: FieldCheck;
}

const TAB = 0x09;
const NEWLINE = 0x0a;
const QUOTE = 0x27;

/** Writes rows from their wire bytes as text for the server, without values in between where it matters. */
export class RowEncoder {
  readonly #schema: RowSchema;
  readonly #columns: readonly EncodedColumn[];
  readonly #style: Style;
  readonly out: TextBuffer;

  constructor(schema: RowSchema, columns: readonly EncodedColumn[], style: Style, out: TextBuffer) {
    this.#schema = schema;
    this.#columns = columns;
    this.#style = style;
    this.out = out;
  }

  /** A cursor over rows of this encoder's schema. */
  cursor(rows: Buffer): RowCursor {
    return new RowCursor(this.#schema, rows);
  }

  /** Encodes the cursor's next row. Throws a data error for a value that MySQL has no form for. */
  row(cursor: RowCursor): void {
    const lines = this.#style === 'lines';
    const out = this.out;
    const count = this.#columns.length;
    if (!lines) out.ascii('(');
    for (let i = 0; i < count; i++) {
      if (i > 0) out.byte(lines ? TAB : 0x2c);
      cursor.field();
      const column = this.#columns[i]!;
      if (cursor.branch === 1) this.#value(cursor, column);
      else if (cursor.branch === 0) {
        if (column.check.required) throw missing(column.column);
        out.ascii(lines ? '\\N' : 'null');
      } else this.#escape(cursor, column);
    }
    if (lines) out.byte(NEWLINE);
    else out.byte(0x29);
  }

  #value(cursor: RowCursor, { column, check }: EncodedColumn): void {
    const out = this.out;
    if (check.year === true) return this.#year(cursor, column);
    if (check.symbols === true && column.kind !== 'string')
      throw unfit(column, 'only a text is a symbol of an ENUM or SET');
    switch (column.kind) {
      case 'boolean':
        return out.byte(cursor.boolean() ? 0x31 : 0x30);
      case 'int':
        return out.integer(cursor.int());
      case 'long': {
        const value = cursor.longNumber();
        return Number.isSafeInteger(value) ? out.integer(value) : out.ascii(cursor.longBigint().toString());
      }
      case 'float':
        return this.#real(cursor.float(), column, check);
      case 'double':
        return this.#real(cursor.double(), column, check);
      case 'decimal':
        return this.#decimal(cursor, column, check);
      case 'string':
        return this.#text(cursor, column, check);
      case 'bytes':
        return this.#bytes(cursor);
      case 'date':
        this.#quote();
        dateDigits(out, cursor.int(), column);
        return this.#quote();
      case 'time':
        this.#quote();
        timeDigits(out, cursor.longNumber(), check.fraction, column);
        return this.#quote();
      case 'timestamp':
      case 'timestamptz':
        this.#quote();
        timestampDigits(out, cursor, check.fraction, column);
        return this.#quote();
    }
  }

  #year(cursor: RowCursor, column: Column): void {
    const year = column.kind === 'int' || column.kind === 'long' ? cursor.longNumber() : Number.NaN;
    if (!(year === 0 || (year >= 1901 && year <= 2155)))
      throw unfit(column, 'the value is not a year of YEAR');
    this.#quote();
    this.out.digits(year, 4);
    this.#quote();
  }

  #quote(): void {
    if (this.#style === 'literals') this.out.byte(QUOTE);
  }

  #real(value: number, column: Column, check: FieldCheck): void {
    if (!Number.isFinite(value)) throw unfit(column, `MySQL has no ${value}`);
    if (check.integer && !Number.isInteger(value)) throw unfit(column, `${value} is not an integer`);
    if (check.decimals !== undefined) {
      const kept = Number(value.toFixed(check.decimals));
      if ((column.kind === 'float' ? Math.fround(kept) : kept) !== value)
        throw unfit(column, `the target keeps ${check.decimals} digits behind the point`);
    }
    // Quoted in a literal: as a bare number it would lose the sign of a negative zero.
    this.#quote();
    this.out.ascii(Object.is(value, -0) ? '-0' : String(value));
    this.#quote();
  }

  #decimal(cursor: RowCursor, column: Column, check: FieldCheck): void {
    const scale = column.scale ?? 0;
    const length = cursor.end - cursor.start;
    const plain = !check.integer && (check.decimals ?? scale) >= scale;
    if (length > 0 && length <= 6 && plain)
      return this.out.decimal(cursor.buffer.readIntBE(cursor.start, length), scale);
    const unscaled = cursor.decimal();
    if (check.integer && scale > 0 && unscaled % 10n ** BigInt(scale) !== 0n)
      throw unfit(column, 'the decimal is not an integer');
    const kept = check.decimals ?? scale;
    if (kept < scale && unscaled % 10n ** BigInt(scale - kept) !== 0n)
      throw unfit(column, `the target keeps ${kept} digits behind the point`);
    const negative = unscaled < 0n;
    const digits = (negative ? -unscaled : unscaled).toString().padStart(scale + 1, '0');
    const whole = digits.slice(0, digits.length - scale);
    this.out.ascii(`${negative ? '-' : ''}${whole}${scale > 0 ? `.${digits.slice(-scale)}` : ''}`);
  }

  #text(cursor: RowCursor, column: Column, check: FieldCheck): void {
    if (check.bits !== undefined) {
      const digits = encodeBits(cursor, column, check.bits);
      return this.out.ascii(this.#style === 'lines' ? digits : `b'${digits}'`);
    }
    check.text?.(cursor, column);
    this.#quote();
    this.out.escaped(cursor.buffer, cursor.start, cursor.end);
    this.#quote();
  }

  /** In hexadecimal: `unhex(@v)` on the other side of LOAD DATA, so that no character set is ever in between. */
  #bytes(cursor: RowCursor): void {
    const literals = this.#style === 'literals';
    if (literals) this.out.ascii("x'");
    this.out.hex(cursor.buffer, cursor.start, cursor.end);
    if (literals) this.out.byte(QUOTE);
  }

  /** The source's own text: legal where it is a date or time that MySQL can store. */
  #escape(cursor: RowCursor, { column, check }: EncodedColumn): void {
    const text = cursor.text();
    if (!ESCAPES[column.kind]?.test(text)) throw unfit(column, `MySQL has no "${text.slice(0, 64)}" here`);
    const digits = /\.(\d+)$/.exec(text)?.[1] ?? '';
    if (check.fraction < 6 && /[1-9]/.test(digits.slice(check.fraction)))
      throw unfit(column, `"${text}" has more than ${check.fraction} digits of a second`);
    this.#quote();
    this.out.ascii(text);
    this.#quote();
  }
}

const DATETIME = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d{1,6})?$/;
const ESCAPES: Partial<Record<Column['kind'], RegExp>> = {
  date: /^\d{4}-\d\d-\d\d$/,
  time: /^-?\d{2,3}:\d\d:\d\d(?:\.\d{1,6})?$/,
  timestamp: DATETIME,
  timestamptz: DATETIME,
};
