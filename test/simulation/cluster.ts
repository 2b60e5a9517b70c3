import { Worker } from '@sluice/runtime';
import type { Coordination, WorkerOrders } from '@sluice/ports';
import { createRuns } from '../../services/coordinator/src/runs/index.ts';
import type { Sabotage } from './sabotage.ts';
import type { Shape } from './shape.ts';
import { SimBroker, SimBus } from './sim-bus.ts';
import { call, frozen, type Seat, steppedStore } from './sim-coordinator.ts';
import { SimSignals } from './sim-signals.ts';
import { simConnector, SPEC, type SourceFaults } from './sim-source.ts';
import { SimStore, type Snapshot } from './sim-store.ts';
import { SimConnections, SimServer, type SimSession } from './sim-target.ts';
import { BusWatch } from './watch-bus.ts';
import { StoreWatch } from './watch-store.ts';
import { TargetWatch } from './watch-target.ts';
import { Process, type World } from './world.ts';

export const WORKSPACE = 'w';
export const TASK = '01890000-0000-7000-8000-000000000001';

/** Everything that takes part in a schedule: servers, coordinators and workers, with the real modules inside. */
export class Cluster {
  readonly world: World;
  readonly shape: Shape;
  readonly broker: SimBroker;
  readonly server: SimServer;
  readonly store = new SimStore();
  readonly source: SourceFaults = { broken: false, refused: false };
  readonly watch: StoreWatch;
  workers: Process[] = [];
  seats: Seat[] = [];
  readonly #signals: SimSignals;
  readonly #sabotage: Sabotage;
  #names = 0;

  constructor(world: World, shape: Shape, sabotage: Sabotage) {
    this.world = world;
    this.shape = shape;
    this.#sabotage = sabotage;
    this.server = new SimServer(world, new TargetWatch(world));
    this.broker = new SimBroker(world, new BusWatch(world, this.server, shape.ahead));
    this.#signals = new SimSignals(world, (topic, message) => this.#overheard(topic, message));
    this.watch = new StoreWatch(world, this.store, this.server);
    if (sabotage.anyActive !== true) this.store.oneActive();
  }

  async fill(): Promise<void> {
    const now = this.world.now;
    for (const name of ['source', 'target'])
      await this.store.dataSources.insert({
        id: name,
        workspace: WORKSPACE,
        name,
        connector: 'stream',
        config: {},
        secrets: {},
        createdAt: now,
        updatedAt: now,
      });
    const { document } = this.shape;
    const times = { createdAt: now, updatedAt: now };
    await this.store.tasks.insert(frozen({ id: TASK, workspace: WORKSPACE, name: 't', document, ...times }));
    for (let i = 0; i < this.shape.coordinators; i++) this.startCoordinator();
    for (let i = 0; i < this.shape.workers; i++) this.startWorker();
  }

  startCoordinator(): void {
    const { store = (given) => given, clock = (given) => given } = this.#sabotage;
    const process = new Process(`coordinator${++this.#names}`);
    const runs = createRuns({
      store: store(steppedStore(this.world, process, this.store)),
      bus: new SimBus(this.broker, process),
      signals: this.#signals.of(process),
      clock: clock(this.world.clockOf(process)),
      dataSources: {
        open: async () => ({ connector: 'stream', config: {} }),
        openSecrets: async () => ({}),
        redact: (text) => text,
      },
      specOf: async () => SPEC,
    });
    this.seats.push({ process, runs });
    void runs.run(new AbortController().signal).catch(() => undefined);
  }

  killCoordinators(): void {
    for (const { process } of this.seats) process.kill();
    this.seats = [];
  }

  killCoordinator(): void {
    const [victim] = this.seats.splice(this.world.below(this.seats.length), 1);
    victim?.process.kill();
  }

  startWorker(): Process {
    const { world } = this;
    const name = `worker${++this.#names}`;
    const process = new Process(name);
    this.workers.push(process);
    const { bus = (given) => given, signals = (given) => given } = this.#sabotage;
    const connector = simConnector(world, process, this.shape, this.source, this.#connections(process));
    const worker = new Worker({
      id: name,
      name,
      group: 'default',
      stages: ['read', 'map', 'write'],
      coordination: this.#coordination(process),
      bus: bus(new SimBus(this.broker, process)),
      signals: signals(this.#signals.of(process)),
      clock: world.clockOf(process),
      connectors: async () => this.#sabotage.connector?.(connector, this.server) ?? connector,
    });
    void worker.run(process.leaving.signal);
    return process;
  }

  worker(name: string): Process | undefined {
    return this.workers.find((worker) => worker.name === name);
  }

  killWorker(victim: Process): void {
    victim.kill();
    this.workers = this.workers.filter((worker) => worker !== victim);
    this.broker.rebalance();
  }

  /** Brings the store back as it was; coordinators begin anew on it. */
  restore(snapshot: Snapshot): void {
    const seats = this.seats.length;
    this.killCoordinators();
    this.watch.restore(snapshot);
    for (let i = 0; i < Math.max(1, seats); i++) this.startCoordinator();
  }

  #connections(process: Process): SimConnections {
    const raw = new SimConnections(this.server, process);
    const changed = this.#sabotage.session;
    if (changed === undefined) return raw;
    const open = async (application: string): Promise<SimSession> => changed(await raw.open(application));
    return { open, terminate: (application: string) => raw.terminate(application) } as SimConnections;
  }

  #coordination(client: Process): Coordination {
    const { orders = (given) => given, report = (given) => given, claim = (given) => given } = this.#sabotage;
    const ask = <T>(body: (coordination: Coordination) => Promise<T>): Promise<T> =>
      call(this.world, client, this.seats, (runs) => body(runs.coordination));
    return {
      renew: async (said, wait) => {
        const since = this.watch.rates();
        const told = await ask((coordination) => coordination.renew(frozen(report(said)), wait));
        const given = orders(this.#near(told));
        if (wait !== undefined && given.version !== wait.version) this.#delivered(client, given, since);
        return given;
      },
      claimChannel: claim((...given) => ask((coordination) => coordination.claimChannel(...given))),
      release: (worker) => ask((coordination) => coordination.release(worker)),
    };
  }

  /** Orders with the schedule's own limits of reading ahead. */
  #near(orders: WorkerOrders): WorkerOrders {
    const { ahead } = this.shape;
    if (ahead === undefined) return orders;
    const limits = { aheadBytes: ahead.bytes, aheadBatches: ahead.batches };
    return { ...orders, serve: orders.serve.map((order) => ({ ...order, ...limits })) };
  }

  #delivered(client: Process, orders: WorkerOrders, since: ReadonlyMap<string, number>): void {
    const { splits, batch } = this.shape;
    this.broker.watch.ordered(client, orders.serve, splits * batch);
    for (const { stage, run, rowsPerSecond } of orders.serve)
      if (stage === 'read') this.watch.isRate(run, rowsPerSecond, since);
  }

  /** A writer says how far it is: that is how far it is. */
  #overheard(topic: string, message: string): void {
    if (!topic.startsWith('flow:')) return;
    const [split, epoch, seq] = message.split(':').map(Number) as [number, number, number];
    this.broker.watch.applied(split, epoch, seq);
  }
}
