import { createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { connector } from './index.ts';

/** Puts the protocol's header before a payload. */
function packet(sequence: number, payload: Buffer): Buffer {
  const header = Buffer.alloc(4);
  header.writeUIntLE(payload.length, 0, 3);
  header[3] = sequence;
  return Buffer.concat([header, payload]);
}

/** Protocol 4.1, secure connection, plugins, local files. */
const CAPABILITIES = 0x00000200 | 0x00008000 | 0x00080000 | 0x00000080 | 0x00000008;

function greeting(): Buffer {
  const low = Buffer.alloc(2);
  low.writeUInt16LE(CAPABILITIES & 0xffff);
  const high = Buffer.alloc(2);
  high.writeUInt16LE(CAPABILITIES >>> 16);
  return packet(
    0,
    Buffer.concat([
      Buffer.from([10]),
      Buffer.from('8.0.0-rogue\0'),
      Buffer.from([1, 0, 0, 0]),
      Buffer.from('12345678\0'),
      low,
      Buffer.from([45, 2, 0]),
      high,
      Buffer.from([21]),
      Buffer.alloc(10),
      Buffer.from('123456789012\0'),
      Buffer.from('mysql_native_password\0'),
    ]),
  );
}

const OK = Buffer.from([0, 0, 0, 2, 0, 0, 0]);

describe('a server that asks for a file', () => {
  let server: Server | undefined;
  const sockets: Socket[] = [];
  afterEach(() => {
    for (const socket of sockets) socket.destroy();
    server?.close();
  });

  /** Answers every statement with a request for a file; collects what it is sent in answer. */
  async function rogue(): Promise<{ config: Record<string, unknown>; sent: Buffer[]; asked: () => number }> {
    const sent: Buffer[] = [];
    let asked = 0;
    server = createServer((socket) => {
      sockets.push(socket);
      socket.on('error', () => undefined);
      socket.write(greeting());
      let signedIn = false;
      let waiting = false;
      socket.on('data', (data) => {
        if (!signedIn) {
          signedIn = true;
          socket.write(packet(2, OK));
        } else if (waiting) {
          sent.push(data);
          waiting = false;
          socket.write(packet(3, OK));
        } else if (data[4] === 3) {
          waiting = true;
          asked++;
          socket.write(packet(1, Buffer.concat([Buffer.from([0xfb]), Buffer.from('/etc/passwd')])));
        }
      });
    });
    await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const config = { host: '127.0.0.1', port, database: 'd', user: 'u', password: 'p' };
    return { config, sent, asked: () => asked };
  }

  /** All that may be sent is the empty packet that ends a file. */
  const nothing = (sent: readonly Buffer[]): boolean =>
    sent.every((data) => data.subarray(0, 3).equals(Buffer.alloc(3)));

  it('gets nothing from a reader', async () => {
    const { config, sent, asked } = await rogue();
    const reader = await connector.openReader!(config, { table: 't' });
    await expect(reader.plan({ channels: 1 })).rejects.toThrow();
    expect(asked()).toBeGreaterThan(0);
    expect(nothing(sent)).toBe(true);
  });

  it('gets nothing from a check', async () => {
    const { config, sent } = await rogue();
    const stages = await connector.check(config, AbortSignal.timeout(3_000));
    expect(stages.at(-1)).toMatchObject({ ok: false });
    expect(nothing(sent)).toBe(true);
  });

  it('gets nothing from a writer that runs no bulk statement', async () => {
    const { config, sent, asked } = await rogue();
    const writer = await connector.openWriter!(config, { table: 't' });
    const plan = {
      task: 't',
      generation: 'g',
      run: 'r',
      mode: 'insert',
      truncateFirst: false,
      createTable: false,
    } as const;
    await expect(
      writer.prepare({ ...plan, schema: { name: 't', columns: [], key: [] }, streams: [], dirtyLimit: 0 }),
    ).rejects.toThrow();
    expect(asked()).toBeGreaterThan(0);
    expect(nothing(sent)).toBe(true);
  });
});
