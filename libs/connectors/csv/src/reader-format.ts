import type { Parameters } from '@sluice/connector-sdk';
import {
  type BinaryText,
  declaredKey,
  type Output,
  type Place,
  printable,
  RecordWalk,
  type TextEncodingName,
  type TextFile,
  type TextFormat,
  withKey,
} from '@sluice/file-kit';
import { type Column, SluiceError } from '@sluice/model';
import { checkTypes, columnsOf, namedFields, positional } from './columns.ts';
import { type Dialect, dialectOf } from './dialect.ts';
import { CsvRecordReader } from './record-reader.ts';
import { CsvScanner } from './record-scanner.ts';

interface FirstRecord {
  readonly texts: readonly string[];
  /** Place behind it. */
  readonly behind: Place;
}

/** CSV as the reader's parameters say. */
export class CsvReaderFormat implements TextFormat {
  readonly encoding: TextEncodingName;
  readonly #parameters: Parameters;
  readonly #dialect: Dialect;
  readonly #hasHeader: boolean;

  constructor(parameters: Parameters) {
    this.#parameters = parameters;
    this.#dialect = dialectOf(parameters);
    this.encoding = (parameters['encoding'] ?? 'utf-8') as TextEncodingName;
    this.#hasHeader = parameters['header'] !== false;
  }

  scanner(): CsvScanner {
    return new CsvScanner(this.#dialect);
  }

  async columns(sample: TextFile): Promise<readonly Column[]> {
    const named = namedFields(this.#parameters)?.map(({ name }) => name);
    if (named !== undefined) return this.columnsNamed(named);
    const first = await this.#first(sample);
    const names = this.#hasHeader
      ? headerOf(first.texts, sample.path)
      : first.texts.map((_, i) => positional(i));
    checkTypes(names, this.#parameters);
    return this.columnsNamed(names);
  }

  columnsNamed(names: readonly string[]): readonly Column[] {
    const known = names.length > 0 ? names : (namedFields(this.#parameters)?.map(({ name }) => name) ?? []);
    const columns = columnsOf(known, this.#parameters);
    return withKey(columns, this.key(columns));
  }

  key(columns: readonly Column[]): readonly string[] {
    return declaredKey(this.#parameters, columns);
  }

  async records(
    file: TextFile,
    columns: readonly Column[],
    outputs: readonly Output[],
  ): Promise<{ records: CsvRecordReader; from: Place }> {
    const first = await this.#first(file);
    const fields = namedFields(this.#parameters);
    const indexes = new Map<string, number>();
    for (const [i, { name }] of columns.entries()) {
      const index = fields?.find((field) => field.name === name)?.index;
      indexes.set(name, index ?? (this.#hasHeader ? indexIn(first.texts, name, file.path) : i));
    }
    const isLeast = !this.#hasHeader && (fields?.some(({ index }) => index !== undefined) ?? false);
    const count = this.#hasHeader
      ? first.texts.length
      : isLeast
        ? Math.max(...indexes.values()) + 1
        : columns.length;
    const records = new CsvRecordReader(
      {
        dialect: this.#dialect,
        binary: (this.#parameters['binary'] ?? 'hex') as BinaryText,
        fields: count,
        isLeast,
        fits: this.#parameters['ragged'] === 'fit',
        indexOf: (source) => indexes.get(source)!,
      },
      outputs,
    );
    return { records, from: this.#hasHeader ? first.behind : [0, 0, 0] };
  }

  /** The fields of the first record of a file. Throws SLUICE_SRC_FILE when it cannot be read as a record. */
  async #first(file: TextFile): Promise<FirstRecord> {
    const window = await file.window(0);
    const scanner = this.scanner();
    const walk = new RecordWalk(window, scanner, 0);
    for (;;) {
      const step = walk.step();
      if (step === 'more') {
        await walk.more();
        continue;
      }
      if (step === 'end') return { texts: [], behind: [0, window.offset, walk.line] };
      if (step === 'bad' || !window.isSound(walk.from, walk.to))
        throw new SluiceError('SLUICE_SRC_FILE', {
          detail: `The first record of ${printable(file.path)} cannot be read: ${
            step === 'bad' ? walk.fault : `it is not valid ${this.encoding}`
          }.`,
          place: printable(file.path),
        });
      const texts = Array.from({ length: scanner.count }, (_, i) => scanner.text(window.buffer, i));
      return { texts, behind: [0, window.offset, walk.line] };
    }
  }
}

function headerOf(texts: readonly string[], path: string): readonly string[] {
  const seen = new Set<string>();
  for (const [i, text] of texts.entries()) {
    const fault = text === '' ? `has no name for field ${i + 1}` : seen.has(text) ? `has ${text} twice` : '';
    if (fault !== '')
      throw new SluiceError('SLUICE_SRC_FILE', {
        detail: `The header of ${printable(path)} ${fault}.`,
        place: printable(path),
        hint: 'Name the columns by their index in the parameters of the reader.',
      });
    seen.add(text);
  }
  return texts;
}

function indexIn(header: readonly string[], name: string, path: string): number {
  const index = header.indexOf(name);
  if (index >= 0) return index;
  throw new SluiceError('SLUICE_SRC_COLUMN', {
    detail: `The header of ${printable(path)} has no column ${name}.`,
    place: name,
  });
}
