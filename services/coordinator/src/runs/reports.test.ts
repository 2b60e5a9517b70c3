import { MemoryBus } from '@sluice/bus-memory';
import { SluiceError, type StreamProgress, uuidv7, ZERO_COUNTS } from '@sluice/model';
import { type RunPlan, type RunRow, type Store, systemClock, type WorkerReport } from '@sluice/ports';
import { MemorySignals } from '@sluice/signals-memory';
import { openSqliteStore } from '@sluice/store-sqlite';
import { beforeEach, describe, expect, it } from 'vitest';
import { createRuns, type Runs } from './index.ts';

describe('a report of a writer', () => {
  let store: Store;
  let runs: Runs;
  let run: RunRow;
  let report: WorkerReport;
  beforeEach(async () => {
    store = openSqliteStore(':memory:');
    await store.migrate();
    runs = createRuns({
      store,
      bus: new MemoryBus(),
      signals: new MemorySignals(),
      clock: systemClock,
      dataSources: {
        open: async () => ({ connector: 'sqlite', config: {} }),
        openSecrets: async () => ({}),
        redact: (text) => text,
      },
    });
    const [id, generation] = [uuidv7(), uuidv7()];
    const split = { ordinal: 0, range: null, label: 'all rows', resumable: true };
    run = {
      id,
      workspace: 'w',
      parent: uuidv7(),
      state: 'running',
      desired: 'run',
      trigger: 'test',
      actor: 'test',
      document: {
        mode: 'full',
        reader: { dataSource: 's', parameters: {} },
        writer: { dataSource: 't', parameters: {} },
      },
      generation,
      createdAt: 1,
      plan: { generation, read: { splits: [split] }, write: { streams: [] } } as unknown as RunPlan,
    };
    await store.runs.insert(run);
    await store.splits.insert({
      id: `${generation}:000000`,
      parent: generation,
      ordinal: 0,
      channel: 0,
      split,
      state: 'open',
      readerEpoch: 1,
      seq: 0,
      position: null,
      counts: ZERO_COUNTS,
    });
    const progress: StreamProgress = {
      split: 0,
      writerEpoch: 1,
      writerHolder: 'writer',
      readerEpoch: 1,
      seq: 3,
      position: '3',
      counts: { ...ZERO_COUNTS, read: 3, written: 2, dirty: 1 },
      final: false,
    };
    const dirty = {
      split: 0,
      epoch: 1,
      seq: 3,
      index: 0,
      code: 'SLUICE_TGT_VALUE',
      reason: 'bad',
      record: '{}',
    };
    report = {
      worker: 'writer',
      name: 'writer',
      group: 'default',
      stages: ['write'],
      runs: [{ run: id, stage: 'write', generation, attempt: 0, progress: [progress], dirty: [dirty] }],
      answers: [],
      logs: [],
    };
  });

  it('is taken whole or said again: a store that is away in the middle loses nothing of it', async () => {
    const insert = store.dirty.insert.bind(store.dirty);
    store.dirty.insert = async () => {
      store.dirty.insert = insert;
      throw new SluiceError('SLUICE_SYS_STORE', 'The store is away.');
    };
    await expect(runs.coordination.renew(report)).rejects.toMatchObject({ code: 'SLUICE_SYS_STORE' });
    await runs.coordination.renew(report);
    expect((await store.dirty.list({ parent: run.id })).items).toHaveLength(1);
    expect((await store.splits.list({ parent: run.generation })).items[0]).toMatchObject({ seq: 3 });
  });

  it('that it finished the target is no answer to a cancel: that is asked for until it is done there', async () => {
    const source = {
      workspace: 'w',
      connector: 'sqlite',
      config: {},
      secrets: {},
      createdAt: 1,
      updatedAt: 1,
    };
    for (const name of ['s', 't']) await store.dataSources.insert({ ...source, id: name, name });
    const cancel = `cancel ${run.id}`;
    await runs.control.cancel(run.id, 'test');
    const asked = async (answer: string): Promise<string[]> => {
      const answers = [{ id: answer, result: null }];
      const wait = { version: '', milliseconds: 0, signal: AbortSignal.abort() };
      const { directives } = await runs.coordination.renew({ ...report, runs: [], answers }, wait);
      return directives.map(({ id }) => id);
    };
    expect(await asked(`finish ${run.id}`)).toEqual([cancel]);
    expect(await asked(cancel)).toEqual([]);
  });

  it('that the target refused the generation is kept, also behind another failure of the run', async () => {
    const failed = (code: string, place?: string): WorkerReport['runs'][number] => ({
      run: run.id,
      stage: 'write',
      generation: run.generation,
      attempt: 0,
      failure: { code, detail: code, hint: '', ...(place === undefined ? {} : { place }) },
    });
    await store.runs.update({ ...run, attempt: 0 }, 1);
    await runs.coordination.renew({ ...report, runs: [failed('SLUICE_SRC_QUERY')] });
    await runs.coordination.renew({ ...report, runs: [failed('SLUICE_RUN_REPEATS', 'earlier')] });
    await runs.coordination.renew({ ...report, runs: [failed('SLUICE_TGT_QUERY')] });
    expect(await store.runs.get(run.id)).toMatchObject({
      state: 'failed',
      error: { code: 'SLUICE_RUN_REPEATS', place: 'earlier' },
    });
  });

  it('shows no count of dirty records before the records themselves', async () => {
    const update = store.splits.update.bind(store.splits);
    store.splits.update = async (...given) => {
      expect((await store.dirty.list({ parent: run.id })).items).toHaveLength(1);
      return update(...given);
    };
    await runs.coordination.renew(report);
    expect((await store.splits.list({ parent: run.generation })).items[0]).toMatchObject({
      counts: { dirty: 1 },
    });
  });
});
