import type { RowBatchBuilder } from '@sluice/connector-sdk';
import { CODE, type Code } from './types.ts';
import { appendDate, appendDatetime, appendTime } from './temporal-decoder.ts';

const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
/** Digits that a number holds exactly. */
const SAFE_DIGITS = 15;

/** Appends one field's bytes `[start, end)`, as the text protocol sends them, to the row under way. */
export function appendField(
  builder: RowBatchBuilder,
  code: Code,
  bits: number,
  source: Buffer,
  start: number,
  end: number,
): void {
  switch (code) {
    case CODE.int:
      return builder.int(digits(source, start, end));
    case CODE.long:
      return appendLong(builder, source, start, end);
    case CODE.decimal:
      return appendDecimal(builder, source, start, end);
    case CODE.text:
    case CODE.doubtfulText:
    case CODE.bytes:
      return builder.bytes(source, start, end);
    case CODE.datetime:
      return appendDatetime(builder, source, start, end);
    case CODE.date:
      return appendDate(builder, source, start, end);
    case CODE.time:
      return appendTime(builder, source, start, end);
    case CODE.float:
      return builder.float(Number(source.toString('latin1', start, end)));
    case CODE.double:
      return builder.double(Number(source.toString('latin1', start, end)));
    case CODE.bits:
      return builder.string(bitText(source, start, end, bits));
  }
}

/** A signed decimal number of at most 15 digits; a point is passed over. */
function digits(source: Buffer, start: number, end: number): number {
  const negative = source[start] === MINUS;
  let value = 0;
  for (let i = negative ? start + 1 : start; i < end; i++) {
    const byte = source[i]!;
    if (byte !== POINT) value = value * 10 + (byte - ZERO);
  }
  return negative ? -value : value;
}

function appendLong(builder: RowBatchBuilder, source: Buffer, start: number, end: number): void {
  if (end - start <= SAFE_DIGITS) return builder.longNumber(digits(source, start, end));
  // Two halves of at most eleven and nine digits, put together in 32-bit steps without a bigint.
  const negative = source[start] === MINUS;
  const first = negative ? start + 1 : start;
  const upper = digits(source, first, end - 9);
  const lower = digits(source, end - 9, end);
  const upperHigh = Math.floor(upper / 65536);
  const partHigh = upperHigh * 1e9;
  const partLow = (upper - upperHigh * 65536) * 1e9 + lower;
  const shifted = Math.floor(partHigh / 65536);
  const lowSum = (partHigh - shifted * 65536) * 65536 + (partLow % 4294967296);
  let high = shifted + Math.floor(partLow / 4294967296) + Math.floor(lowSum / 4294967296);
  let low = lowSum % 4294967296;
  if (negative) {
    low = low === 0 ? 0 : 4294967296 - low;
    high = low === 0 ? -high : -high - 1;
  }
  builder.long(high | 0, low >>> 0);
}

function appendDecimal(builder: RowBatchBuilder, source: Buffer, start: number, end: number): void {
  if (end - start <= SAFE_DIGITS) {
    const value = digits(source, start, end);
    return builder.decimalNumber(value === 0 ? 0 : value);
  }
  const text = source.toString('latin1', start, end);
  const point = text.indexOf('.');
  builder.decimal(BigInt(point < 0 ? text : text.slice(0, point) + text.slice(point + 1)));
}

/** BIT(n) comes as big-endian bytes. */
function bitText(source: Buffer, start: number, end: number, bits: number): string {
  let text = '';
  for (let i = start; i < end; i++) text += source[i]!.toString(2).padStart(8, '0');
  return text.slice(-bits).padStart(bits, '0');
}
