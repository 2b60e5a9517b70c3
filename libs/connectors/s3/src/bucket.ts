import { crashPoint } from '@sluice/connector-sdk';
import type { SluiceError } from '@sluice/model';
import { parsed, S3Client } from './client.ts';

export interface ListedObject {
  readonly key: string;
  readonly size: number;
  readonly etag: string;
}

/** Bytes of one part of an upload; the store takes no smaller ones than 5 MiB but for the last, and at most 10,000. */
const PART_BYTES = 16 * 1024 * 1024;

const BINARY = { 'content-type': 'application/octet-stream' };

/** What a writer does with the objects of a bucket. */
export class Bucket {
  readonly #client: S3Client;

  constructor(client: S3Client) {
    this.#client = client;
  }

  /** Objects whose keys begin with a prefix, in the order of their keys. */
  async *list(prefix: string): AsyncGenerator<ListedObject> {
    let token: string | undefined;
    do {
      const more = token === undefined ? {} : { 'continuation-token': token };
      const query = { 'list-type': '2', 'encoding-type': 'url', prefix, ...more };
      const page = await this.#xml('ListBucketResult', { method: 'GET', key: '', query });
      const isCoded = page['EncodingType'] === 'url';
      for (const { Key, Size, ETag } of (page['Contents'] ?? []) as readonly Record<string, unknown>[])
        yield { key: plain(Key, isCoded), size: Number(Size), etag: String(ETag) };
      token = page['IsTruncated'] === 'true' ? String(page['NextContinuationToken']) : undefined;
    } while (token !== undefined);
  }

  /** Undefined: there is none. */
  async read(key: string): Promise<Buffer | undefined> {
    const answer = await this.#client.ask({ method: 'GET', key });
    if (answer.status === 200) return answer.body;
    const refused = this.#client.refusal(key, answer);
    if (answer.status === 404 && refused.code === 'SLUICE_TGT_FENCED') return undefined;
    throw refused;
  }

  async put(key: string, body: Buffer): Promise<void> {
    await this.#client.get({ method: 'PUT', key, body, headers: BINARY });
  }

  /** Answers false when the key is taken. Of all that try it at once one gets true. */
  async create(key: string, body: Buffer): Promise<boolean> {
    const headers = { ...BINARY, 'if-none-match': '*' };
    const answer = await this.#client.ask({ method: 'PUT', key, body, headers });
    if (answer.status === 412 || answer.status === 409) return false;
    if (answer.status >= 300) throw this.#client.refusal(key, answer);
    return true;
  }

  async remove(key: string): Promise<void> {
    await this.#client.get({ method: 'DELETE', key });
  }

  /**
   * Makes an object that is seen when it is whole. `begun` is called when the upload is there and before anything is uploaded: throwing
   * there, or anywhere, gives the upload up. Who dies leaves an upload that `abort` finds.
   */
  async upload(key: string, content: AsyncIterable<Buffer>, begun: () => Promise<unknown>): Promise<void> {
    const made = await this.#xml('InitiateMultipartUploadResult', {
      method: 'POST',
      key,
      query: { uploads: '' },
      headers: BINARY,
    });
    const uploadId = String(made['UploadId']);
    try {
      await begun();
      const etags: string[] = [];
      for await (const body of blocks(content)) {
        const query = { partNumber: String(etags.length + 1), uploadId };
        const { headers } = await this.#client.get({ method: 'PUT', key, query, body, headers: BINARY });
        etags.push(String(headers.etag));
      }
      crashPoint('file.afterTmp');
      await this.#complete(key, uploadId, etags);
      crashPoint('file.afterRename');
    } catch (error) {
      await this.#client.ask({ method: 'DELETE', key, query: { uploadId } }).catch(() => undefined);
      throw error;
    }
  }

  /** Gives up the uploads under way whose keys fit. */
  async abort(prefix: string, fits: (key: string) => boolean): Promise<void> {
    let marker: Readonly<Record<string, string>> | undefined = {};
    while (marker !== undefined) {
      const query = { uploads: '', prefix, 'encoding-type': 'url', ...marker };
      const page: Record<string, unknown> = await this.#xml('ListMultipartUploadsResult', {
        method: 'GET',
        key: '',
        query,
      });
      const isCoded = page['EncodingType'] === 'url';
      for (const { Key, UploadId } of (page['Upload'] ?? []) as readonly Record<string, unknown>[]) {
        const key = plain(Key, isCoded);
        // Somebody else may have ended it meanwhile.
        if (fits(key))
          await this.#client.ask({ method: 'DELETE', key, query: { uploadId: String(UploadId) } });
      }
      marker =
        page['IsTruncated'] === 'true'
          ? {
              'key-marker': String(page['NextKeyMarker']),
              'upload-id-marker': String(page['NextUploadIdMarker']),
            }
          : undefined;
    }
  }

  classify(error: unknown): SluiceError {
    return this.#client.classify(error);
  }

  /** The answer to it may be an error with status 200: it is sent before the store is done. */
  async #complete(key: string, uploadId: string, etags: readonly string[]): Promise<void> {
    const parts = etags.map(
      (etag, i) => `<Part><PartNumber>${i + 1}</PartNumber><ETag>${etag}</ETag></Part>`,
    );
    const body = Buffer.from(`<CompleteMultipartUpload>${parts.join('')}</CompleteMultipartUpload>`);
    const answer = await this.#client.get({ method: 'POST', key, query: { uploadId }, body });
    if (parsed(answer.body)['Error'] !== undefined)
      throw this.#client.refusal(key, { ...answer, status: 500 });
  }

  async #xml(root: string, question: Parameters<S3Client['get']>[0]): Promise<Record<string, unknown>> {
    return (parsed((await this.#client.get(question)).body)[root] ?? {}) as Record<string, unknown>;
  }
}

function plain(key: unknown, isCoded: boolean): string {
  return isCoded ? decodeURIComponent(String(key).replaceAll('+', '%20')) : String(key);
}

/** Content in the sizes that a store takes; one empty block for none. */
async function* blocks(content: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let [held, length, count] = [[] as Buffer[], 0, 0];
  for await (const piece of content) {
    held.push(piece);
    length += piece.length;
    if (length < PART_BYTES) continue;
    yield Buffer.concat(held);
    [held, length] = [[], 0];
    count++;
  }
  if (length > 0 || count === 0) yield Buffer.concat(held);
}
