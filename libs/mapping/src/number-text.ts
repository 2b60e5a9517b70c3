import { floatText } from '@sluice/wire';

/** A decimal number as digits x 10^exponent: no leading or trailing zeros in `digits`; zero is ''. */
export interface NumberParts {
  readonly negative: boolean;
  readonly digits: string;
  readonly exponent: number;
}

/** Longer texts are no numbers to us: the work on one stays bounded. */
const MAX_TEXT = 2000;
const NUMBER = /^([+-]?)(?:(\d+)(?:\.(\d*))?|\.(\d+))(?:[eE]([+-]?\d{1,5}))?$/;

/** A number in plain or scientific notation, without white space; undefined for anything else. */
export function parseNumber(text: string): NumberParts | undefined {
  if (text.length > MAX_TEXT) return undefined;
  const match = NUMBER.exec(text);
  if (!match) return undefined;
  const fraction = match[3] ?? match[4] ?? '';
  const all = ((match[2] ?? '') + fraction).replace(/^0+/, '');
  const digits = stripZeros(all);
  const exponent = digits === '' ? 0 : Number(match[5] ?? 0) - fraction.length + all.length - digits.length;
  return { negative: match[1] === '-', digits, exponent };
}

/** Without trailing zeros; a loop, as a pattern anchored at the end only would be quadratic. */
function stripZeros(digits: string): string {
  let end = digits.length;
  while (end > 0 && digits.charCodeAt(end - 1) === 48) end--;
  return digits.slice(0, end);
}

/** The number at a scale as an unscaled integer, or undefined when digits would be lost or exceed the precision. */
export function unscaledOf(parts: NumberParts, precision: number, scale: number): bigint | undefined {
  const shift = parts.exponent + scale;
  // Checked before anything is multiplied out: 1e99999 costs nothing.
  if (parts.digits !== '' && (shift < 0 || parts.digits.length + shift > precision)) return undefined;
  const magnitude = BigInt(parts.digits === '' ? 0 : parts.digits + '0'.repeat(shift));
  return parts.negative ? -magnitude : magnitude;
}

/**
 * The double (or, with `single`, the 32-bit float) of a number, or undefined when it would lose digits: written with as
 * many significant digits as the number has, or as short as it can be, it must give the same digits.
 */
export function floatingOf(parts: NumberParts, single: boolean): number | undefined {
  const { digits, exponent, negative } = parts;
  if (digits === '') return negative ? -0 : 0;
  if (digits.length > 100) return undefined;
  const exact = Number(`${negative ? '-' : ''}${digits}e${exponent}`);
  const value = single ? Math.fround(exact) : exact;
  if (!Number.isFinite(value)) return undefined;
  // The shortest text that reads back as the value may differ in its last digit from the value written with as many digits.
  return [value.toPrecision(digits.length), single ? floatText(value) : String(value)].some((text) => {
    const again = parseNumber(text);
    return again?.digits === digits && again.exponent === exponent;
  })
    ? value
    : undefined;
}

/** NaN and the infinities as stores spell them. */
export function specialNumber(text: string): number | undefined {
  if (text === 'NaN') return Number.NaN;
  if (text === 'Infinity') return Infinity;
  return text === '-Infinity' ? -Infinity : undefined;
}
