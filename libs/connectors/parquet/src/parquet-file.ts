import {
  checkPin,
  classify,
  type FileSource,
  type PinnedFile,
  printable,
  type SourceFile,
} from '@sluice/file-kit';
import { SluiceError } from '@sluice/model';
import { type FileMetaData, parquetMetadata } from 'hyparquet';

/** Footers beyond this are no metadata of a file that anybody reads. */
const MOST_METADATA = 256 * 1024 * 1024;
const MAGIC = 'PAR1';

/** One open Parquet file. */
export class ParquetFile {
  readonly path: string;
  readonly metadata: FileMetaData;
  readonly pinned: PinnedFile;
  readonly #handle: SourceFile;

  private constructor(path: string, handle: SourceFile, metadata: FileMetaData, pinned: PinnedFile) {
    this.path = path;
    this.metadata = metadata;
    this.pinned = pinned;
    this.#handle = handle;
  }

  /** Throws SLUICE_SRC_FILE for what is no whole Parquet file. */
  static async open(source: FileSource, path: string): Promise<ParquetFile> {
    const handle = await source.open(path);
    try {
      const pinned = await handle.pin();
      return new ParquetFile(path, handle, await metadataOf(handle, pinned.size, path), pinned);
    } catch (error) {
      await handle.close();
      throw misread(error, path);
    }
  }

  check(pinned: PinnedFile): Promise<void> {
    return checkPin(this.#handle, pinned);
  }

  /** Bytes from `at` on, fewer only at the end of the file. */
  async bytes(at: number, length: number): Promise<Buffer> {
    const buffer = Buffer.allocUnsafe(length);
    let got = 0;
    while (got < length) {
      const { bytesRead } = await this.#handle.read(buffer, got, length - got, at + got);
      if (bytesRead === 0) break;
      got += bytesRead;
    }
    return buffer.subarray(0, got);
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}

async function metadataOf(handle: SourceFile, size: number, path: string): Promise<FileMetaData> {
  const last = Buffer.alloc(8);
  if (size >= 12) await handle.read(last, 0, 8, size - 8);
  const length = last.readUInt32LE(0);
  if (last.toString('latin1', 4) !== MAGIC || length > size - 12 || length > MOST_METADATA)
    throw damaged(path, 'it does not end as a Parquet file does');
  const footer = Buffer.alloc(length + 8);
  await handle.read(footer, 0, footer.length, size - footer.length);
  try {
    return checked(
      parquetMetadata(
        footer.buffer.slice(footer.byteOffset, footer.byteOffset + footer.length) as ArrayBuffer,
      ),
      size,
    );
  } catch (error) {
    throw damaged(path, String((error as Error).message));
  }
}

/** The decoder believes what it reads: that the parts agree with each other and with the file is found out here. */
function checked(metadata: FileMetaData, size: number): FileMetaData {
  const [root, ...elements] = metadata.schema;
  const leaves = elements.filter((element) => element.num_children === undefined);
  const children = metadata.schema.reduce((sum, { num_children = 0 }) => sum + num_children, 0);
  const isNamed = elements.every(({ name }) => typeof name === 'string');
  if (root === undefined || !isNamed || children !== elements.length)
    throw new Error('its schema is no tree of named columns');
  for (const { columns, num_rows: rows } of metadata.row_groups) {
    if (columns.length !== leaves.length || rows < 0n || rows > BigInt(Number.MAX_SAFE_INTEGER))
      throw new Error('a row group has other columns than the schema');
    for (const { meta_data: meta } of columns) {
      const first = meta?.dictionary_page_offset ?? meta?.data_page_offset ?? -1n;
      const length = meta?.total_compressed_size ?? -1n;
      const isInside =
        first >= 0n && length >= 0n && (meta?.data_page_offset ?? -1n) + length <= 2n * BigInt(size);
      if (!isInside || first + length > BigInt(size) || typeof meta?.path_in_schema[0] !== 'string')
        throw new Error('a column lies outside of the file');
    }
  }
  return metadata;
}

/** Any error while a file is read as ours: what neither the system nor we said is about what is in the file. */
export function misread(error: unknown, path: string): SluiceError {
  const isSystem = /^E[A-Z]+$/.test(String((error as { code?: unknown }).code ?? ''));
  if (error instanceof SluiceError || isSystem) return classify(error, 'source', path);
  return damaged(path, String((error as Error).message));
}

export function damaged(path: string, why: string): SluiceError {
  return new SluiceError('SLUICE_SRC_FILE', {
    detail: `${printable(path)} cannot be read: ${why}.`,
    place: printable(path),
  });
}
