import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TaskDocument } from '@sluice/model';
import type { Bus, BusMessage, RunRow } from '@sluice/ports';
import { type Engine, startEngine } from '@sluice/standalone';
import { has } from '@sluice/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { copyTable, fill, fingerprint, type Place, place } from '../e2e/pairs.ts';
import { seeded } from './seeded.ts';
import { until } from './until.ts';

const ROWS = 20_000;
const BATCH = 100;

type Publish = Bus['publish'];

/** The embedded bus with real databases on both sides, and somebody who interferes with what is published. */
describe.skipIf(!has('postgres'))('a bus that', () => {
  let engine: Engine;
  let source: Place;
  let publish: Publish;
  beforeAll(async () => {
    engine = await startEngine(mkdtempSync(join(tmpdir(), 'sluice-bus-')));
    publish = engine.bus.publish.bind(engine.bus);
    source = await place('postgres');
    await fill(source, 'orders', ROWS, true);
  });
  afterEach(() => {
    engine.bus.publish = publish;
  });
  afterAll(async () => {
    await engine.stop();
    await source.close();
  });

  /** Copies into a table without a key; the run succeeds and the sides are equal, or this throws. */
  async function survive(more: Partial<TaskDocument> = {}): Promise<RunRow> {
    const target = await place('postgres');
    try {
      await fill(target, 'orders', 0, false);
      const run = await copyTable(engine, source, target, 'orders', {
        write: { mode: 'insert' },
        control: { channels: 2, dirtyLimit: 0, batchRecords: BATCH },
        ...more,
      });
      expect(run.error).toBeUndefined();
      expect(run).toMatchObject({
        state: 'succeeded',
        counts: { read: ROWS, written: ROWS, filtered: 0, dirty: 0 },
      });
      expect(await fingerprint(target, 'orders')).toBe(await fingerprint(source, 'orders'));
      return run;
    } finally {
      await target.close();
    }
  }

  it('delivers every message three times, before and behind the mapper: each counts once', async () => {
    let sent = 0;
    engine.bus.publish = async (...message) => {
      sent++;
      for (let i = 0; i < 3; i++) await publish(...message);
    };
    const run = await survive({ mapStage: true });
    expect(sent).toBeGreaterThan(ROWS / BATCH);
    expect(run.healing?.['duplicate']).toBeGreaterThan(ROWS / BATCH);
  });

  it('delivers every batch of rows three times: each comes twice too often, and exactly that is counted', async () => {
    let sent = 0;
    engine.bus.publish = async (...message) => {
      const isData = message[2].headers['sluice-kind'] === 'data';
      if (isData) sent++;
      for (let i = 0; i < (isData ? 3 : 1); i++) await publish(...message);
    };
    const { id } = await survive();
    expect(sent).toBe(ROWS / BATCH);
    // A last report may come after the run's end.
    await until(
      'the counter',
      async () => (await engine.store.runs.get(id))!.healing?.['duplicate'] === 2 * sent,
    );
  });

  it('swaps messages within windows of five, one window in six: no gap is ever committed', async () => {
    const random = seeded('swap');
    const windows = new Map<number, (() => Promise<void>)[]>();
    let swaps = 0;
    const flush = async (channel: number): Promise<void> => {
      const held = windows.get(channel) ?? [];
      windows.delete(channel);
      const swapping = random() < 1 / 6;
      while (held.length > 0) {
        const at = swapping ? Math.floor(random() * held.length) : 0;
        if (at > 0) swaps++;
        await held.splice(at, 1)[0]!();
      }
    };
    engine.bus.publish = async (topic, channel, message) => {
      const held = windows.get(channel) ?? [];
      windows.set(channel, [...held, () => publish(topic, channel, message)]);
      if (held.length >= 4) await flush(channel);
      else setTimeout(() => void flush(channel), 30);
    };
    const run = await survive();
    expect(swaps).toBeGreaterThan(0);
    expect(run.healing?.['gap']).toBeGreaterThan(0);
  });

  it('loses one message in fifty silently: the gap is read again from the source', async () => {
    const random = seeded('lose');
    let lost = 0;
    engine.bus.publish = async (...message) => {
      if (random() < 0.02) lost++;
      else await publish(...message);
    };
    const run = await survive();
    expect(lost).toBeGreaterThan(0);
    expect(run.healing?.['gap']).toBeGreaterThan(0);
  });

  it('loses its topics in the middle: what was not committed is read again', async () => {
    let sent = 0;
    engine.bus.publish = async (topic, ...message) => {
      if (++sent === 60 || sent === 120) await engine.bus.removeTopics([topic]);
      await publish(topic, ...message);
    };
    await survive({
      control: { channels: 2, dirtyLimit: 0, batchRecords: BATCH, rowsPerSecond: 20_000 },
    });
    expect(sent).toBeGreaterThan(ROWS / BATCH);
  });

  it('carries what a third party put there: it is put aside, healed where needed, and the run succeeds', async () => {
    const random = seeded('poison');
    const noise = (length: number): Buffer =>
      Buffer.from(Uint8Array.from({ length }, () => Math.floor(random() * 256)));
    let poison = 0;
    engine.bus.publish = async (topic, channel, message) => {
      const spoiled = Buffer.from(message.value);
      spoiled[spoiled.length - 1]! ^= 1;
      const bad: BusMessage[] = [
        { headers: {}, value: noise(300) },
        { headers: { ...message.headers }, value: noise(message.value.length) },
        { headers: { ...message.headers }, value: message.value.subarray(0, message.value.length >> 1) },
        { headers: { ...message.headers }, value: spoiled },
        { headers: { ...message.headers }, value: Buffer.alloc(0) },
      ];
      const kind = Math.floor(random() * 20);
      if (bad[kind] !== undefined) {
        poison++;
        await publish(topic, channel, bad[kind]);
      }
      await publish(topic, channel, message);
    };
    const run = await survive({ mapStage: true });
    expect(poison).toBeGreaterThan(10);
    expect(run.healing?.['undecodable']).toBeGreaterThan(0);
  });
});
