import { currentLanguage } from '../texts/texts.ts';

/** `1,234,567` */
export const count = (value: number): string => new Intl.NumberFormat(currentLanguage()).format(value);

/** `12.3k`, for places without room. */
export const shortCount = (value: number): string =>
  new Intl.NumberFormat(currentLanguage(), { notation: 'compact', maximumFractionDigits: 1 }).format(value);

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

/** `14.7 MiB` */
export function bytes(value: number): string {
  let unit = 0;
  let rest = value;
  while (rest >= 1024 && unit < UNITS.length - 1) {
    rest /= 1024;
    unit += 1;
  }
  return `${unit === 0 || rest >= 100 ? Math.round(rest) : rest.toFixed(1)} ${UNITS[unit]}`;
}

/** `2.5 s`, `3 min 20 s`, `2 h 5 min` of milliseconds. */
export function duration(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  if (seconds < 60) return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${Math.round(seconds % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** Date and time of this place. */
export const time = (milliseconds: number): string =>
  new Intl.DateTimeFormat(currentLanguage(), { dateStyle: 'medium', timeStyle: 'medium' }).format(
    milliseconds,
  );

/** Time of day with milliseconds, for log lines. */
export const clock = (milliseconds: number, isUtc = false): string =>
  new Intl.DateTimeFormat('en-GB', {
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    fractionalSecondDigits: 3,
    ...(isUtc ? { timeZone: 'UTC' } : {}),
  }).format(milliseconds);

const STEPS: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1000],
];

/** `3 minutes ago` */
export function ago(milliseconds: number, now: number = Date.now()): string {
  const passed = Math.max(0, now - milliseconds);
  const [unit, size] = STEPS.find(([, one]) => passed >= one) ?? STEPS.at(-1)!;
  return new Intl.RelativeTimeFormat(currentLanguage(), { numeric: 'auto' }).format(
    -Math.floor(passed / size),
    unit,
  );
}

/** Control characters, and marks that are not seen or that turn the direction of a text. */
const UNSEEN = /[^\P{C}\t\n]|[\u2028\u2029]/gu;

/** A text from outside with what is unseen in it made visible: a log line or a value shows as what it is. */
export const plain = (text: string): string =>
  text.replace(UNSEEN, (mark) => `\\u{${mark.codePointAt(0)!.toString(16)}}`);
