import { add, type Integer, multiply, subtract } from './integer.ts';
import { clockOf, daysOfDate, isDate } from './clock-fields.ts';

/** What a text says about a time: its date and time of day as microseconds since 1970, and its offset when it names one. */
export interface WrittenTime {
  readonly local: Integer;
  /** Seconds east of UTC. */
  readonly offset?: number;
}

/** A pattern of letters, as `yyyy-MM-dd HH:mm:ss`. */
export interface TimePattern {
  readonly text: string;
  readonly hasDate: boolean;
  readonly hasTime: boolean;
  readonly hasOffset: boolean;
  /** Why no time can be read by it, in words that follow "the pattern"; writing needs no whole date. */
  readonly incomplete: string | undefined;
  /** The whole text must fit; undefined when it does not, or names no such time. */
  parse(text: string): WrittenTime | undefined;
  /** Undefined for a year that the pattern has no room for. */
  format(local: Integer, offset: number): string | undefined;
}

type Letter = 'y' | 'M' | 'd' | 'H' | 'h' | 'm' | 's' | 'S' | 'a' | 'X';
type Part = { readonly literal: string } | { readonly letter: Letter; readonly width: number };

const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];
const WIDTHS: Readonly<Record<Letter, readonly number[]>> = {
  y: [2, 4],
  M: [1, 2, 3, 4],
  d: [1, 2],
  H: [1, 2],
  h: [1, 2],
  m: [1, 2],
  s: [1, 2],
  S: [1, 2, 3, 4, 5, 6, 7, 8, 9],
  a: [1],
  X: [1, 2, 3],
};
const MAX_PATTERN = 100;
const SECOND = 1_000_000;

/**
 * A pattern of the letters y M d H h m s S a X, as most programs know them: the number of a letter is the number of digits (a single
 * one takes one or two), MMM and MMMM are English names, X is the offset. Anything else between them stands for itself, letters only
 * in single quotes. A string says what is wrong with the pattern.
 */
export function timePattern(text: string): TimePattern | string {
  const parts = partsOf(text);
  if (typeof parts === 'string') return parts;
  const letters = parts.flatMap((part) => ('letter' in part ? [part.letter] : []));
  const twice = letters.find((letter, index) => letters.indexOf(letter) !== index);
  if (twice !== undefined) return `names ${twice} twice`;
  const has = (...some: Letter[]): boolean => some.some((letter) => letters.includes(letter));
  return {
    text,
    hasDate: has('y', 'M', 'd'),
    hasTime: has('H', 'h', 'm', 's', 'S', 'a'),
    hasOffset: has('X'),
    incomplete: missing(letters),
    parse: parserOf(parts),
    format: formatterOf(parts),
  };
}

/** What a text by these letters would leave open. */
function missing(letters: readonly Letter[]): string | undefined {
  const has = (letter: Letter): boolean => letters.includes(letter);
  const dates = (['y', 'M', 'd'] as const).filter(has).length;
  if (dates === 1 || dates === 2) return 'has a part of a date but not all of y, M and d';
  if (has('h') !== has('a')) return 'has h or a without the other';
  if (has('H') && has('h')) return 'has both H and h';
  const isHour = has('H') || has('h');
  if ((has('m') && !isHour) || (has('s') && !has('m')) || (has('S') && !has('s')))
    return 'leaves out a larger part of the time of day';
  return dates === 0 && !isHour ? 'names neither a date nor a time' : undefined;
}

function partsOf(text: string): Part[] | string {
  if (text.length > MAX_PATTERN) return `is longer than ${MAX_PATTERN} characters`;
  const parts: Part[] = [];
  const literal = (more: string): void => {
    const last = parts.at(-1);
    if (last !== undefined && 'literal' in last) parts[parts.length - 1] = { literal: last.literal + more };
    else parts.push({ literal: more });
  };
  for (let at = 0; at < text.length;) {
    const sign = text[at]!;
    if (sign === "'") {
      const end = text.indexOf("'", at + 1);
      if (end < 0) return 'has an opening quote without a closing one';
      literal(end === at + 1 ? "'" : text.slice(at + 1, end));
      at = end + 1;
    } else if (/[A-Za-z]/.test(sign)) {
      const width = /^(.)\1*/.exec(text.slice(at))![0].length;
      if (!Object.hasOwn(WIDTHS, sign))
        return `has the letter ${sign}, which means nothing; its letters are y M d H h m s S a X`;
      if (!WIDTHS[sign as Letter].includes(width)) return `has ${sign} ${width} times`;
      const last = parts.at(-1);
      if (last !== undefined && 'letter' in last && isOpen(last))
        return `has ${sign.repeat(width)} right behind a part without a fixed length`;
      parts.push({ letter: sign as Letter, width });
      at += width;
    } else {
      literal(sign);
      at++;
    }
  }
  return parts;
}

/** Whether a part takes one or two digits, so that what follows must not begin with one. */
function isOpen({ letter, width }: { letter: Letter; width: number }): boolean {
  return width === 1 && letter !== 'S' && letter !== 'a' && letter !== 'X';
}

