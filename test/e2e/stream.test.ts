import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generatorTotals, sinkTotals } from '@sluice/connector-stream';
import { connectorForUrl } from '@sluice/connectors';
import { type TaskDocument, uuidv7 } from '@sluice/model';
import type { RunRow } from '@sluice/ports';
import { type Engine, startEngine } from '@sluice/standalone';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rested } from './pairs.ts';

describe('generated rows into a counting sink', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-stream-'));
  let engine: Engine;
  let runs = 0;
  beforeAll(async () => {
    engine = await startEngine(join(folder, 'home'));
  });
  afterAll(async () => {
    await engine.stop();
    rmSync(folder, { recursive: true });
  });

  async function copy(from: string, to: string, more: Partial<TaskDocument> = {}): Promise<RunRow> {
    const name = `run${++runs}`;
    const ends = [];
    for (const url of [from, to]) {
      const { connector, config, table } = connectorForUrl(url);
      const { id } = await engine.sources.create(
        engine.workspace,
        `${name}-${ends.length}`,
        connector,
        config,
      );
      ends.push({ dataSource: id, parameters: { table } });
    }
    const document = { mode: 'full' as const, reader: ends[0]!, writer: ends[1]!, ...more };
    const task = await engine.store.tasks.insert({
      id: uuidv7(),
      workspace: engine.workspace,
      name,
      document,
      createdAt: 1,
      updatedAt: 1,
    });
    const start = { workspace: engine.workspace, task: task.id, trigger: 'test', actor: 'test' } as const;
    return rested(engine, (await engine.runs.control.start(start)).id);
  }

  for (const sink of ['stream:', `stream:?file=${join(folder, 'sink.db')}`])
    for (const mapStage of [false, true])
      it(`counts each good row once, ${sink.slice(0, 12)}${mapStage ? ' behind a map stage' : ''}`, async () => {
        const from = 'stream:?rows=30000&badEvery=1000&seed=9#orders';
        const table = `sink${runs}`;
        const run = await copy(from, `${sink}#${table}`, {
          mapStage,
          control: { channels: 2, dirtyLimit: 30 },
        });
        expect(run.error).toBeUndefined();
        expect(run.counts).toMatchObject({ read: 30_000, written: 29_970, filtered: 0, dirty: 30 });
        const expected = await generatorTotals(connectorForUrl(from).config, { table: 'orders' });
        expect(sinkTotals(connectorForUrl(sink).config, table)).toEqual(expected);
      });

  it('inserts into a target that cannot upsert, though the rows have a key; asked to upsert it refuses', async () => {
    expect((await copy('stream:?rows=10#a', 'stream:#plain')).state).toBe('succeeded');
    const refused = await copy('stream:?rows=10#a', 'stream:#plain', { write: { mode: 'upsert' } });
    expect(refused.error).toMatchObject({ code: 'SLUICE_CFG_INVALID', place: '/write/mode' });
  });
});
