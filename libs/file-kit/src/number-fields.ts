import type { RowBatchBuilder } from '@sluice/connector-sdk';
import type { Column } from '@sluice/model';

/** Appends the text `source[start..end)` as a value of one kind; answers false, with nothing appended, when it is none. */
export type FieldParser = (builder: RowBatchBuilder, source: Buffer, start: number, end: number) => boolean;

const MINUS = 0x2d;
const PLUS = 0x2b;
const POINT = 0x2e;
const ZERO = 0x30;
/** So many digits are exact in a number. */
const SAFE_DIGITS = 15;
/** Longer texts are no numbers to us: the work on one stays bounded. */
const MOST_TEXT = 2000;
const NUMBER = /^([+-]?)(?:(\d+)(?:\.(\d*))?|\.(\d+))(?:[eE]([+-]?\d{1,5}))?$/;
const POWERS = Array.from({ length: SAFE_DIGITS + 1 }, (_, n) => 10 ** n);

/** Unscaled value at a scale; undefined for what is no number, has more digits than that, or a huge exponent. */
function unscaled(text: string, digits: number, scale: number): bigint | undefined {
  const found = text.length > MOST_TEXT ? null : NUMBER.exec(text);
  if (found === null) return undefined;
  const fraction = found[3] ?? found[4] ?? '';
  const all = ((found[2] ?? '') + fraction).replace(/^0+/, '');
  let end = all.length;
  while (end > 0 && all.charCodeAt(end - 1) === ZERO) end--;
  if (end === 0) return 0n;
  // Judged before anything is multiplied out: 1e99999 costs nothing.
  const shift = Number(found[5] ?? 0) - fraction.length + all.length - end + scale;
  if (shift < 0 || end + shift > digits) return undefined;
  const magnitude = BigInt(all.slice(0, end) + '0'.repeat(shift));
  return found[1] === '-' ? -magnitude : magnitude;
}

/** Whole numbers of `bits` bits. */
export function wholeNumber(bits: 32 | 64): FieldParser {
  return (builder, source, start, end) => {
    let at = start;
    const sign = source[at];
    if (sign === MINUS || sign === PLUS) at++;
    if (end - at > SAFE_DIGITS || at === end) return large(builder, source, start, end, bits);
    let value = 0;
    for (; at < end; at++) {
      const digit = source[at]! - ZERO;
      if (digit < 0 || digit > 9) return large(builder, source, start, end, bits);
      value = value * 10 + digit;
    }
    if (sign === MINUS) value = value === 0 ? 0 : -value;
    if (bits === 32 && value !== (value | 0)) return false;
    builder.longNumber(value);
    return true;
  };
}

function large(builder: RowBatchBuilder, source: Buffer, start: number, end: number, bits: number): boolean {
  const value = unscaled(source.toString('latin1', start, end), 20, 0);
  if (value === undefined || BigInt.asIntN(bits, value) !== value) return false;
  builder.longBigint(value);
  return true;
}

/** Decimals that fit precision and scale exactly; NaN and infinities ride as text, which the target may have a form for. */
export function decimal({ precision = 38, scale = 0 }: Column): FieldParser {
  return (builder, source, start, end) => {
    let at = start;
    const sign = source[at];
    if (sign === MINUS || sign === PLUS) at++;
    let value = 0;
    let digits = 0;
    let behind = -1;
    for (; at < end; at++) {
      const byte = source[at]!;
      if (byte >= ZERO && byte <= 0x39) {
        value = value * 10 + byte - ZERO;
        digits++;
        if (behind >= 0) behind++;
      } else if (byte === POINT && behind < 0) behind = 0;
      else break;
    }
    const missing = scale - Math.max(behind, 0);
    if (at < end || digits === 0 || missing < 0 || digits + missing > Math.min(SAFE_DIGITS, precision))
      return exactDecimal(builder, source.toString('latin1', start, end), precision, scale);
    value *= POWERS[missing]!;
    builder.decimalNumber(sign === MINUS ? 0 - value : value);
    return true;
  };
}

const SPECIAL: ReadonlySet<string> = new Set(['NaN', 'Infinity', '-Infinity']);

function exactDecimal(builder: RowBatchBuilder, text: string, precision: number, scale: number): boolean {
  if (SPECIAL.has(text)) {
    builder.text(text);
    return true;
  }
  const value = unscaled(text, precision, scale);
  if (value !== undefined) builder.decimal(value);
  return value !== undefined;
}

/** Floating numbers; one with more digits than the kind can tell apart is refused, not rounded. */
export function floating(single: boolean): FieldParser {
  return (builder, source, start, end) => {
    const value = floatingOf(source.toString('latin1', start, end), single);
    if (value === undefined) return false;
    if (single) builder.float(value);
    else builder.double(value);
    return true;
  };
}

function floatingOf(text: string, single: boolean): number | undefined {
  if (SPECIAL.has(text)) return Number(text);
  const exact = Number(text);
  // The shortest text of a double, as most programs write it: nothing to be found out.
  if (!single && String(exact) === text && exact === exact) return exact;
  const found = text.length > MOST_TEXT ? null : NUMBER.exec(text);
  if (found === null) return undefined;
  const value = single ? Math.fround(exact) : exact;
  if (!Number.isFinite(value)) return undefined;
  const digits = significant((found[2] ?? '') + (found[3] ?? found[4] ?? ''));
  if (digits === '') return value;
  if (value === 0) return undefined;
  // So few digits every value of the kind has.
  if (digits.length <= (single ? 6 : 15) && Math.abs(value) > (single ? 1e-30 : 1e-290)) return value;
  if (digits.length > 100) return undefined;
  if (significant(mantissa(value.toPrecision(digits.length))) === digits) return value;
  // In the middle of two numbers of as many digits rounding takes the one, the shortest text of a double may be the other.
  return significant(mantissa(value.toPrecision(21))) === `${digits}5` ? value : undefined;
}

function mantissa(text: string): string {
  return text.replace(/e.*$/, '').replace('.', '');
}

/** Digits without zeros at either end and without the sign. */
function significant(digits: string): string {
  const all = digits.replace(/^-?0*/, '');
  let end = all.length;
  while (end > 0 && all.charCodeAt(end - 1) === ZERO) end--;
  return all.slice(0, end);
}
