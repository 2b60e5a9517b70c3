import type { BulkWrite } from '@sluice/connector-sdk';
import type { Client } from 'pg';
import { wireOf, type WireConnection } from './connection.ts';
import { classify, statementError } from './errors.ts';
import type { RowEncoding } from './row-encoding.ts';

const HEADER = Buffer.concat([Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1'), Buffer.alloc(8)]);
const frame = (type: string, payload: Buffer): Buffer => {
  const head = Buffer.alloc(5);
  head.write(type, 'latin1');
  head.writeInt32BE(payload.length + 4, 1);
  return Buffer.concat([head, payload]);
};
const BEGIN_BINARY = frame('d', HEADER);
const END_BINARY = frame('d', Buffer.from([0xff, 0xff]));
const DONE = frame('c', Buffer.alloc(0));
const FAIL = frame('f', Buffer.from('given up\0'));

/** One `COPY ... FROM STDIN`. After an error the server drops what is still on its way. */
export class CopyIn implements BulkWrite {
  readonly #wire: WireConnection;
  readonly #encoding: RowEncoding;
  readonly #finished: Promise<void>;
  readonly #open: Promise<void>;
  #rows = 0;
  #error: unknown;
  #over = false;

  constructor(client: Client, sql: string, encoding: RowEncoding) {
    this.#wire = wireOf(client);
    this.#encoding = encoding;
    const open = Promise.withResolvers<void>();
    const finished = Promise.withResolvers<void>();
    const submitted = {
      submit: () => {
        this.#wire.query(sql);
      },
      handleCopyInResponse: () => {
        if (encoding.format === 'binary') this.#wire.stream.write(BEGIN_BINARY);
        open.resolve();
      },
      handleCommandComplete: (message: { text: string }) => {
        this.#rows = Number(/^COPY (\d+)/.exec(message.text)?.[1] ?? 0);
      },
      // The last that the client tells of a statement that failed; what is sent after it the server drops.
      handleError: (error: unknown) => {
        this.#error ??= statementError(error);
        finish();
      },
      handleReadyForQuery: () => finish(),
    };
    const finish = (): void => {
      this.#over = true;
      this.#wire.stream.off('close', lost);
      open.resolve();
      finished.resolve();
    };
    const lost = (): void =>
      submitted.handleError({ code: 'ECONNRESET', message: 'The connection was lost.' });
    this.#open = open.promise;
    this.#finished = finished.promise;
    this.#wire.stream.once('close', lost);
    client.query(submitted as never);
  }

  async write(rows: Buffer): Promise<void> {
    await this.#open;
    this.#throwError();
    const { stream } = this.#wire;
    if (stream.write(this.#encoding.encode(rows))) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        stream.off('drain', done);
        stream.off('close', done);
        resolve();
      };
      stream.on('drain', done);
      stream.on('close', done);
      // An error of the server ends the statement while the socket is still full of it.
      void this.#finished.then(done);
    });
    this.#throwError();
  }

  async end(): Promise<number> {
    await this.#open;
    if (!this.#over) {
      if (this.#encoding.format === 'binary') this.#wire.stream.write(END_BINARY);
      this.#wire.stream.write(DONE);
    }
    await this.#finished;
    this.#throwError();
    return this.#rows;
  }

  async abort(): Promise<void> {
    await this.#open;
    if (!this.#over) this.#wire.stream.write(FAIL);
    await this.#finished;
  }

  #throwError(): void {
    if (this.#error !== undefined) throw classify(this.#error, 'target');
  }
}
