import type { ReadBatch, Reader, ReadOptions, ReadWish, RowBatchBuilder } from '@sluice/connector-sdk';
import {
  type Column,
  type Position,
  type ReadPlan,
  type RowSchema,
  SluiceError,
  type Split,
} from '@sluice/model';
import { BatchAssembly, type Place, placeOf, type Refusal } from './batch-assembly.ts';
import { chooseColumns, type Output } from './column-choice.ts';
import { classify, printable } from './errors.ts';
import type { FileSource, OpenSource } from './file-source.ts';
import { type RecordScanner, RecordWalk } from './record-walk.ts';
import type { TextEncodingName } from './text-encoding.ts';
import { TextFile } from './text-file.ts';
import { planPieces } from './text-plan.ts';
import { dealPieces, type Piece, type PieceRange } from './text-split.ts';

/** The records of one file on their way into batches. */
export interface RecordReader extends RecordScanner {
  /** Appends the record that was scanned last, all its fields or, with a reason, what is to be dropped. */
  append(builder: RowBatchBuilder): Refusal | undefined;
}

/** A format of text files, with the reader's parameters. */
export interface TextFormat {
  readonly encoding: TextEncodingName;
  scanner(): RecordScanner;
  /** The columns of a file set by its first file that has anything in it. */
  columns(sample: TextFile): Promise<readonly Column[]>;
  /** The columns of the same names. */
  columnsNamed(names: readonly string[]): readonly Column[];
  /** The parameter `key` against these columns. */
  key(columns: readonly Column[]): readonly string[];
  /** A reader of one file's records, and where the first of them begins (behind a header). */
  records(
    file: TextFile,
    columns: readonly Column[],
    outputs: readonly Output[],
  ): Promise<{ readonly records: RecordReader; readonly from: Place }>;
}

/** Longest part of a bad record that is shown. */
const SHOWN = 16 * 1024;

/** Reads a set of text files record by record. */
export class TextReader implements Reader {
  readonly #open: OpenSource;
  readonly #path: string;
  readonly #format: TextFormat;

  constructor(open: OpenSource, path: string, format: TextFormat) {
    this.#open = open;
    this.#path = path;
    this.#format = format;
  }

  /** The columns and the declared key of the file set. Throws SLUICE_SRC_FILE when there is no file. */
  async describe(): Promise<RowSchema> {
    const columns = await this.#columns();
    return chooseColumns(this.#path, columns, undefined, this.#format.key(columns)).schema;
  }

  async #columns(): Promise<readonly Column[]> {
    const root = await this.#open();
    for (const path of await root.files(this.#path)) {
      const file = await TextFile.open(root, path, this.#format.encoding);
      try {
        const window = await file.window(0);
        while (window.start === window.end && (await window.fill()));
        if (window.end > window.start) return await this.#format.columns(file);
      } finally {
        await file.close();
      }
    }
    return this.#format.columnsNamed([]);
  }

  async plan(wish: ReadWish): Promise<ReadPlan> {
    const columns = await this.#columns();
    if (columns.length === 0)
      throw new SluiceError('SLUICE_SRC_FILE', {
        detail: `${printable(this.#path)}: all files are empty, so that there are no columns.`,
        hint: 'Name the columns in the parameters of the reader.',
      });
    const root = await this.#open();
    const files = await root.files(this.#path);
    const planned = await planPieces(root, files, this.#format, wish.channels);
    const names = columns.map((column) => column.name);
    return {
      splits: dealPieces(planned.pieces, names, wish.channels),
      schema: chooseColumns(this.#path, columns, wish.columns, this.#format.key(columns)).schema,
      notes: planned.notes,
    };
  }

  async *read(split: Split, from: Position | null, options: ReadOptions): AsyncIterable<ReadBatch> {
    const root = await this.#open();
    const { pieces, columns } = split.range as PieceRange;
    const place = placeOf(from);
    const assembly = new BatchAssembly(options.limits);
    for (let i = place[0]; i < pieces.length; i++) {
      const start = i === place[0] && from !== null ? place : undefined;
      yield* this.#piece(root, pieces[i]!, i, start, columns, options, assembly);
      if (options.signal.aborted) return;
    }
    if (!assembly.isEmpty) yield assembly.take();
  }

  async close(): Promise<void> {}

  async *#piece(
    root: FileSource,
    piece: Piece,
    index: number,
    resume: Place | undefined,
    names: readonly string[],
    { columns: wish, signal }: ReadOptions,
    assembly: BatchAssembly,
  ): AsyncIterable<ReadBatch> {
    const file = await TextFile.open(root, piece.file, this.#format.encoding);
    try {
      await file.check(piece);
      const columns = this.#format.columnsNamed(names);
      const { outputs } = chooseColumns(this.#path, columns, wish);
      const { records, from } = await this.#format.records(file, columns, outputs);
      const [, offset, line] = resume ?? (piece.from > 0 ? [0, piece.from, piece.line] : from);
      const window = await file.window(offset, file.isSeekable ? piece.to : undefined);
      const walk = new RecordWalk(window, records, line);
      const shown = (): string =>
        this.#shown(window.buffer.subarray(walk.from, walk.to), piece.file, walk.at);
      for (;;) {
        if (signal.aborted) return;
        const step = walk.step();
        if (step === 'end') break;
        if (step === 'more') {
          await walk.more();
          continue;
        }
        let refusal: Refusal | undefined;
        if (step === 'bad') refusal = { code: 'SLUICE_SRC_VALUE', reason: walk.fault };
        else if (!window.isSound(walk.from, walk.to))
          refusal = { code: 'SLUICE_SRC_VALUE', reason: `the text is not valid ${this.#format.encoding}` };
        else refusal = records.append(assembly.builder);
        const closed =
          refusal === undefined
            ? assembly.good(index, window.offset, walk.line, shown)
            : assembly.bad(placed(refusal, piece.file, walk.at), index, window.offset, walk.line, shown);
        if (closed !== undefined) yield closed;
        if (assembly.isFull) yield assembly.take();
      }
      // What was appended or changed meanwhile was read in part.
      await file.check(piece);
    } catch (error) {
      throw classify(error, 'source', piece.file);
    } finally {
      await file.close();
    }
  }

  #shown(text: Buffer, file: string, line: number): string {
    return JSON.stringify({
      file,
      line,
      text: text
        .subarray(0, SHOWN)
        .toString()
        .replace(/\r?\n$/, ''),
    });
  }
}

function placed(refusal: Refusal, file: string, line: number): Refusal {
  return { ...refusal, reason: `${printable(file)} line ${line}: ${refusal.reason}.` };
}
