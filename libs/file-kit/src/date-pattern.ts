import { civilFromDays } from '@sluice/connector-sdk';
import { SluiceError } from '@sluice/model';
import type { TextBuffer } from './text-buffer.ts';

/** Writes a day (since 1970) and a time of that day (microseconds). Answers false, with nothing written, for years that have no form. */
export type DatePattern = (out: TextBuffer, days: number, micros: number) => boolean;

type Piece = (out: TextBuffer, parts: Parts) => void;

interface Parts {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly micros: number;
}

const FRACTION_DIGITS = 6;

/** What a letter stands for, and how often it may stand in a row. */
const LETTERS: Readonly<Record<string, readonly [most: number, piece: (width: number) => Piece]>> = {
  y: [
    4,
    (width) =>
      (out, { year }) =>
        out.digits(width === 2 ? year % 100 : year, width === 2 ? 2 : 4),
  ],
  M: [2, number(({ month }) => month)],
  d: [2, number(({ day }) => day)],
  H: [2, number(({ micros }) => Math.floor(micros / 3.6e9))],
  m: [2, number(({ micros }) => Math.floor(micros / 6e7) % 60)],
  s: [2, number(({ micros }) => Math.floor(micros / 1e6) % 60)],
  S: [
    FRACTION_DIGITS,
    (width) =>
      (out, { micros }) =>
        out.digits(Math.floor((micros % 1e6) / 10 ** (FRACTION_DIGITS - width)), width),
  ],
};

/**
 * Patterns as job files have them: `yyyy-MM-dd HH:mm:ss.SSS`, other letters between apostrophes. Numbers only, so that no language is
 * needed. Throws SLUICE_CFG_INVALID.
 */
export function datePattern(pattern: string): DatePattern {
  const pieces: Piece[] = [];
  for (const [text, quoted, letter] of pattern.matchAll(/'((?:[^']|'')*)'|([A-Za-z])\2*|[^A-Za-z']+|'/g)) {
    if (letter === undefined) {
      if (text === "'") throw invalid('an apostrophe is not closed');
      const literal = Buffer.from(
        quoted === undefined ? text : quoted === '' ? "'" : quoted.replaceAll("''", "'"),
      );
      pieces.push((out) => out.bytes(literal));
      continue;
    }
    const [most, piece] = (Object.hasOwn(LETTERS, letter) ? LETTERS[letter] : undefined) ?? [0, undefined];
    if (piece === undefined || text.length > most) throw invalid(`${text} stands for nothing`);
    pieces.push(piece(text.length));
  }
  if (pieces.length === 0) throw invalid('it is empty');
  return (out, days, micros) => {
    const [year, month, day] = civilFromDays(days);
    if (year < 0 || year > 9999) return false;
    const parts = { year, month, day, micros };
    for (const piece of pieces) piece(out, parts);
    return true;
  };
}

function number(of: (parts: Parts) => number): (width: number) => Piece {
  return (width) => (out, parts) => {
    const value = of(parts);
    out.digits(value, width === 1 && value > 9 ? 2 : width);
  };
}

function invalid(why: string): SluiceError {
  return new SluiceError('SLUICE_CFG_INVALID', {
    detail: `The form of dates is not valid: ${why}.`,
    place: '/dateFormat',
    hint: "Letters are yyyy, yy, MM, dd, HH, mm, ss and S; others stand between apostrophes: yyyy-MM-dd'T'HH:mm:ss.",
  });
}
