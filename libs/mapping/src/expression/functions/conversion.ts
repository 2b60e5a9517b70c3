import { isUtf8 } from 'node:buffer';
import { dateText, decimalText, numberText, timestampText, timestamptzText, timeText } from '@sluice/wire';
import { fitsInt64, integer, type Integer, quotient, powerOfTen, roundedQuotient } from '../../integer.ts';
import { parseNumber, specialNumber, unscaledOf } from '../../number-text.ts';
import { atScale, decimalType } from '../convert.ts';
import {
  apply,
  BOOL,
  BYTES,
  DOUBLE,
  ExpressionError,
  type ExpressionType,
  INT,
  MAX_DIGITS,
  RowFailure,
  STRING,
  type Term,
  type Value,
} from '../term.ts';
import { type Call, oneOf, plain, specify, table, written } from './signature.ts';

const TRUE: ReadonlySet<string> = new Set(['true', 't', '1']);
const FALSE: ReadonlySet<string> = new Set(['false', 'f', '0']);
const HEX = /^(?:[0-9A-Fa-f]{2})*$/;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
/** Digits of a decimal that `decimal(x)` makes when it is not told. */
const USUAL = { precision: 38, scale: 10 };

export const CONVERSION = table([
  specify('bool(value)', ([x], call) => {
    const value = oneOf(x!, ['bool', 'string', 'int'], call);
    return apply(call, BOOL, [value], (found: Value) => {
      const text = String(found).toLowerCase();
      if (TRUE.has(text)) return true;
      if (FALSE.has(text)) return false;
      throw new RowFailure('the value is neither true nor false', call);
    });
  }),
  specify('int(value)', ([x], call) => {
    const value = oneOf(x!, ['int', 'string', 'double', 'decimal', 'bool'], call);
    return apply(call, INT, [value], (found: Value) => whole(found, value.type, call));
  }),
  specify('double(value)', ([x], call) => {
    const value = oneOf(x!, ['double', 'string', 'int', 'decimal', 'bool'], call);
    return apply(call, DOUBLE, [value], (found: Value) => floating(found, value.type, call));
  }),
  specify('decimal(value, precision?, scale?)', decimal),
  specify('string(value)', ([x], call) => {
    const value = oneOf(
      x!,
      ['string', 'bool', 'int', 'double', 'decimal', 'bytes', 'date', 'time', 'timestamp', 'timestamptz'],
      call,
    );
    return apply(call, STRING, [value], textOf(value.type, call));
  }),
  plain('bytes(text)', [STRING], BYTES, (text: string) => Buffer.from(text)),
  plain('hex(bytes)', [BYTES], STRING, (bytes: Buffer) => bytes.toString('hex')),
  plain('base64(bytes)', [BYTES], STRING, (bytes: Buffer) => bytes.toString('base64')),
  specify('fromHex(text)', ([x], call) => decoded(x!, HEX, 'hex', call)),
  specify('fromBase64(text)', ([x], call) => decoded(x!, BASE64, 'base64', call)),
]);

function whole(found: Value, type: ExpressionType, call: Call): Integer {
  const value = wholeValue(found, type);
  if (value === undefined) throw new RowFailure('the value is not a whole number', call);
  if (!fitsInt64(value)) throw new RowFailure('the whole number is beyond 64 bits', call);
  return value;
}

/** A fraction of a double or a decimal is cut off, as CEL has it; a text must be a whole number. */
function wholeValue(found: Value, { name, scale }: ExpressionType): Integer | undefined {
  if (name === 'bool') return found === true ? 1 : 0;
  if (name === 'decimal') return quotient(found as Integer, powerOfTen(scale!));
  if (name === 'double')
    return Number.isFinite(found) ? integer(BigInt(Math.trunc(found as number))) : undefined;
  if (name === 'int') return found as Integer;
  return /^[+-]?\d{1,40}$/.test(found as string)
    ? integer(BigInt((found as string).replace('+', '')))
    : undefined;
}

