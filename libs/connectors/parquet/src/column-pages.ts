import type { ColumnChunk, DecodedArray, SchemaElement } from 'hyparquet';
import { parquetHeader, readPage } from 'hyparquet/src/column.js';
import { convert, DEFAULT_PARSERS } from 'hyparquet/src/convert.js';
import { DECOMPRESSORS } from './compressors.ts';
import { damaged, type ParquetFile } from './parquet-file.ts';

/** What is read at a time: most pages are smaller. */
const WINDOW = 1024 * 1024 + 64 * 1024;
/** A page header with its statistics. */
const HEADER = 64 * 1024;
/** A larger page is not held in memory. */
const MOST_PAGE = 256 * 1024 * 1024;

type Header = ReturnType<typeof parquetHeader>;

const viewOf = (bytes: Buffer): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Values of one column of one row group, a page at a time. */
export class ColumnPages {
  readonly #file: ParquetFile;
  readonly #decoder: Parameters<typeof readPage>[2];
  readonly #end: number;
  readonly #rows: number;
  #at: number;
  #window: Buffer = Buffer.alloc(0);
  #windowAt = 0;
  #dictionary: DecodedArray | undefined;
  /** The page under way, and the next value of it. */
  values: DecodedArray = [];
  next = 0;

  /** `rows`: of the row group. */
  constructor(file: ParquetFile, element: SchemaElement, chunk: ColumnChunk, rows: number) {
    this.#rows = rows;
    const meta = chunk.meta_data;
    if (meta === undefined || chunk.file_path !== undefined)
      throw damaged(file.path, 'its columns lie in other files');
    this.#file = file;
    const start = Number(meta.dictionary_page_offset ?? 0n) || Number(meta.data_page_offset);
    this.#at = Math.min(start, Number(meta.data_page_offset));
    this.#end = this.#at + Number(meta.total_compressed_size);
    const { name, type, type_length, repetition_type } = element;
    // Without what the type means: values come as they are stored, and no date or number is made of them.
    const bare: SchemaElement = {
      name,
      type: type!,
      ...(type_length === undefined ? {} : { type_length }),
      ...(repetition_type === undefined ? {} : { repetition_type }),
    };
    const root: SchemaElement = { name: 'schema', num_children: 1 };
    const node = (
      at: SchemaElement,
    ): { children: []; count: number; element: SchemaElement; path: string[] } => ({
      children: [],
      count: 1,
      element: at,
      path: at === bare ? [name] : [],
    });
    this.#decoder = {
      pathInSchema: [name],
      type: type!,
      element: bare,
      schemaPath: [node(root), node(bare)],
      codec: meta.codec,
      compressors: DECOMPRESSORS,
      utf8: false,
      parsers: { ...DEFAULT_PARSERS, timestampFromNanoseconds: (nanos: bigint) => nanos },
    };
  }

  /** Values that can be taken before the next page has to be read. */
  get ready(): number {
    return this.values.length - this.next;
  }

  /** Reads pages until one has values; rejects at the end of the column. */
  async page(): Promise<void> {
    for (;;) {
      if (this.#at >= this.#end)
        throw damaged(this.#file.path, 'a column has fewer values than its row group');
      const header = await this.#headerAt();
      this.#judge(header);
      const size = header.compressed_page_size;
      const body = await this.#take(size);
      if (body.length < size) throw damaged(this.#file.path, 'it ends within a page');
      const { data } = this.#guarded(() => {
        const reader = { view: viewOf(body), offset: 0 };
        return readPage(reader, header, this.#decoder, this.#dictionary, undefined, 0);
      });
      if (header.type === 'DICTIONARY_PAGE') this.#dictionary = convert(data!, this.#decoder);
      else if (data !== undefined && data.length > 0) {
        this.values = data;
        this.next = 0;
        return;
      }
    }
  }

  async #headerAt(): Promise<Header> {
    const bytes = await this.#look(Math.min(HEADER, this.#end - this.#at));
    const reader = { view: viewOf(bytes), offset: 0 };
    const header = this.#guarded(() => parquetHeader(reader));
    this.#at += reader.offset;
    return header;
  }

  /** The sizes that a page names are believed only as far as they can be true: memory is taken for them. */
  #judge(header: Header): void {
    const { compressed_page_size: packed, uncompressed_page_size: size } = header;
    const values = (header.data_page_header ?? header.data_page_header_v2)?.num_values ?? 0;
    const words = header.dictionary_page_header?.num_values ?? 0;
    const isSize = (bytes: number): boolean => bytes >= 0 && bytes <= MOST_PAGE;
    if (
      isSize(packed) &&
      isSize(size) &&
      isSize(words) &&
      values >= 0 &&
      values <= this.#rows &&
      words <= size
    )
      return;
    throw damaged(this.#file.path, `a page of ${values + words} values and ${size} bytes cannot be in it`);
  }

  /** What the decoder throws is about the file. */
  #guarded<T>(decode: () => T): T {
    try {
      return decode();
    } catch (error) {
      throw damaged(this.#file.path, (error as Error).message);
    }
  }

  /** Takes bytes in memory of their own: values are views of it. */
  async #take(size: number): Promise<Buffer> {
    const bytes = await this.#look(size);
    this.#at += size;
    return Buffer.from(bytes.subarray(0, size));
  }

  async #look(size: number): Promise<Buffer> {
    let from = this.#at - this.#windowAt;
    if (from < 0 || from + size > this.#window.length) {
      this.#window = await this.#file.bytes(this.#at, Math.min(Math.max(size, WINDOW), this.#end - this.#at));
      this.#windowAt = this.#at;
      from = 0;
    }
    return this.#window.subarray(from, from + size);
  }
}
