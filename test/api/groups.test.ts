import { join } from 'node:path';
import { loadConnector } from '@sluice/connectors';
import { type Stage, uuidv7 } from '@sluice/model';
import { systemClock } from '@sluice/ports';
import { Worker } from '@sluice/runtime';
import { MemorySignals } from '@sluice/signals-memory';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Served } from './served.ts';

let served: Served;
const stopping = new AbortController();
const working: Promise<void>[] = [];
beforeAll(async () => {
  served = await Served.start();
});
afterAll(async () => {
  stopping.abort();
  await Promise.all(working);
  await served.stop();
});

/** A worker beside the engine's own, in another network as it were; answers its id. */
function begin(group: string, stages: readonly Stage[]): string {
  const { runs, bus } = served.engine;
  const id = uuidv7();
  const worker = new Worker({
    id,
    name: `${group} ${stages.join(' ')}`,
    group,
    stages,
    coordination: runs.coordination,
    bus,
    signals: new MemorySignals(),
    clock: systemClock,
    connectors: loadConnector,
  });
  working.push(worker.run(stopping.signal));
  return id;
}

/** A task of `orders` with these changes to its document. */
async function task(change: (document: Record<string, never>) => object): Promise<string> {
  const id = await served.task(500);
  const { body } = await served.call('GET', `/tasks/${id}`);
  const document = change(body['document'] as unknown as Record<string, never>);
  const { status } = await served.call('PUT', `/tasks/${id}`, {
    body: { name: String(body['name']), document },
  });
  expect(status).toBe(200);
  return id;
}

const start = async (id: string): Promise<string> =>
  String((await served.call('POST', `/tasks/${id}:run`)).body['id']);

const readers = async (run: string): Promise<unknown[]> =>
  (await served.call('GET', `/runs/${run}/splits`)).body.items.map(({ reader }) => reader);

async function logged(run: string, code: string): Promise<string> {
  for (;;) {
    const { body } = await served.call('GET', `/runs/${run}/logs?limit=1000`);
    const lines = body['lines'] as unknown as { code?: string; message: string }[];
    const found = lines.find((line) => line.code === code);
    if (found !== undefined) return found.message;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

describe('a task that asks for resource groups', () => {
  it('is read by workers of the one and written by workers of the other', async () => {
    const far = begin('far', ['read', 'map']);
    const id = await task((document) => ({
      ...document,
      reader: { ...(document['reader'] as unknown as object), resourceGroup: 'far' },
    }));
    const run = await start(id);
    expect((await served.rested(run))['state']).toBe('succeeded');
    expect(await readers(run)).toEqual([far]);
  });

  it('goes by the group of its data source where it says nothing itself', async () => {
    const near = begin('near', ['read']);
    const id = await served.task(500);
    const { body } = await served.call('GET', `/tasks/${id}`);
    const { reader } = body['document'] as unknown as { reader: { dataSource: string } };
    const found = await served.call('GET', `/data-sources?name=${reader.dataSource}`);
    const { id: source, config } = found.body.items[0]! as Record<string, unknown>;
    const moved = await served.call('PUT', `/data-sources/${String(source)}`, {
      body: { config, resourceGroup: 'near' },
    });
    expect(moved.body['resourceGroup']).toBe('near');
    const run = await start(id);
    expect((await served.rested(run))['state']).toBe('succeeded');
    expect(await readers(run)).toEqual([near]);
  });

  it('says in its log whom it waits for when nobody of the group is there, and goes on when somebody comes', async () => {
    begin('island', ['read']);
    const id = await task((document) => ({
      ...document,
      mapStage: true,
      control: { resourceGroup: 'island' },
      writer: { ...(document['writer'] as unknown as object), resourceGroup: 'default' },
    }));
    const run = await start(id);
    expect(await logged(run, 'SLUICE_RUN_NO_WORKER')).toBe(
      'No map worker of the resource group island is alive.',
    );
    begin('island', ['map']);
    expect((await served.rested(run))['state']).toBe('succeeded');
  });

  it('is judged by workers of these groups, and refused with the group that has none', async () => {
    const { body } = await served.call('GET', `/tasks/${await served.task(5)}`);
    const document = body['document'] as unknown as Record<string, object>;
    const writer = { ...document['writer'], resourceGroup: 'nowhere' };
    const judged = await served.call('POST', '/tasks:validate', { body: { ...document, writer } });
    expect([judged.status, judged.body['code']]).toEqual([503, 'SLUICE_RUN_NO_WORKER']);
    expect(judged.body['detail']).toBe('No write worker of the resource group nowhere is alive.');
  });
});

it('a data source without a group belongs to default', async () => {
  const config = { path: join(served.home, 'plain.db') };
  const made = await served.call('POST', '/data-sources', {
    body: { name: 'plain', connector: 'sqlite', config },
  });
  expect(made.body).not.toHaveProperty('resourceGroup');
});