function floating(found: Value, { name, scale }: ExpressionType, call: Call): number {
  if (name === 'bool') return found === true ? 1 : 0;
  if (name === 'decimal') return Number(decimalText(BigInt(found as Integer), scale!));
  if (name !== 'string') return Number(found);
  const text = found as string;
  const value = parseNumber(text) === undefined ? specialNumber(text) : Number(text);
  if (value === undefined) throw new RowFailure('the text is not a number', call);
  return value;
}

/** Of a text or a decimal the digits must fit, nothing is rounded; a double, which is not exact anyway, is rounded to the scale. */
function decimal([x, digits, behind]: readonly Term[], call: Call): Term {
  const value = oneOf(x!, ['decimal', 'string', 'int', 'double', 'bool'], call);
  if (digits === undefined && value.type.name === 'decimal') return value;
  if (digits === undefined && value.type.name === 'int') return atScale(value, 0);
  const precision = written<number>(digits, USUAL.precision, INT, call);
  const scale = written<number>(behind, digits === undefined ? USUAL.scale : 0, INT, call);
  if (precision < 1 || precision > MAX_DIGITS || scale < 0 || scale > precision)
    throw new ExpressionError(
      `A decimal has 1 to ${MAX_DIGITS} digits, and at most all of them behind the point.`,
      call,
    );
  const type = decimalType(precision - scale, scale, call);
  return apply(call, type, [value], (found: Value) => {
    const unscaled = unscaledAt(found, value.type, precision, scale);
    if (unscaled === undefined)
      throw new RowFailure(`the value does not fit decimal(${precision},${scale})`, call);
    return integer(unscaled);
  });
}

function unscaledAt(
  found: Value,
  { name, scale: own }: ExpressionType,
  precision: number,
  scale: number,
): bigint | undefined {
  if (name === 'double') return roundedDouble(found as number, precision, scale);
  const text =
    name === 'bool'
      ? String(Number(found))
      : name === 'decimal'
        ? decimalText(BigInt(found as Integer), own!)
        : String(found);
  const parts = parseNumber(text);
  return parts === undefined ? undefined : unscaledOf(parts, precision, scale);
}

function roundedDouble(value: number, precision: number, scale: number): bigint | undefined {
  const parts = Number.isFinite(value) ? parseNumber(String(value))! : undefined;
  if (parts === undefined) return undefined;
  const exact = unscaledOf(parts, precision, scale);
  const lost = -parts.exponent - scale;
  if (exact !== undefined || lost <= 0) return exact;
  if (lost > parts.digits.length) return 0n;
  const magnitude = BigInt(roundedQuotient(integer(BigInt(parts.digits)), powerOfTen(lost)));
  if (String(magnitude).length > precision) return undefined;
  return parts.negative ? -magnitude : magnitude;
}

function textOf(type: ExpressionType, call: Call): (value: never) => Value {
  switch (type.name) {
    case 'double':
      return (value: number) => numberText(value);
    case 'decimal':
      return (value: Integer) => decimalText(BigInt(value), type.scale!);
    case 'date':
      return (value: number) => dateText(value);
    case 'time':
      return (value: Integer) => timeText(Number(value));
    case 'timestamp':
      return (value: Integer) => timestampText(BigInt(value));
    case 'timestamptz':
      return (value: Integer) => timestamptzText(BigInt(value));
    case 'bytes':
      return (value: Buffer) => {
        if (!isUtf8(value)) throw new RowFailure('the bytes are not valid UTF-8', call);
        return value.toString('utf8');
      };
    default:
      return (value: Value) => String(value);
  }
}

function decoded(x: Term, form: RegExp, encoding: 'hex' | 'base64', call: Call): Term {
  return apply(call, BYTES, [oneOf(x, ['string'], call)], (text: string) => {
    if (!form.test(text)) throw new RowFailure(`the text is not ${encoding}`, call);
    return Buffer.from(text, encoding);
  });
}
