import type { RowBatchBuilder } from '@sluice/connector-sdk';
import {
  type BinaryText,
  type FieldParser,
  fieldParser,
  type Output,
  type RecordReader,
  type Refusal,
} from '@sluice/file-kit';
import type { Dialect } from './dialect.ts';
import { CsvScanner, ESCAPED, PLAIN } from './record-scanner.ts';

export interface CsvRecordOptions {
  readonly dialect: Dialect;
  readonly binary: BinaryText;
  /** Fields that a record has; `least`: at least so many. */
  readonly fields: number;
  readonly isLeast: boolean;
  /** Short records are filled with nulls, long ones cut. */
  readonly fits: boolean;
  /** Field of each output that is a source column. */
  readonly indexOf: (source: string) => number;
}

type Target =
  | {
      readonly name: string;
      readonly field: number;
      readonly kind: string;
      readonly nullable: boolean;
      readonly parse: FieldParser;
    }
  | { readonly constant: Buffer };

/** Records of one file, field by field into the builder. */
export class CsvRecordReader extends CsvScanner implements RecordReader {
  readonly #targets: readonly Target[];
  readonly #options: CsvRecordOptions;
  readonly #nullText: Buffer | undefined;
  #buffer: Buffer = Buffer.alloc(0);
  #scratch = Buffer.allocUnsafe(4096);

  constructor(options: CsvRecordOptions, outputs: readonly Output[]) {
    super(options.dialect, options.fields === 1);
    this.#options = options;
    this.#nullText = options.dialect.nullText;
    this.#targets = outputs.map((output): Target => {
      if ('bytes' in output) return { constant: output.bytes };
      const { column, source } = output;
      return {
        name: source,
        field: options.indexOf(source),
        kind: column.kind,
        nullable: column.nullable,
        parse: fieldParser(column, options.binary),
      };
    });
  }

  override scan(buffer: Buffer, from: number, to: number, ended: boolean): number {
    this.#buffer = buffer;
    return super.scan(buffer, from, to, ended);
  }

  append(builder: RowBatchBuilder): Refusal | undefined {
    const { fields, isLeast, fits } = this.#options;
    const isRagged = isLeast ? this.count < fields : this.count !== fields;
    if (isRagged && !fits) {
      const reason = `${this.count} fields where ${isLeast ? 'at least ' : ''}${fields} are wanted`;
      return { code: 'SLUICE_SRC_VALUE', reason };
    }
    for (const target of this.#targets) {
      if ('constant' in target) {
        builder.raw(target.constant, 0, target.constant.length);
        continue;
      }
      const { field, name, nullable } = target;
      if (field >= this.count || this.#isNullField(field)) {
        if (!nullable) return { code: 'SLUICE_SRC_VALUE', column: name, reason: `${name} is null` };
        builder.nul();
      } else if (!this.#field(builder, field, target.parse)) {
        const reason = `the value of ${name} is not of type ${target.kind}`;
        return { code: 'SLUICE_SRC_VALUE', column: name, reason };
      }
    }
    return undefined;
  }

  #field(builder: RowBatchBuilder, field: number, parse: FieldParser): boolean {
    const start = this.starts[field]!;
    const end = this.ends[field]!;
    if (this.kinds[field] !== ESCAPED) return parse(builder, this.#buffer, start, end);
    if (this.#scratch.length < end - start) this.#scratch = Buffer.allocUnsafe((end - start) * 2);
    const length = this.unescape(this.#buffer, start, end, this.#scratch);
    return parse(builder, this.#scratch, 0, length);
  }

  /** Quoted fields never are; `\N` written with a backslash as the escape is, when that is the text for null. */
  #isNullField(field: number): boolean {
    const kind = this.kinds[field];
    const isBare = kind === PLAIN || (kind === ESCAPED && this.#options.dialect.quote < 0);
    return isBare && this.#isNull(this.starts[field]!, this.ends[field]!);
  }

  #isNull(start: number, end: number): boolean {
    const text = this.#nullText;
    if (text === undefined || end - start !== text.length) return false;
    for (let i = 0; i < text.length; i++) if (this.#buffer[start + i] !== text[i]) return false;
    return true;
  }
}
