import { serialize } from 'node:v8';
import { RowCursor } from '@sluice/connector-sdk';
import { type Encoded, missing, type RowsEncoder, unfit } from '@sluice/file-kit';
import type { RowSchema } from '@sluice/model';
import type { CompressionCodec, RowGroup, SchemaElement } from 'hyparquet';
import { ByteWriter, ParquetWriter } from 'hyparquet-writer';
import { COMPRESSORS } from './compressors.ts';
import { type Physical, type WrittenColumn, writtenColumn } from './written-column.ts';

/** Uncompressed bytes of a page. */
const PAGE_BYTES = 1024 * 1024;
/** The magic bytes that a writer begins with. */
const MAGIC_BYTES = 4;

/** Rows as row groups: what was added between two `take`s is one of them. */
export class ParquetRows implements RowsEncoder {
  readonly streams = false;
  readonly #schema: RowSchema;
  readonly #columns: readonly WrittenColumn[];
  readonly #codec: CompressionCodec;
  readonly #values: Physical[][];
  #bytes = 0;
  #marked = { rows: 0, bytes: 0 };

  constructor(schema: RowSchema, codec: CompressionCodec) {
    this.#schema = schema;
    this.#columns = schema.columns.map(writtenColumn);
    this.#codec = codec;
    this.#values = this.#columns.map(() => []);
  }

  get pendingBytes(): number {
    return this.#bytes;
  }

  add(rows: Buffer): void {
    const before = this.#values[0]?.length ?? 0;
    const cursor = new RowCursor(this.#schema, rows);
    try {
      while (cursor.more()) this.#row(cursor);
    } catch (error) {
      for (const values of this.#values) values.length = before;
      throw error;
    }
    this.#bytes += rows.length;
  }

  take(at: number): Encoded {
    const writer = new ByteWriter(this.#bytes + 4096);
    // The writer puts its magic first: it is left out, and offsets are as if it ended where the group goes.
    writer.offset = at - MAGIC_BYTES;
    const parquet = new ParquetWriter({
      writer,
      schema: rootOf(this.#columns.map(({ physical }) => physical)),
      codec: this.#codec,
      compressors: COMPRESSORS,
    });
    void parquet.write({
      columnData: this.#columns.map(({ physical, isPlain }, i) => ({
        name: physical.name,
        data: this.#values[i]! as unknown[],
        offsetIndex: false,
        ...(isPlain ? { encoding: 'PLAIN' as const } : {}),
      })),
      rowGroupSize: Infinity,
      pageSize: PAGE_BYTES,
    });
    const groups = parquet.row_groups.map((group) => withStatistics(group, this.#columns));
    const data = Buffer.from(writer.getBytes().subarray(MAGIC_BYTES));
    this.clear();
    return { data, note: noteOf(groups) };
  }

  mark(): void {
    this.#marked = { rows: this.#values[0]?.length ?? 0, bytes: this.#bytes };
  }

  reset(): void {
    const { rows, bytes } = this.#marked;
    for (const values of this.#values) values.length = rows;
    this.#bytes = bytes;
  }

  clear(): void {
    for (const values of this.#values) values.length = 0;
    this.#bytes = 0;
    this.#marked = { rows: 0, bytes: 0 };
  }

  #row(cursor: RowCursor): void {
    const { columns } = this.#schema;
    for (let i = 0; i < columns.length; i++) {
      cursor.field();
      const column = columns[i]!;
      if (cursor.branch === 0) {
        if (!column.nullable) throw missing(column);
        this.#values[i]!.push(null);
      } else if (cursor.branch === 1) this.#values[i]!.push(this.#columns[i]!.value(cursor));
      else throw unfit(column, `Parquet has no ${cursor.text().slice(0, 40)} of this type`);
    }
  }
}

export function rootOf(elements: readonly SchemaElement[]): SchemaElement[] {
  return [{ name: 'schema', num_children: elements.length }, ...elements];
}

/** Bounds as the footer has to have them: of decimals as big integers, and none where bytes are in another order. */
function withStatistics(group: RowGroup, columns: readonly WrittenColumn[]): RowGroup {
  return {
    ...group,
    columns: group.columns.map((chunk, i) => {
      const { element } = columns[i]!;
      const statistics = chunk.meta_data?.statistics;
      if (statistics === undefined || element.converted_type !== 'DECIMAL') return chunk;
      const { min_value, max_value, ...counts } = statistics;
      const isNumber = element.type !== 'FIXED_LEN_BYTE_ARRAY' && min_value !== undefined;
      const bounds = isNumber
        ? { min_value: BigInt(min_value as number), max_value: BigInt(max_value as number) }
        : {};
      return { ...chunk, meta_data: { ...chunk.meta_data!, statistics: { ...counts, ...bounds } } };
    }),
  };
}

/** Row groups with their length before them. */
function noteOf(groups: readonly RowGroup[]): Buffer {
  const content = serialize(groups);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(content.length);
  return Buffer.concat([length, content]);
}
