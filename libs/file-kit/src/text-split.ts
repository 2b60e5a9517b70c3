import type { Split } from '@sluice/model';
import type { PinnedFile } from './pinned-file.ts';

/** A part of one file: the records that begin in `[from, to)`. */
export interface Piece extends PinnedFile {
  readonly from: number;
  readonly to: number;
  /** Lines before `from`. */
  readonly line: number;
}

/** What a split of a text reader reads: pieces of files in order, and the columns that the files were found to have. */
export interface PieceRange {
  readonly pieces: readonly Piece[];
  readonly columns: readonly string[];
}

/** Splits of a task: at most so many a channel (ReadWish). */
const MOST_PER_CHANNEL = 64;
/** Splits a channel that let channels end at about the same time. */
const WANTED_PER_CHANNEL = 4;

/**
 * Deals pieces out to splits, in order and of about the same number of bytes: the rows of split 0 come before those of split 1
 * in the file set.
 */
export function dealPieces(pieces: readonly Piece[], columns: readonly string[], channels: number): Split[] {
  const bytes = (piece: Piece): number => piece.to - piece.from;
  const total = pieces.reduce((sum, piece) => sum + bytes(piece), 0);
  const most = channels === 1 ? 1 : channels * (pieces.length > 1000 ? MOST_PER_CHANNEL : WANTED_PER_CHANNEL);
  const share = Math.max(1, total / Math.min(most, Math.max(pieces.length, 1)));
  const groups: Piece[][] = [];
  let taken = 0;
  for (const piece of pieces) {
    const group = Math.min(Math.floor(taken / share), most - 1);
    const last = groups.at(-1);
    if (last === undefined || group >= groups.length) groups.push([piece]);
    else last.push(piece);
    taken += bytes(piece);
  }
  if (groups.length === 0) groups.push([]);
  return groups.map((group, ordinal) => ({
    ordinal,
    range: { pieces: group, columns } satisfies PieceRange,
    label: labelOf(group),
    resumable: true,
  }));
}

function labelOf(pieces: readonly Piece[]): string {
  const [first] = pieces;
  if (first === undefined) return 'no file';
  if (pieces.length > 1) return `${first.file} and ${pieces.length - 1} more files`;
  const isWhole = first.from === 0 && first.to >= first.size;
  return isWhole ? first.file : `${first.file} bytes ${first.from} to ${first.to}`;
}
