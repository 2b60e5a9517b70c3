import type { DataSourceConfig } from '@sluice/connector-sdk';
import {
  fixedPart,
  type FileSource,
  isGlob,
  type OpenSource,
  pathFits,
  type PinnedFile,
  printable,
  safePath,
  type SourceFile,
} from '@sluice/file-kit';
import { SluiceError } from '@sluice/model';
import { parsed, S3Client } from './client.ts';

/** So much is asked for at once where reading goes on: round trips cost more than bytes. */
const BLOCK = 1024 * 1024;
/** More objects than this are no file set of one task. */
const MOST_OBJECTS = 100_000;

/** The objects of a bucket whose keys begin with the prefix of a data source. */
export function objects(client: S3Client, config: DataSourceConfig): OpenSource {
  return async () => new ObjectSource(client, String(config['prefix'] ?? ''));
}

export class ObjectSource implements FileSource {
  readonly #client: S3Client;
  readonly #prefix: string;

  constructor(client: S3Client, prefix: string) {
    this.#client = client;
    this.#prefix = prefix === '' || prefix.endsWith('/') ? prefix : `${prefix}/`;
  }

  async files(path: string): Promise<readonly string[]> {
    if (!isGlob(path)) return [safePath(path)];
    const found: string[] = [];
    for await (const key of this.list(fixedPart(path))) if (pathFits(path, key)) found.push(key);
    if (found.length > MOST_OBJECTS)
      throw new SluiceError('SLUICE_CFG_PATH', `The pattern names more than ${MOST_OBJECTS} objects.`);
    if (found.length > 0) return found.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    throw new SluiceError('SLUICE_SRC_FILE', {
      detail: `No object fits ${printable(path)}.`,
      place: printable(path),
    });
  }

  /** Keys below the prefix of the data source that begin with `start`, without that prefix. */
  async *list(start: string): AsyncGenerator<string> {
    let token: string | undefined;
    do {
      const query = {
        'list-type': '2',
        prefix: this.#prefix + start,
        // A key may have signs that XML has no form for.
        'encoding-type': 'url',
        ...(token === undefined ? {} : { 'continuation-token': token }),
      };
      const { body } = await this.#client.get({ method: 'GET', key: '', query });
      const page = (parsed(body)['ListBucketResult'] ?? {}) as {
        Contents?: readonly { readonly Key?: unknown }[];
        NextContinuationToken?: unknown;
        EncodingType?: unknown;
        IsTruncated?: unknown;
      };
      for (const { Key } of page.Contents ?? []) {
        const key = page.EncodingType === 'url' ? decodedKey(String(Key)) : String(Key);
        // A name that ends so is a folder that some tool made visible.
        if (!key.endsWith('/')) yield key.slice(this.#prefix.length);
      }
      token = page.IsTruncated === 'true' ? String(page.NextContinuationToken) : undefined;
    } while (token !== undefined);
  }

  async open(path: string): Promise<SourceFile> {
    const file = new ObjectFile(this.#client, this.#prefix + safePath(path), path);
    await file.pin();
    return file;
  }
}

function decodedKey(text: string): string {
  return decodeURIComponent(text.replaceAll('+', '%20'));
}

/** An object as it was when it was opened: every part of it is asked for by its ETag. */
class ObjectFile implements SourceFile {
  readonly #client: S3Client;
  readonly #key: string;
  readonly #path: string;
  #opened: PinnedFile | undefined;
  #isFresh = false;
  #block = { at: 0, bytes: Buffer.alloc(0) as Buffer };

  constructor(client: S3Client, key: string, path: string) {
    this.#client = client;
    this.#key = key;
    this.#path = path;
  }

  async pin(): Promise<PinnedFile> {
    if (this.#isFresh) {
      this.#isFresh = false;
      return this.#opened!;
    }
    const answer = await this.#client.ask({ method: 'HEAD', key: this.#key });
    if (answer.status !== 200) throw await this.#missing(answer.status);
    const { 'content-length': size, 'last-modified': changed = '', etag = '' } = answer.headers;
    const pinned = { file: this.#path, size: Number(size), mtime: changed, ino: etag };
    if (this.#opened === undefined) {
      this.#opened = pinned;
      this.#isFresh = true;
    }
    return pinned;
  }

  async read(into: Buffer, at: number, length: number, position: number): Promise<{ bytesRead: number }> {
    const { size, ino } = this.#opened!;
    const most = Math.min(length, size - position);
    if (most <= 0) return { bytesRead: 0 };
    const { at: start, bytes } = this.#block;
    const isThere = position >= start && position < start + bytes.length;
    if (!isThere) {
      const end = Math.min(size, position + Math.max(most, BLOCK)) - 1;
      const headers = { range: `bytes=${position}-${end}`, 'if-match': ino };
      const { body } = await this.#client.get({ method: 'GET', key: this.#key, headers });
      if (body.length !== end - position + 1)
        throw new SluiceError('SLUICE_SRC_INTERRUPTED', {
          detail: `${printable(this.#path)}: the store sent ${body.length} of ${end - position + 1} bytes.`,
          place: printable(this.#path),
        });
      this.#block = { at: position, bytes: body };
    }
    const from = position - this.#block.at;
    const bytesRead = this.#block.bytes.copy(into, at, from, from + most);
    return { bytesRead };
  }

  async close(): Promise<void> {
    this.#block = { at: 0, bytes: Buffer.alloc(0) };
  }

  /** An answer without a body does not say what is missing, object or bucket. */
  async #missing(status: number): Promise<SluiceError> {
    if (status === 404 || status === 403 || status === 401) {
      const query = { 'list-type': '2', 'max-keys': '1', prefix: this.#key };
      await this.#client.get({ method: 'GET', key: '', query });
    }
    return this.#client.refusal(this.#path, { status, body: Buffer.alloc(0) });
  }
}
