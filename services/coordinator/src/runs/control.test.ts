import { type RunState, type TaskDocument, uuidv7 } from '@sluice/model';
import { type Bus, type RunRow, type Store, systemClock, type Versioned } from '@sluice/ports';
import { MemorySignals } from '@sluice/signals-memory';
import { openSqliteStore } from '@sluice/store-sqlite';
import { beforeEach, describe, expect, it } from 'vitest';
import { createRuns, type Runs } from './index.ts';

const DOCUMENT: TaskDocument = {
  mode: 'full',
  reader: { dataSource: 'source', parameters: { table: 'orders' } },
  writer: { dataSource: 'target', parameters: { table: 'orders' } },
};

describe('asking something of a run while others move it', () => {
  let store: Store;
  let runs: Runs;
  let task: string;
  beforeEach(async () => {
    store = openSqliteStore(':memory:');
    await store.migrate();
    runs = createRuns({
      store,
      bus: {} as Bus,
      signals: new MemorySignals(),
      clock: systemClock,
      dataSources: {
        open: async () => ({ connector: 'sqlite', config: {} }),
        openSecrets: async () => ({}),
        redact: (text) => text,
      },
    });
    task = uuidv7();
    await store.tasks.insert({
      id: task,
      workspace: 'w',
      name: task,
      document: DOCUMENT,
      createdAt: 1,
      updatedAt: 1,
    });
  });

  const start = (fresh = false): Promise<Versioned<RunRow>> =>
    runs.control.start({ workspace: 'w', task, trigger: 'test', actor: 'test', fresh });

  /** Somebody else takes the run on after it was looked at and before it is changed. */
  function movedMeanwhile(id: string, ...states: RunState[]): void {
    const get = store.runs.get.bind(store.runs);
    store.runs.get = async (asked) => {
      const seen = await get(asked);
      store.runs.get = get;
      for (const state of states) {
        const row = (await get(id))!;
        await store.runs.update({ ...row, state }, row.version);
      }
      return seen;
    };
  }

  it('stops one that begins at that very moment, from the state in which it is then', async () => {
    const { id } = await start();
    movedMeanwhile(id, 'queued', 'running');
    expect(await runs.control.stop(id, 'test')).toMatchObject({ state: 'stopping', desired: 'stop' });
    expect((await store.events.list({ parent: id })).items.map(({ what }) => what)).toEqual(['stopping']);
  });

  it('cancels one that begins at that very moment through its writers, not past them', async () => {
    const { id } = await start();
    movedMeanwhile(id, 'queued', 'running');
    expect(await runs.control.cancel(id, 'test')).toMatchObject({ state: 'cancelling', desired: 'cancel' });
  });

  it('makes one run of ten starts at one moment and names it to the others', async () => {
    const started = await Promise.allSettled(Array.from({ length: 10 }, () => start()));
    const made = (await store.runs.list({ parent: task })).items;
    expect(made).toHaveLength(1);
    const { id } = made[0]!;
    const answers = started.map((one) => (one.status === 'fulfilled' ? one.value.id : one.reason.code));
    expect(answers.sort()).toEqual([id, ...Array(9).fill('SLUICE_RUN_ACTIVE')].sort());
    const refused = started.find((one) => one.status === 'rejected')!;
    expect(refused).toMatchObject({ reason: { place: id } });
  });

  it('answers the run itself to a call that is repeated with its id, also at one moment', async () => {
    const request = { workspace: 'w', task, trigger: 'test', actor: 'test', run: uuidv7() } as const;
    const started = await Promise.all(Array.from({ length: 5 }, () => runs.control.start(request)));
    expect(new Set(started.map(({ id }) => id))).toEqual(new Set([request.run]));
  });

  it('does not resume a run beside another one of its task', async () => {
    const first = await start();
    await runs.control.stop(first.id, 'test');
    const second = await start(true);
    expect(second.id).not.toBe(first.id);
    await expect(runs.control.resume(first.id, 'test')).rejects.toMatchObject({
      code: 'SLUICE_RUN_ACTIVE',
      place: second.id,
    });
    expect((await store.runs.get(first.id))!.state).toBe('stopped');
  });
});
