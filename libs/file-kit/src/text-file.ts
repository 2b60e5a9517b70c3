import { SluiceError } from '@sluice/model';
import { type ByteSource, openBytes } from './byte-source.ts';
import { type Compression, compressionOf } from './compression.ts';
import { classify, printable } from './errors.ts';
import type { FileSource, SourceFile } from './file-source.ts';
import { checkPin, type PinnedFile } from './pinned-file.ts';
import { RecordWindow } from './record-window.ts';
import { isUtf16Mark, type TextEncodingName } from './text-encoding.ts';

/** Text of one record beyond which it is passed unread; more than the bus carries in any form. */
export const MOST_RECORD_TEXT = 16 * 1024 * 1024;

/** One open text file. */
export class TextFile {
  readonly path: string;
  readonly compression: Compression;
  readonly #handle: SourceFile;
  readonly #encoding: TextEncodingName;
  readonly #size: number;
  #source: ByteSource | undefined;

  private constructor(
    path: string,
    handle: SourceFile,
    compression: Compression,
    encoding: TextEncodingName,
    size: number,
  ) {
    this.#size = size;
    this.path = path;
    this.#handle = handle;
    this.compression = compression;
    this.#encoding = encoding;
  }

  /** Throws SLUICE_SRC_FILE for what cannot be read as this text. */
  static async open(source: FileSource, path: string, encoding: TextEncodingName): Promise<TextFile> {
    const handle = await source.open(path);
    try {
      const first = Buffer.alloc(8);
      const { bytesRead } = await handle.read(first, 0, 8, 0);
      const compression = compressionOf(first.subarray(0, bytesRead), path);
      if (compression === 'none' && encoding === 'utf-8' && isUtf16Mark(first))
        throw new SluiceError('SLUICE_SRC_FILE', {
          detail: `${printable(path)} begins with the mark of UTF-16.`,
          place: printable(path),
          hint: 'Set the encoding of the reader to utf-16.',
        });
      return new TextFile(path, handle, compression, encoding, (await handle.pin()).size);
    } catch (error) {
      await handle.close();
      throw classify(error, 'source', path);
    }
  }

  /** Whether reading can begin anywhere without passing what lies before. */
  get isSeekable(): boolean {
    return this.compression === 'none' && this.#encoding === 'utf-8';
  }

  pin(): Promise<PinnedFile> {
    return this.#handle.pin();
  }

  check(pinned: PinnedFile): Promise<void> {
    return checkPin(this.#handle, pinned);
  }

  /** A look at the file's text from an offset on; ends the one before. At offset 0 a byte order mark is passed. */
  async window(from: number, to?: number): Promise<RecordWindow> {
    await this.#source?.close();
    this.#source = openBytes(this.#handle, {
      path: this.path,
      compression: this.compression,
      encoding: this.#encoding,
      from,
      ...(to === undefined ? {} : { to }),
    });
    const window = new RecordWindow(this.#source, {
      offset: from,
      most: MOST_RECORD_TEXT,
      isDecoded: this.#encoding !== 'utf-8',
      size: this.#size,
    });
    if (from > 0) return window;
    while (window.end < 3 && (await window.fill()));
    const { buffer } = window;
    if (window.end >= 3 && buffer[0] === 0xef && buffer[1] === 0xbb && buffer[2] === 0xbf) window.start = 3;
    return window;
  }

  async close(): Promise<void> {
    await this.#source?.close();
    await this.#handle.close();
  }
}
