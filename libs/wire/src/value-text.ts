/** Text forms of values: exact, the same everywhere (topic browser, dirty records, casts to string). */

/** Days since 1970-01-01 as ISO 8601; a year outside 0000 to 9999 carries a sign (astronomical years: 0000 is 1 BC). */
export function dateText(days: number): string {
  // Civil-from-days over eras of 400 years that start on 1 March, so that the leap day is the last of its year.
  const shifted = days + 719468;
  const era = Math.floor(shifted / 146097);
  const dayOfEra = shifted - era * 146097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36524) - Math.floor(dayOfEra / 146096)) /
      365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1;
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  return `${yearText(year)}-${pad(month, 2)}-${pad(day, 2)}`;
}

function yearText(year: number): string {
  if (year >= 0 && year <= 9999) return pad(year, 4);
  return (year < 0 ? '-' : '+') + pad(Math.abs(year), 4);
}

/** Microseconds since midnight as `HH:MM:SS`, with as many digits of the fraction as there are. */
export function timeText(micros: number): string {
  const seconds = Math.floor(micros / 1e6);
  const fraction = micros - seconds * 1e6;
  const clock = `${pad(Math.floor(seconds / 3600), 2)}:${pad(Math.floor(seconds / 60) % 60, 2)}:${pad(seconds % 60, 2)}`;
  return fraction === 0 ? clock : `${clock}.${pad(fraction, 6).replace(/0+$/, '')}`;
}

const DAY = 86_400_000_000n;

/** Microseconds since 1970-01-01T00:00:00 (wall clock) as ISO 8601. */
export function timestampText(micros: bigint): string {
  let days = micros / DAY;
  if (micros < 0n && days * DAY !== micros) days--;
  return `${dateText(Number(days))}T${timeText(Number(micros - days * DAY))}`;
}

/** Microseconds since 1970-01-01T00:00:00Z as ISO 8601 in UTC. */
export function timestamptzText(micros: bigint): string {
  return `${timestampText(micros)}Z`;
}

/** A decimal from its unscaled value: always `scale` digits behind the point, no exponent. */
export function decimalText(unscaled: bigint, scale: number): string {
  const negative = unscaled < 0n;
  const digits = (negative ? -unscaled : unscaled).toString().padStart(scale + 1, '0');
  const sign = negative ? '-' : '';
  if (scale === 0) return sign + digits;
  return `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

/** The shortest text that reads back as the same double. */
export function numberText(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}

/** The shortest text that reads back as the same 32-bit float. */
export function floatText(value: number): string {
  if (!Number.isFinite(value) || value === 0) return numberText(value);
  for (let digits = 6; digits < 9; digits++) {
    const candidate = Number(value.toPrecision(digits));
    if (Math.fround(candidate) === value) return String(candidate);
  }
  return String(Number(value.toPrecision(9)));
}

function pad(value: number, width: number): string {
  return String(value).padStart(width, '0');
}
