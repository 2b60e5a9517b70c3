import type { Client } from 'pg';
import { wireOf, type WireConnection } from './connection.ts';
import { classify, type ServerError, statementError } from './errors.ts';
import { int32 } from './field-decoders.ts';

/** Bytes that may wait for the consumer before the socket is paused. */
const AHEAD = 512 * 1024;

const MESSAGE = { copyData: 0x64, error: 0x45, ready: 0x5a } as const;

/**
 * One `COPY ... TO STDOUT` as chunks of the server's own bytes. Works on the connection's socket directly: the driver would make
 * an object of every row. The driver gets the socket back with the message that ends the statement.
 */
export class CopyOut implements AsyncIterable<Buffer> {
  readonly #wire: WireConnection;
  readonly #sql: string;
  readonly #chunks: Buffer[] = [];
  #waiting = 0;
  /** What has arrived of a message that is not complete, and how many bytes complete it. */
  #parts: Buffer[] = [];
  #partBytes = 0;
  #needed = 0;
  #wake: (() => void) | undefined;
  #ended = false;
  #error: unknown;

  constructor(client: Client, sql: string) {
    this.#wire = wireOf(client);
    this.#sql = sql;
    // The driver calls these on what it believes to be a query of its own.
    const submitted = {
      submit: () => this.#submit(),
      handleReadyForQuery: () => this.#end(undefined),
      handleError: (error: unknown) => this.#end(statementError(error)),
      handleCommandComplete: () => undefined,
      handleRowDescription: () => undefined,
    };
    client.query(submitted as never);
  }

  /** Whole CopyData messages, one after the other: type byte, length, payload. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer> {
    for (;;) {
      const chunk = this.#chunks.shift();
      if (chunk !== undefined) {
        this.#waiting -= chunk.length;
        if (this.#waiting < AHEAD / 2) this.#wire.stream.resume();
        yield chunk;
      } else if (this.#error !== undefined) throw classify(this.#error, 'source');
      else if (this.#ended) return;
      else await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  #submit(): void {
    const { stream } = this.#wire;
    const listeners = stream.listeners('data') as ((chunk: Buffer) => void)[];
    for (const listener of listeners) stream.off('data', listener);
    const ours = (chunk: Buffer): void => {
      const after = this.#take(chunk);
      if (after === undefined) return;
      stream.off('data', ours);
      for (const listener of listeners) stream.on('data', listener);
      for (const listener of listeners) listener(after);
    };
    stream.on('data', ours);
    stream.once('close', () =>
      this.#end(this.#ended ? undefined : { code: 'ECONNRESET', message: 'The connection was lost.' }),
    );
    this.#wire.query(this.#sql);
  }

  /** Answers the bytes from ReadyForQuery on, which are the driver's again. */
  #take(chunk: Buffer): Buffer | undefined {
    this.#parts.push(chunk);
    this.#partBytes += chunk.length;
    if (this.#partBytes < this.#needed) return undefined;
    const bytes = this.#parts.length === 1 ? chunk : Buffer.concat(this.#parts, this.#partBytes);
    let at = 0;
    let needed = 5;
    let from = -1;
    while (at + 5 <= bytes.length) {
      const type = bytes[at]!;
      const next = at + 1 + int32(bytes, at + 1);
      if (type === MESSAGE.ready) {
        this.#push(bytes, from, at);
        return bytes.subarray(at);
      }
      if (next > bytes.length) {
        needed = next - at;
        break;
      }
      if (type === MESSAGE.copyData) {
        if (from < 0) from = at;
      } else {
        this.#push(bytes, from, at);
        from = -1;
        if (type === MESSAGE.error) this.#error = errorOf(bytes.subarray(at + 5, next));
      }
      at = next;
    }
    this.#push(bytes, from, at);
    this.#parts = at < bytes.length ? [Buffer.from(bytes.subarray(at))] : [];
    this.#partBytes = bytes.length - at;
    this.#needed = needed;
    return undefined;
  }

  #push(bytes: Buffer, from: number, to: number): void {
    if (from < 0 || from === to) return;
    this.#chunks.push(bytes.subarray(from, to));
    this.#waiting += to - from;
    if (this.#waiting > AHEAD) this.#wire.stream.pause();
    this.#awake();
  }

  #end(error: unknown): void {
    this.#ended = true;
    this.#error ??= error;
    this.#awake();
  }

  #awake(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }
}

/** The fields of an ErrorResponse that classification and people need. */
function errorOf(payload: Buffer): ServerError {
  const fields = new Map<string, string>();
  for (const field of payload.toString('utf8').split('\0'))
    if (field !== '') fields.set(field[0]!, field.slice(1));
  return {
    code: fields.get('C') ?? 'XX000',
    message: fields.get('M') ?? 'The server sent an error without a message.',
    column: fields.get('c'),
    constraint: fields.get('n'),
  };
}
