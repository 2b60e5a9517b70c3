import type {
  Parameters,
  ReadBatch,
  Reader,
  ReadOptions,
  ReadWish,
  RowBatchBuilder,
} from '@sluice/connector-sdk';
import {
  BatchAssembly,
  chooseColumns,
  declaredKey,
  type FileSource,
  type OpenSource,
  type PinnedFile,
  placeOf,
  printable,
  type Refusal,
  withKey,
} from '@sluice/file-kit';
import {
  type Column,
  type Position,
  type ReadPlan,
  type RowSchema,
  SluiceError,
  type Split,
} from '@sluice/model';
import type { SchemaElement } from 'hyparquet';
import { ColumnPages } from './column-pages.ts';
import { misread, ParquetFile } from './parquet-file.ts';
import { type Append, readColumnForm } from './read-column.ts';

/** Row groups `[from, to)` of one file. */
interface Piece extends PinnedFile {
  readonly from: number;
  readonly to: number;
}

interface PieceRange {
  readonly pieces: readonly Piece[];
  readonly columns: readonly string[];
}

/** Splits a channel that let channels end at about the same time. */
const WANTED_PER_CHANNEL = 4;

type Target =
  | {
      readonly pages: ColumnPages;
      readonly append: Append;
      readonly name: string;
      readonly nullable: boolean;
    }
  | { readonly constant: Buffer };

/** Reads a set of Parquet files row group by row group, page by page. */
export class ParquetReader implements Reader {
  readonly #open: OpenSource;
  readonly #parameters: Parameters;

  constructor(open: OpenSource, parameters: Parameters) {
    this.#open = open;
    this.#parameters = parameters;
  }

