import { RowCursor } from '@sluice/connector-sdk';
import { type ColumnKind, type RowSchema, SluiceError } from '@sluice/model';

/** How the end of a value is found: it has a length, a fixed size, or ends with a byte below 128. */
const SIZED = 0;
const VARINT = 255;
const SIZES: Readonly<Partial<Record<ColumnKind, number>>> = {
  boolean: 1,
  float: 4,
  double: 8,
  decimal: SIZED,
  string: SIZED,
  bytes: SIZED,
};

/** Made once for a schema: batches are many. */
const sizesBySchema = new WeakMap<RowSchema, Uint8Array>();

function sizesOf(schema: RowSchema): Uint8Array {
  let sizes = sizesBySchema.get(schema);
  if (sizes === undefined) {
    sizes = Uint8Array.from(schema.columns, ({ kind }) => SIZES[kind] ?? VARINT);
    sizesBySchema.set(schema, sizes);
  }
  return sizes;
}

/**
 * The row under way: where its fields are, so that they can be taken in any order and copied as bytes, and the texts that
 * transformers put in their place.
 */
export class SourceRow {
  /** First byte of each field, and the end of the row. */
  readonly at: Int32Array;
  readonly buffer: Buffer;
  /** By column: what a transformer made of it; only columns that a transformer changes are looked up here. */
  readonly replaced: (string | null)[];
  readonly #cursor: RowCursor;
  readonly #sizes: Uint8Array;
  readonly #branch: Uint8Array;
  readonly #start: Int32Array;
  #next = 0;

  constructor(schema: RowSchema, rows: Buffer) {
    const columns = schema.columns.length;
    this.buffer = rows;
    this.#cursor = new RowCursor(schema, rows);
    this.at = new Int32Array(columns + 1);
    this.replaced = Array.from({ length: columns }, () => null);
    this.#sizes = sizesOf(schema);
    this.#branch = new Uint8Array(columns);
    this.#start = new Int32Array(columns);
  }

  /** Whether another row follows. */
  more(): boolean {
    return this.#next < this.buffer.length;
  }

  /** Walks over the next row of the batch. Throws SLUICE_BUS_UNDECODABLE where it does not end within the batch. */
  read(): void {
    const { buffer, at: places } = this;
    const sizes = this.#sizes;
    const columns = sizes.length;
    let at = this.#next;
    for (let column = 0; column < columns; column++) {
      places[column] = at;
      const branch = buffer[at++]!;
      this.#branch[column] = branch >> 1;
      const size = branch === 4 ? SIZED : sizes[column]!;
      if (branch === 0) this.#start[column] = at;
      else if (size === SIZED) {
        let length = buffer[at++]!;
        if (length > 127) {
          length &= 127;
          let byte: number;
          let shift = 7;
          do {
            byte = buffer[at++]!;
            length |= (byte & 127) << shift;
            shift += 7;
          } while (byte & 128);
        }
        this.#start[column] = at;
        at += length >>> 1;
      } else {
        this.#start[column] = at;
        if (size === VARINT) while (buffer[at++]! & 128);
        else at += size;
      }
      if (at > buffer.length) throw new SluiceError('SLUICE_BUS_UNDECODABLE', 'A row ends behind its batch.');
    }
    places[columns] = at;
    this.#next = at;
  }

  /** A cursor whose getters read one field of the row. */
  stand(column: number): RowCursor {
    const cursor = this.#cursor;
    cursor.branch = this.#branch[column]!;
    cursor.start = this.#start[column]!;
    cursor.end = this.at[column + 1]!;
    return cursor;
  }

  /** The bytes of the row. */
  bytes(): Buffer {
    return this.buffer.subarray(this.at[0], this.at[this.at.length - 1]);
  }
}
