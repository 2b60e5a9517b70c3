import { chmodSync, mkdtempSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { clockFindings, nodeFinding, spaceFinding } from '../../services/cli/src/doctor-machine.ts';
import { programFindings } from '../../services/cli/src/doctor-programs.ts';
import { Served } from '../api/served.ts';
import { sluice } from './sluice.ts';

interface Finding {
  readonly check: string;
  readonly result: 'ok' | 'warn' | 'fail';
  readonly detail: string;
  readonly remedy?: string;
}

const home = (): string => mkdtempSync(join(tmpdir(), 'sluice-doctor-'));

async function doctor(
  environment: Record<string, string>,
): Promise<{ code: unknown; of: Map<string, Finding> }> {
  const { code, out } = await sluice(['doctor', '-o', 'json'], { environment });
  return { code, of: new Map((JSON.parse(out) as Finding[]).map((finding) => [finding.check, finding])) };
}

/** A port that a program which is no Sluice listens on. */
async function taken(): Promise<{ port: number; close: () => void }> {
  const server = createServer((socket) => socket.end('HTTP/1.0 200 OK\r\n\r\nhello'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { port: (server.address() as AddressInfo).port, close: () => server.close() };
}

it('says for each thing whether it is ok, with a remedy where it is not, and ends with 0 when all that is needed is there', async () => {
  const { code, of } = await doctor({ SLUICE_HOME: home(), SLUICE_PORT: '1' });
  expect(code).toBe(0);
  for (const check of [
    'Node',
    'home',
    'disk',
    'port',
    'clock',
    'Java',
    'Kafka',
    'PostgreSQL',
    'MariaDB',
    'Redis',
  ])
    expect([...of.keys()]).toContain(check);
  for (const { check, result, remedy } of of.values())
    expect([check, remedy === undefined]).toEqual([check, result === 'ok']);
});

it('tells a free port, a port of a running Sluice and a port of another program apart', async () => {
  const other = await taken();
  const served = await Served.start();
  try {
    const port = async (number: string): Promise<Finding> =>
      (await doctor({ SLUICE_HOME: served.home, SLUICE_PORT: number })).of.get('port')!;
    expect(await port(String(other.port))).toMatchObject({
      result: 'warn',
      remedy: expect.stringContaining('--port'),
    });
    const ours = await doctor({ SLUICE_HOME: served.home, SLUICE_PORT: new URL(served.openUrl).port });
    expect(ours.of.get('port')).toMatchObject({
      result: 'ok',
      detail: expect.stringContaining('running Sluice'),
    });
    expect(ours.of.get('home in use')).toMatchObject({
      detail: expect.stringContaining(String(process.pid)),
    });
    expect(await port('none')).toMatchObject({ result: 'fail' });
  } finally {
    await served.stop();
    other.close();
  }
  const { of } = await doctor({ SLUICE_HOME: home(), SLUICE_PORT: String(other.port) });
  expect(of.get('port')).toMatchObject({ result: 'ok', detail: `${other.port} is free` });
});

it('ends with 1 when the home cannot be used, and says what to do', async () => {
  const { code, of } = await doctor({ SLUICE_HOME: '/dev/null/home' });
  expect([code, of.get('home')!.result, of.get('home')!.remedy]).toEqual([
    1,
    'fail',
    expect.stringContaining('SLUICE_HOME'),
  ]);
});

it('warns of a home that others may write', async () => {
  const open = home();
  chmodSync(open, 0o777);
  expect((await doctor({ SLUICE_HOME: open })).of.get('home rights')).toMatchObject({ result: 'warn' });
});

it('judges versions, space, clocks and programs', () => {
  expect([nodeFinding('22.1.0').result, nodeFinding('24.0.0').result]).toEqual(['fail', 'ok']);
  const mib = 1024 * 1024;
  expect([50, 500, 5000].map((free) => spaceFinding(free * mib).result)).toEqual(['fail', 'warn', 'ok']);
  const clock = (server: number | undefined, now: number): string => clockFindings(server, now)[0]!.result;
  const now = Date.now();
  expect([
    clock(undefined, now),
    clock(now - 1000, now),
    clock(now - 60_000, now),
    clock(undefined, 0),
  ]).toEqual(['ok', 'ok', 'warn', 'warn']);
  expect(programFindings('/nowhere').find(({ check }) => check === 'Java')).toMatchObject({
    result: 'warn',
    remedy: expect.stringContaining('openjdk'),
  });
});