  /** The columns that the parameters name, or all, by the first file; and the declared key. */
  async describe(): Promise<RowSchema> {
    const columns = await this.#columns();
    return chooseColumns(this.#path, columns, undefined, declaredKey(this.#parameters, columns)).schema;
  }

  async #columns(): Promise<readonly Column[]> {
    const root = await this.#open();
    const [path] = await root.files(this.#path);
    const file = await ParquetFile.open(root, path!);
    try {
      const named = this.#parameters['columns'] as readonly string[] | undefined;
      const names =
        named === undefined || named.length === 0 ? elementsOf(file).map(({ name }) => name) : named;
      return this.#keyed(names.map((name) => formOf(file, name).column));
    } finally {
      await file.close();
    }
  }

  async plan(wish: ReadWish): Promise<ReadPlan> {
    const columns = await this.#columns();
    const root = await this.#open();
    const groups: { readonly piece: Piece; readonly rows: number }[] = [];
    for (const path of await root.files(this.#path)) {
      const file = await ParquetFile.open(root, path);
      try {
        // Every file has every column, of the same type: found out before anything is written.
        for (const column of columns) checkSame(column, formOf(file, column.name).column, path);
        file.metadata.row_groups.forEach((group, i) =>
          groups.push({ piece: { ...file.pinned, from: i, to: i + 1 }, rows: Number(group.num_rows) }),
        );
      } finally {
        await file.close();
      }
    }
    const count = groups.reduce((sum, { rows }) => sum + rows, 0);
    const names = columns.map(({ name }) => name);
    return {
      splits: deal(groups, names, wish.channels),
      schema: chooseColumns(this.#path, columns, wish.columns, declaredKey(this.#parameters, columns)).schema,
      rows: { count, kind: 'exact' },
      notes: [],
    };
  }

  async *read(split: Split, from: Position | null, options: ReadOptions): AsyncIterable<ReadBatch> {
    const root = await this.#open();
    const { pieces, columns } = split.range as PieceRange;
    const assembly = new BatchAssembly(options.limits);
    const [index, group, row] = placeOf(from);
    for (let i = index; i < pieces.length; i++) {
      const piece = pieces[i]!;
      const resume = i === index && from !== null ? { group, row } : { group: piece.from, row: 0 };
      yield* this.#piece(root, piece, i, resume, columns, options, assembly);
      if (options.signal.aborted) return;
    }
    if (!assembly.isEmpty) yield assembly.take();
  }

  async close(): Promise<void> {}

  #keyed(columns: readonly Column[]): Column[] {
    return withKey(columns, declaredKey(this.#parameters, columns));
  }

  get #path(): string {
    return String(this.#parameters['path']);
  }

  async *#piece(
    root: FileSource,
    piece: Piece,
    index: number,
    resume: { readonly group: number; readonly row: number },
    names: readonly string[],
    { columns: wish, signal }: ReadOptions,
    assembly: BatchAssembly,
  ): AsyncIterable<ReadBatch> {
    const file = await ParquetFile.open(root, piece.file);
    try {
      await file.check(piece);
      const columns = this.#keyed(names.map((name) => formOf(file, name).column));
      const { outputs } = chooseColumns(this.#path, columns, wish);
      for (let group = resume.group; group < piece.to; group++) {
        const { columns: chunks, num_rows: rows } = file.metadata.row_groups[group]!;
        const targets = outputs.map((output): Target => {
          if ('bytes' in output) return { constant: output.bytes };
          const chunk = chunks.find(
            ({ meta_data: meta }) => meta?.path_in_schema.join('.') === output.source,
          );
          const element = elementsOf(file).find(({ name }) => name === output.source)!;
          const { append } = formOf(file, output.source);
          return {
            pages: new ColumnPages(file, element, chunk!, Number(rows)),
            append,
            name: output.source,
            nullable: output.column.nullable,
          };
        });
        const pages = targets.flatMap((target) => ('pages' in target ? [target.pages] : []));
        const first = group === resume.group ? resume.row : 0;
        await pass(pages, first);
        for (let row = first; row < Number(rows); row++) {
          if (pages.some((column) => column.ready === 0)) {
            if (signal.aborted) return;
            for (const column of pages) if (column.ready === 0) await column.page();
          }
          const refusal = appendRow(assembly.builder, targets);
          for (const column of pages) column.next++;
          const shown = (): string => JSON.stringify({ file: piece.file, group, row });
          const closed =
            refusal === undefined
              ? assembly.good(index, group, row + 1, shown)
              : assembly.bad(placed(refusal, piece.file, group, row), index, group, row + 1, shown);
          if (closed !== undefined) yield closed;
          if (assembly.isFull) yield assembly.take();
          if (signal.aborted) return;
        }
      }
      await file.check(piece);
    } catch (error) {
      throw misread(error, piece.file);
    } finally {
      await file.close();
    }
  }
}

/** Appends the next value of every column; stops at the first that is none. */
function appendRow(builder: RowBatchBuilder, targets: readonly Target[]): Refusal | undefined {
  for (const target of targets) {
    if ('constant' in target) {
      builder.raw(target.constant, 0, target.constant.length);
      continue;
    }
    const value: unknown = target.pages.values[target.pages.next];
    if (value === null || value === undefined) {
      if (!target.nullable) {
        const { name } = target;
        return { code: 'SLUICE_SRC_VALUE', column: name, reason: `${name} is null` };
      }
      builder.nul();
    } else if (!target.append(builder, value)) {
      const reason = `the value of ${target.name} cannot be read exactly as what its type says`;
      return { code: 'SLUICE_SRC_VALUE', column: target.name, reason };
    }
  }
  return undefined;
}

/** Goes over the first rows of a row group. */
async function pass(pages: readonly ColumnPages[], rows: number): Promise<void> {
  for (const column of pages)
    for (let left = rows; left > 0;) {
      if (column.ready === 0) await column.page();
      const passed = Math.min(left, column.ready);
      column.next += passed;
      left -= passed;
    }
}

function placed(refusal: Refusal, file: string, group: number, row: number): Refusal {
  return {
    ...refusal,
    reason: `${printable(file)} row ${row + 1} of group ${group + 1}: ${refusal.reason}.`,
  };
}

/** Columns of the file; of one with parts of its own the part at the top. */
function elementsOf(file: ParquetFile): SchemaElement[] {
  const found: SchemaElement[] = [];
  const [root, ...elements] = file.metadata.schema;
  let at = 0;
  const skip = (): void => {
    const element = elements[at++];
    for (let i = 0; i < (element?.num_children ?? 0); i++) skip();
  };
  for (let i = 0; i < (root?.num_children ?? 0); i++) {
    found.push(elements[at]!);
    skip();
  }
  return found;
}

function formOf(file: ParquetFile, name: string): NonNullable<ReturnType<typeof readColumnForm>> {
  const element = elementsOf(file).find((candidate) => candidate.name === name);
  const path = printable(file.path);
  if (element === undefined)
    throw new SluiceError('SLUICE_SRC_COLUMN', { detail: `${path} has no column ${name}.`, place: name });
  const form = element.num_children === undefined ? readColumnForm(element) : undefined;
  if (form === undefined)
    throw new SluiceError('SLUICE_SRC_COLUMN', {
      detail: `Column ${name} of ${path} is a list, a map or a structure, which is not read.`,
      place: name,
      hint: 'Name the other columns in the parameters of the reader.',
    });
  return form;
}

function checkSame(wanted: Column, found: Column, path: string): void {
  const isSame =
    wanted.kind === found.kind && wanted.precision === found.precision && wanted.scale === found.scale;
  if (isSame) return;
  throw new SluiceError('SLUICE_SRC_FILE', {
    detail: `Column ${wanted.name} of ${printable(path)} is of another type than in the first file.`,
    place: wanted.name,
  });
}

/** Row groups in order, dealt out by rows; neighbours of one file become one piece. */
function deal(
  groups: readonly { readonly piece: Piece; readonly rows: number }[],
  columns: readonly string[],
  channels: number,
): Split[] {
  const most = channels === 1 ? 1 : channels * WANTED_PER_CHANNEL;
  const total = groups.reduce((sum, { rows }) => sum + rows, 0);
  const share = Math.max(1, total / Math.min(most, Math.max(groups.length, 1)));
  const dealt: Piece[][] = [];
  let taken = 0;
  for (const { piece, rows } of groups) {
    const wanted = Math.min(Math.floor(taken / share), most - 1);
    if (dealt.length === 0 || wanted >= dealt.length) dealt.push([]);
    const pieces = dealt.at(-1)!;
    const last = pieces.at(-1);
    if (last?.file === piece.file) pieces[pieces.length - 1] = { ...last, to: piece.to };
    else pieces.push(piece);
    taken += rows;
  }
  if (dealt.length === 0) dealt.push([]);
  return dealt.map((pieces, ordinal) => ({
    ordinal,
    range: { pieces, columns } satisfies PieceRange,
    label: pieces.map(({ file, from, to }) => `${file} groups ${from + 1} to ${to}`)[0] ?? 'no file',
    resumable: true,
  }));
}
