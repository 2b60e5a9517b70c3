/**
 * A whole number of any size: a JS number where it is safe (within 2^53), else a bigint. There is one form for each value,
 * so `===` and `<` compare, and the ordinary case costs no bigint. Never -0.
 */
export type Integer = number | bigint;

const BILLIONS = 4294967296;
const LEAST_INT64 = -(2n ** 63n);
const MOST_INT64 = 2n ** 63n - 1n;

export function integer(value: bigint): Integer {
  return value >= -9007199254740991n && value <= 9007199254740991n ? Number(value) : value;
}

/** From the two halves that a row's cursor gives: signed high, unsigned low. */
export function integerOf(high: number, low: number): Integer {
  if (high >= -0x200000 && high < 0x200000) {
    const value = high * BILLIONS + low;
    if (value !== -9007199254740992) return value;
  }
  return (BigInt(high) << 32n) | BigInt(low);
}

export function add(a: Integer, b: Integer): Integer {
  if (typeof a === 'number' && typeof b === 'number') {
    const sum = a + b;
    if (Number.isSafeInteger(sum)) return sum;
  }
  return integer(BigInt(a) + BigInt(b));
}

export function subtract(a: Integer, b: Integer): Integer {
  if (typeof a === 'number' && typeof b === 'number') {
    const difference = a - b;
    if (Number.isSafeInteger(difference)) return difference;
  }
  return integer(BigInt(a) - BigInt(b));
}

export function multiply(a: Integer, b: Integer): Integer {
  if (typeof a === 'number' && typeof b === 'number') {
    const product = a * b;
    // The sum turns -0 into 0.
    if (Number.isSafeInteger(product)) return product + 0;
  }
  return integer(BigInt(a) * BigInt(b));
}

/** Truncates toward zero; the divisor is not 0. */
export function quotient(a: Integer, b: Integer): Integer {
  if (typeof a === 'number' && typeof b === 'number') return (a - (a % b)) / b + 0;
  return integer(BigInt(a) / BigInt(b));
}

/** What `quotient` leaves: it has the sign of the dividend. */
export function remainder(a: Integer, b: Integer): Integer {
  if (typeof a === 'number' && typeof b === 'number') return (a % b) + 0;
  return integer(BigInt(a) % BigInt(b));
}

export function negate(a: Integer): Integer {
  return typeof a === 'number' ? 0 - a : integer(-a);
}

export function absolute(a: Integer): Integer {
  return a < 0 ? negate(a) : a;
}

/** The largest whole number not above the quotient; the divisor is positive. */
export function floorQuotient(a: Integer, b: Integer): Integer {
  const whole = quotient(a, b);
  return a < 0 && multiply(whole, b) !== a ? subtract(whole, 1) : whole;
}

/** The nearest whole number; a half goes away from zero. */
export function roundedQuotient(a: Integer, b: Integer): Integer {
  const whole = quotient(a, b);
  const twice = multiply(absolute(remainder(a, b)), 2);
  if (twice < absolute(b)) return whole;
  return a < 0 === b < 0 ? add(whole, 1) : subtract(whole, 1);
}

const POWERS: Integer[] = [1];

export function powerOfTen(exponent: number): Integer {
  while (POWERS.length <= exponent) POWERS.push(multiply(POWERS.at(-1)!, 10));
  return POWERS[exponent]!;
}

export function fitsInt64(value: Integer): boolean {
  return typeof value === 'number' || (value >= LEAST_INT64 && value <= MOST_INT64);
}

/** As a double: exact where it can be, else the nearest. */
export function toDouble(value: Integer): number {
  return Number(value);
}