function sourceOf(part: Part): string {
  if ('literal' in part) return part.literal.replace(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`);
  const { letter, width } = part;
  if (letter === 'M' && width >= 3)
    return `(${MONTHS.map((name) => (width === 3 ? name.slice(0, 3) : name)).join('|')})`;
  if (letter === 'a') return '(AM|PM)';
  if (letter === 'X')
    return width === 1
      ? String.raw`(Z|[+-]\d{2}(?:\d{2})?)`
      : width === 2
        ? String.raw`(Z|[+-]\d{4})`
        : String.raw`(Z|[+-]\d{2}:\d{2})`;
  return isOpen({ letter, width }) ? String.raw`(\d{1,2})` : String.raw`(\d{${width}})`;
}

/** A pattern of ours as a regular expression without choices that could be tried in many ways: it takes linear time. */
function parserOf(parts: readonly Part[]): TimePattern['parse'] {
  const expression = new RegExp(`^${parts.map(sourceOf).join('')}$`, 'i');
  const fields = parts.filter((part) => 'letter' in part);
  return (text) => {
    if (text.length > 2 * MAX_PATTERN) return undefined;
    const match = expression.exec(text);
    if (match === null) return undefined;
    const found: Partial<Record<Letter, string>> = {};
    for (const [index, { letter, width }] of fields.entries()) {
      const value = match[index + 1]!;
      found[letter] = letter === 'M' && width >= 3 ? String(monthOf(value)) : value;
    }
    return timeOf(found);
  };
}

function monthOf(name: string): number {
  const start = name.slice(0, 3).toLowerCase();
  return MONTHS.findIndex((month) => month.slice(0, 3).toLowerCase() === start) + 1;
}

function timeOf(found: Partial<Record<Letter, string>>): WrittenTime | undefined {
  const number = (letter: Letter, absent: number): number => Number(found[letter] ?? absent);
  const year = found.y?.length === 2 ? 2000 + Number(found.y) : number('y', 1970);
  const [month, day] = [number('M', 1), number('d', 1)];
  const fraction = (found.S ?? '').padEnd(6, '0');
  const [minute, second] = [number('m', 0), number('s', 0)];
  const hour = found.h === undefined ? number('H', 0) : halfDay(Number(found.h), found.a!);
  if (!isDate(year, month, day) || hour > 23 || minute > 59 || second > 59) return undefined;
  // Digits below a microsecond would be lost.
  if (!/^0*$/.test(fraction.slice(6))) return undefined;
  const seconds = (hour * 60 + minute) * 60 + second;
  const local = add(
    multiply(daysOfDate(year, month, day) * 86_400 + seconds, SECOND),
    Number(fraction.slice(0, 6)),
  );
  if (found.X === undefined) return { local };
  const offset = offsetOf(found.X);
  return offset === undefined ? undefined : { local, offset };
}

/** 12 AM is midnight, 12 PM is noon; 24 stands for no such hour. */
function halfDay(hour: number, half: string): number {
  if (hour < 1 || hour > 12) return 24;
  return (hour % 12) + (half.toUpperCase() === 'PM' ? 12 : 0);
}

function offsetOf(text: string): number | undefined {
  if (text.toUpperCase() === 'Z') return 0;
  const digits = text.slice(1).replace(':', '').padEnd(4, '0');
  const [hours, minutes] = [Number(digits.slice(0, 2)), Number(digits.slice(2))];
  if (hours > 18 || minutes > 59) return undefined;
  return (hours * 60 + minutes) * 60 * (text[0] === '-' ? -1 : 1) + 0;
}

function formatterOf(parts: readonly Part[]): TimePattern['format'] {
  return (local, offset) => {
    const clock = clockOf(local);
    let text = '';
    for (const part of parts) {
      if ('literal' in part) {
        text += part.literal;
        continue;
      }
      const { letter, width } = part;
      const shown = shownField(letter, width, clock, offset);
      if (shown === undefined) return undefined;
      text += shown;
    }
    return text;
  };
}

function shownField(
  letter: Letter,
  width: number,
  clock: ReturnType<typeof clockOf>,
  offset: number,
): string | undefined {
  const { year, month, day, hour, minute, second, micros } = clock;
  const digits = (value: number): string => String(value).padStart(width, '0');
  switch (letter) {
    case 'y':
      if (width === 2) return year >= 2000 && year <= 2099 ? digits(year % 100) : undefined;
      return year >= 0 && year <= 9999 ? digits(year) : undefined;
    case 'M':
      if (width < 3) return digits(month);
      return width === 3 ? MONTHS[month - 1]!.slice(0, 3) : MONTHS[month - 1];
    case 'd':
      return digits(day);
    case 'H':
      return digits(hour);
    case 'h':
      return digits(hour % 12 === 0 ? 12 : hour % 12);
    case 'm':
      return digits(minute);
    case 's':
      return digits(second);
    case 'S':
      return String(micros).padStart(6, '0').padEnd(9, '0').slice(0, width);
    case 'a':
      return hour < 12 ? 'AM' : 'PM';
    case 'X':
      return shownOffset(offset, width);
  }
}

/** Offsets with seconds, of times before the zones, have no place in a pattern. */
function shownOffset(offset: number, width: number): string | undefined {
  if (offset === 0) return 'Z';
  if (offset % 60 !== 0) return undefined;
  const minutes = Math.abs(offset) / 60;
  const hours = String(Math.floor(minutes / 60)).padStart(2, '0');
  const rest = String(minutes % 60).padStart(2, '0');
  const sign = offset < 0 ? '-' : '+';
  if (width === 3) return `${sign}${hours}:${rest}`;
  return width === 1 && rest === '00' ? sign + hours : sign + hours + rest;
}

/** The instant of a time whose text names its offset. */
export function instantOfOffset(local: Integer, offset: number): Integer {
  return subtract(local, multiply(offset, SECOND));
}
