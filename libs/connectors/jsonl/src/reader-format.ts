import type { Parameters } from '@sluice/connector-sdk';
import {
  type BinaryText,
  declaredColumn,
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
import { ESCAPED, JsonFault, JsonScanner } from './json-scanner.ts';
import { LineScanner } from './line-scanner.ts';
import { JsonRecordReader } from './record-reader.ts';

/** So much of the first file is looked at for its keys. */
const SAMPLED_RECORDS = 1000;
const SAMPLED_BYTES = 1024 * 1024;

/** JSON lines as the reader's parameters say. */
export class JsonlReaderFormat implements TextFormat {
  readonly encoding: TextEncodingName;
  readonly #parameters: Parameters;
  readonly #types: ReadonlyMap<string, string>;

  constructor(parameters: Parameters) {
    this.#parameters = parameters;
    this.encoding = (parameters['encoding'] ?? 'utf-8') as TextEncodingName;
    this.#types = new Map(
      Object.entries((parameters['types'] ?? {}) as Record<string, unknown>).map(([name, type]) => [
        name,
        String(type),
      ]),
    );
  }

  scanner(): LineScanner {
    return new LineScanner();
  }

  async columns(sample: TextFile): Promise<readonly Column[]> {
    const names = this.#declared() ?? (await this.#keysOf(sample));
    const others = [...this.#types.keys()].filter((name) => !names.includes(name));
    // A key that is not read may have a type all the same; one that is nowhere is a mistake.
    const known = others.length > 0 ? await this.#keysOf(sample) : names;
    for (const name of others)
      if (!known.includes(name))
        throw new SluiceError('SLUICE_SRC_COLUMN', {
          detail: `There is no key ${name} for the type in the parameters.`,
          place: name,
        });
    return this.columnsNamed(names);
  }

  columnsNamed(names: readonly string[]): readonly Column[] {
    const known = names.length > 0 ? names : (this.#declared() ?? []);
    const columns = known.map((name) => declaredColumn(name, this.#types.get(name)));
    return withKey(columns, this.key(columns));
  }

  key(columns: readonly Column[]): readonly string[] {
    return declaredKey(this.#parameters, columns);
  }

  async records(
    _file: TextFile,
    columns: readonly Column[],
    outputs: readonly Output[],
  ): Promise<{ records: JsonRecordReader; from: Place }> {
    const keys = columns.map(({ name }) => name);
    const binary = (this.#parameters['binary'] ?? 'hex') as BinaryText;
    const isOpen = this.#declared() !== undefined;
    return { records: new JsonRecordReader({ binary, keys, isOpen }, outputs), from: [0, 0, 0] };
  }

  #declared(): readonly string[] | undefined {
    const given = this.#parameters['columns'] as readonly unknown[] | undefined;
    if (given === undefined || given.length === 0) return undefined;
    const names = given.map(String);
    if (new Set(names).size < names.length)
      throw new SluiceError('SLUICE_CFG_INVALID', { detail: 'A column is named twice.', place: '/columns' });
    return names;
  }

  /** Keys of the first records, in the order in which they appear. */
  async #keysOf(file: TextFile): Promise<string[]> {
    const window = await file.window(0);
    const scanner = this.scanner();
    const walk = new RecordWalk(window, scanner, 0);
    const names = new Set<string>();
    let fault = 'there is no object in it';
    for (let records = 0; records < SAMPLED_RECORDS && window.offset < SAMPLED_BYTES;) {
      const step = walk.step();
      if (step === 'end') break;
      if (step === 'more') await walk.more();
      else if (step === 'record') {
        records++;
        try {
          for (const key of keysOf(window.buffer, walk.from, walk.to)) names.add(key);
        } catch (error) {
          if (!(error instanceof JsonFault)) throw error;
          fault = error.message;
        }
      }
    }
    if (names.size === 0)
      throw new SluiceError('SLUICE_SRC_FILE', {
        detail: `${printable(file.path)} shows no keys: ${fault}.`,
        place: printable(file.path),
        hint: 'Name the columns in the parameters of the reader.',
      });
    return [...names];
  }
}

function keysOf(buffer: Buffer, from: number, to: number): string[] {
  const json = new JsonScanner();
  json.begin(buffer, from, to);
  json.expect('{');
  const keys: string[] = [];
  while (json.peek() !== 0x7d) {
    if (keys.length > 0) json.expect(',');
    json.peek();
    const kind = json.string();
    const { start, end } = json;
    const scratch = Buffer.allocUnsafe(end - start);
    const length = kind === ESCAPED ? json.unescape(scratch) : buffer.copy(scratch, 0, start, end);
    keys.push(scratch.toString('utf8', 0, length));
    json.expect(':');
    json.value();
  }
  return keys;
}
