import { RecordWalk } from './record-walk.ts';
import type { FileSource } from './file-source.ts';
import { TextFile } from './text-file.ts';
import type { TextFormat } from './text-reader.ts';
import type { Piece } from './text-split.ts';

/** Files below this are not worth cutting. */
const CUT_FROM = 64 * 1024 * 1024;
/** The smallest piece. */
const LEAST_PIECE = 16 * 1024 * 1024;
/** To cut a file it has to be looked through, because only its quotes say where records begin: not beyond so many bytes. */
const MOST_LOOKED_THROUGH = 8 * 1024 * 1024 * 1024;
/** Pieces a channel, so that channels end at about the same time. */
const PIECES_PER_CHANNEL = 4;

/** Pins the files and cuts large ones at the beginnings of records. */
export async function planPieces(
  root: FileSource,
  files: readonly string[],
  format: TextFormat,
  channels: number,
): Promise<{ readonly pieces: readonly Piece[]; readonly notes: readonly string[] }> {
  const pieces: Piece[] = [];
  const notes: string[] = [];
  let looked = 0;
  for (const path of files) {
    const file = await TextFile.open(root, path, format.encoding);
    try {
      const pinned = await file.pin();
      if (pinned.size === 0) continue;
      const whole: Piece = { ...pinned, from: 0, to: pinned.size, line: 0 };
      if (channels === 1 || pinned.size < CUT_FROM) pieces.push(whole);
      else if (!file.isSeekable) {
        notes.push(`${path} is read by one channel: it is compressed or has to be decoded from its start.`);
        pieces.push(whole);
      } else if (looked + pinned.size > MOST_LOOKED_THROUGH) {
        notes.push(`${path} is read by one channel: it is too large to be looked through for places to cut.`);
        pieces.push(whole);
      } else {
        looked += pinned.size;
        const every = Math.max(LEAST_PIECE, pinned.size / (channels * PIECES_PER_CHANNEL));
        pieces.push(...(await cut(file, whole, format, every)));
      }
    } finally {
      await file.close();
    }
  }
  return { pieces, notes };
}

/** Pieces of about `every` bytes that begin where the reader would begin a record. */
export async function cut(file: TextFile, whole: Piece, format: TextFormat, every: number): Promise<Piece[]> {
  const window = await file.window(0);
  const walk = new RecordWalk(window, format.scanner(), 0);
  const starts = [{ from: 0, line: 0 }];
  for (;;) {
    const step = walk.step();
    if (step === 'end') break;
    if (step === 'more') {
      await walk.more();
      continue;
    }
    const { offset } = window;
    if (offset - starts.at(-1)!.from >= every && whole.size - offset > every / 2)
      starts.push({ from: offset, line: walk.line });
  }
  return starts.map(({ from, line }, i) => ({
    ...whole,
    from,
    line,
    to: starts[i + 1]?.from ?? whole.size,
  }));
}
