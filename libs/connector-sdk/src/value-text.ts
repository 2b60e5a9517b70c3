/** Exact text <-> the values that batches carry. Parsers answer undefined for anything that is not exactly representable. */

const DAY_MICROS = 86_400_000_000n;

/** Days since 1970-01-01 of a date of the proleptic Gregorian calendar (year 0 is 1 BC). */
export function daysFromCivil(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

/** The date of a day number: [year, month, day]. */
export function civilFromDays(days: number): [year: number, month: number, day: number] {
  const z = days + 719_468;
  const era = Math.floor(z / 146_097);
  const dayOfEra = z - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const mp = Math.floor((5 * dayOfYear + 2) / 153);
  const month = mp < 10 ? mp + 3 : mp - 9;
  return [
    yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    dayOfYear - Math.floor((153 * mp + 2) / 5) + 1,
  ];
}

/** Unscaled value of a decimal text at a scale; no exponent; digits beyond the scale must be zeros. */
export function parseDecimal(text: string, scale: number): bigint | undefined {
  const found = /^([+-]?)(\d*)(?:\.(\d*))?$/.exec(text);
  if (found === null) return undefined;
  const [, sign, whole = '', fraction = ''] = found;
  if (whole === '' && fraction === '') return undefined;
  if (/[^0]/.test(fraction.slice(scale))) return undefined;
  const unscaled = BigInt(whole + fraction.slice(0, scale).padEnd(scale, '0') || '0');
  return sign === '-' ? -unscaled : unscaled;
}

export function formatDecimal(unscaled: bigint, scale: number): string {
  const digits = (unscaled < 0n ? -unscaled : unscaled).toString().padStart(scale + 1, '0');
  const sign = unscaled < 0n ? '-' : '';
  return scale === 0 ? sign + digits : `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

/** Days of `YYYY-MM-DD`, a date that exists. */
export function parseDate(text: string): number | undefined {
  const found = /^(-?\d{4,})-(\d\d)-(\d\d)$/.exec(text);
  if (found === null) return undefined;
  const [year, month, day] = [Number(found[1]), Number(found[2]), Number(found[3])];
  if (month < 1 || month > 12 || day < 1) return undefined;
  const days = daysFromCivil(year, month, day);
  const [y, m, d] = civilFromDays(days);
  return y === year && m === month && d === day ? days : undefined;
}

export function formatDate(days: number): string {
  const [year, month, day] = civilFromDays(days);
  const y = year < 0 ? `-${String(-year).padStart(4, '0')}` : String(year).padStart(4, '0');
  return `${y}-${two(month)}-${two(day)}`;
}

/** Microseconds of `HH:MM[:SS[.ffffff]]`, up to and including 24:00:00. */
export function parseTime(text: string): number | undefined {
  const found = /^(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,6})0*)?)?$/.exec(text);
  if (found === null) return undefined;
  const [hours, minutes, seconds] = [Number(found[1]), Number(found[2]), Number(found[3] ?? 0)];
  if (minutes > 59 || seconds > 59) return undefined;
  const micros = ((hours * 60 + minutes) * 60 + seconds) * 1e6 + Number((found[4] ?? '').padEnd(6, '0'));
  return micros <= 86_400_000_000 ? micros : undefined;
}

export function formatTime(micros: number): string {
  const seconds = Math.floor(micros / 1e6);
  const fraction = micros - seconds * 1e6;
  const text = `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  return fraction === 0 ? text : `${text}.${String(fraction).padStart(6, '0')}`;
}

/**
 * Microseconds since 1970-01-01 of `YYYY-MM-DD[ T]HH:MM[:SS[.ffffff]]`. With `zoned` an offset or Z may follow and counts (none
 * is UTC); without it one is refused.
 */
export function parseTimestamp(text: string, zoned: boolean): bigint | undefined {
  const found = /^(-?\d{4,}-\d\d-\d\d)(?:[ T]([0-9:.]+))?(Z|[+-]\d\d(?::?\d\d)?)?$/.exec(text);
  if (found === null) return undefined;
  const days = parseDate(found[1]!);
  const time = parseTime(found[2] ?? '00:00');
  if (days === undefined || time === undefined || time === 86_400_000_000) return undefined;
  const offset = found[3];
  if (offset !== undefined && !zoned) return undefined;
  return BigInt(days) * DAY_MICROS + BigInt(time) - offsetMicros(offset);
}

export function formatTimestamp(micros: bigint): string {
  let days = micros / DAY_MICROS;
  if (micros % DAY_MICROS < 0n) days -= 1n;
  return `${formatDate(Number(days))} ${formatTime(Number(micros - days * DAY_MICROS))}`;
}

function offsetMicros(offset: string | undefined): bigint {
  if (offset === undefined || offset === 'Z') return 0n;
  const digits = offset.slice(1).replace(':', '').padEnd(4, '0');
  const minutes = Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2));
  return BigInt(offset.startsWith('-') ? -minutes : minutes) * 60_000_000n;
}

const two = (value: number): string => String(value).padStart(2, '0');
