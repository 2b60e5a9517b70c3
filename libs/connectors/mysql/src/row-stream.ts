import type { ReadBatch } from '@sluice/connector-sdk';
import type { Link } from './connection.ts';
import { classify } from './errors.ts';
import type { RowAssembler } from './row-assembler.ts';

/** The part of a driver's packet that a row is read from. */
interface RowPacket {
  readonly buffer: Buffer;
  readonly offset: number;
  isEOF(): boolean;
}

/** The driver's query command: its state for rows is replaced, everything else stays the driver's. */
interface QueryCommand {
  row(packet: RowPacket, connection: unknown): unknown;
  on(event: 'error' | 'end', listener: (error?: unknown) => void): void;
}

/** Bytes of finished batches beyond which the socket rests. */
const READ_AHEAD = 256 * 1024;

/**
 * Runs a query and yields what the assembler makes of its rows, with back-pressure by resting the socket: what has
 * arrived (64 KiB) is still taken. Ends quietly on abort; destroys the connection unless it was read to its end, and calls
 * `abandoned` when the server was still busy with the rows.
 */
export async function* streamRows(
  link: Link,
  sql: string,
  assembler: RowAssembler,
  signal: AbortSignal,
  abandoned: () => void,
): AsyncGenerator<ReadBatch> {
  const { socket } = link;
  let finished = false;
  let failure: unknown;
  let wake = (): void => undefined;
  const command = link.driver.query({ sql, typeCast: false }) as unknown as QueryCommand;
  const driverRow = command.row;
  command.row = function row(packet: RowPacket, connection: unknown): unknown {
    if (packet.isEOF()) return driverRow.call(command, packet, connection);
    assembler.add(packet.buffer, packet.offset);
    if (assembler.done.length > 0) {
      if (assembler.doneBytes >= READ_AHEAD) socket.pause();
      wake();
    }
    return row;
  };
  const fail = (error: unknown): void => {
    failure ??= error ?? new Error('The connection ended.');
    wake();
  };
  command.on('error', fail);
  command.on('end', () => {
    finished = true;
    wake();
  });
  link.driver.on('error', fail);
  const abort = (): void => wake();
  signal.addEventListener('abort', abort, { once: true });
  try {
    for (;;) {
      if (signal.aborted) return;
      if (failure !== undefined) throw classify(failure, link.side);
      if (finished) assembler.finish();
      const batch = assembler.done.shift();
      if (batch !== undefined) {
        assembler.doneBytes -= batch.rows.length;
        yield batch;
        continue;
      }
      if (finished) return;
      const woken = new Promise<void>((resolve) => (wake = resolve));
      socket.resume();
      await woken;
    }
  } finally {
    signal.removeEventListener('abort', abort);
    link.driver.off('error', fail);
    if (!finished) {
      link.destroy();
      // A server that has rows to send notices by itself that nobody takes them.
      if (assembler.done.length === 0) abandoned();
    }
  }
}
