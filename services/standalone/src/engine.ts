import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadKeyFile, loadTokenFile, SecretBox } from '@sluice/auth';
import { MemoryBus } from '@sluice/bus-memory';
import { loadConnector } from '@sluice/connectors';
import { createRuns, type Runs, SecretSources } from '@sluice/coordinator';
import { SluiceError, uuidv7 } from '@sluice/model';
import { type Store, systemClock } from '@sluice/ports';
import { Worker } from '@sluice/runtime';
import { MemorySignals } from '@sluice/signals-memory';
import { openSqliteStore } from '@sluice/store-sqlite';
import { holdHome } from './home.ts';

/** All parts of Sluice in this process, without the HTTP interface: what `sluice copy` runs on. */
export interface Engine {
  readonly store: Store;
  readonly bus: MemoryBus;
  readonly runs: Runs;
  readonly sources: SecretSources;
  readonly workerToken: string;
  readonly workspace: string;
  /** The data source that works at once in a workspace: a file of its own. */
  readonly warehouse: (workspace: string) => { connector: string; config: { path: string } };
  stop(): Promise<void>;
}

export const WORKSPACE = 'default';

/**
 * Starts on the state in `home`, made when absent. Runs that a dead process left go on by themselves
 * unless `autoResume` is false. Throws SLUICE_SYS_HOME when
 * the directory cannot be used or another process holds it.
 */
export async function startEngine(
  home: string,
  options: { readonly autoResume?: boolean } = {},
): Promise<Engine> {
  try {
    mkdirSync(home, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new SluiceError('SLUICE_SYS_HOME', {
      detail: `The directory ${home} cannot be made.`,
      place: home,
      cause,
    });
  }
  const release = holdHome(home);
  const store = openSqliteStore(join(home, 'sluice.db'));
  await store.migrate();
  // Workers of the process before this one: their splits are free at once.
  for (const worker of (await store.workers.list({ states: ['alive'] })).items)
    await store.workers.update({ ...worker, state: 'gone' }, worker.version);
  if (options.autoResume === false) await setDown(store);
  const sources = new SecretSources(store, new SecretBox(loadKeyFile(join(home, 'key'), true)));
  await firstObjects(store, sources, home);
  const bus = new MemoryBus();
  const signals = new MemorySignals();
  const runs = createRuns({ store, bus, signals, clock: systemClock, dataSources: sources });
  const stopping = new AbortController();
  const worker = new Worker({
    id: uuidv7(),
    name: 'standalone',
    group: 'default',
    stages: ['read', 'map', 'write'],
    coordination: runs.coordination,
    bus,
    signals,
    clock: systemClock,
    connectors: loadConnector,
  });
  const driving = runs.run(stopping.signal);
  const working = worker.run(stopping.signal);
  return {
    store,
    bus,
    runs,
    sources,
    workerToken: loadTokenFile(join(home, 'worker-token'), true),
    workspace: WORKSPACE,
    warehouse: (workspace) => warehouse(home, `warehouse-${workspace}.db`),
    stop: async () => {
      stopping.abort();
      await Promise.all([driving, working]);
      await store.close();
      release();
    },
  };
}

/** Runs of a dead process rest until somebody says what to do with them. */
async function setDown(store: Store): Promise<void> {
  const left = await store.runs.list({ states: ['created', 'queued', 'running', 'retrying', 'stopping'] });
  for (const run of left.items) await store.runs.update({ ...run, state: 'stopped' }, run.version);
}

/** The workspace and the data source that works at once: a warehouse in a file. */
async function firstObjects(store: Store, sources: SecretSources, home: string): Promise<void> {
  if ((await store.workspaces.get(WORKSPACE)) !== undefined) return;
  const { connector, config } = warehouse(home, 'warehouse.db');
  const { id } = await sources.create(WORKSPACE, 'warehouse', connector, config);
  await store.workspaces.insert({
    id: WORKSPACE,
    name: WORKSPACE,
    createdAt: Date.now(),
    defaultDataSource: id,
  });
}

/** The file is there from the start, so that a check of the data source finds it. */
function warehouse(home: string, name: string): ReturnType<Engine['warehouse']> {
  const path = join(home, name);
  writeFileSync(path, '', { flag: 'a', mode: 0o600 });
  return { connector: 'sqlite', config: { path } };
}
