import type { Connector } from '@sluice/connector-sdk';
import { balances, type TaskDocument } from '@sluice/model';
import type { Coordination, RunRow, WorkerOrders, WorkerReport } from '@sluice/ports';
import { Worker } from '@sluice/runtime';
import { SimStore } from './sim-store.ts';
import { createRuns } from '../../services/coordinator/src/runs/index.ts';
import { SimBroker, SimBus, SimSignals } from './sim-bus.ts';
import { type Seat, simCoordination, steppedStore } from './sim-coordinator.ts';
import { simConnector, SPEC, type SourceFaults, type SourceShape } from './sim-source.ts';
import { isBad, SimConnections, SimServer, type SimSession } from './sim-target.ts';
import { Process, World } from './world.ts';

/** What a schedule does wrong on purpose: a rule of the protocol that is taken out. */
export interface Sabotage {
  readonly session?: (session: SimSession) => SimSession;
  readonly connector?: (connector: Connector) => Connector;
  /** What the coordinator's orders say to the workers, and what workers' reports say to it. */
  readonly orders?: (orders: WorkerOrders) => WorkerOrders;
  readonly report?: (report: WorkerReport) => WorkerReport;
}

export interface Outcome {
  readonly seed: number;
  readonly problem?: string;
  readonly faults: readonly string[];
  readonly state?: string;
  readonly healing: Readonly<Record<string, number>>;
  readonly steps: number;
  /** The run log. */
  readonly log: readonly string[];
}

const WORKSPACE = 'w';
const RUN = '01890000-0000-7000-8000-000000000002';
const TASK = '01890000-0000-7000-8000-000000000001';

/** One schedule: a run from start to end through faults that the seed chooses; says what is wrong at the end, if anything. */
export async function playSchedule(
  seed: number,
  sabotage: Sabotage = {},
  mostSteps?: number,
): Promise<Outcome> {
  const play = new Play(seed, sabotage, mostSteps);
  try {
    await play.run();
    return play.outcome(play.problem());
  } catch (error) {
    return play.outcome(error instanceof Error ? error.message : String(error));
  }
}

class Play {
  readonly #seed: number;
  readonly #world: World;
  readonly #broker: SimBroker;
  readonly #server: SimServer;
  readonly #store = new SimStore();
  readonly #signals: SimSignals;
  readonly #shape: SourceShape;
  readonly #source: SourceFaults = { broken: false };
  readonly #sabotage: Sabotage;
  readonly #faults: string[] = [];
  readonly #workers: Process[] = [];
  #seat!: Seat<Coordination>;
  #run: RunRow | undefined;
  #left: number;
  #names = 0;

  constructor(seed: number, sabotage: Sabotage, mostSteps?: number) {
    this.#seed = seed;
    this.#sabotage = sabotage;
    this.#world = new World(seed, mostSteps);
    this.#broker = new SimBroker(this.#world);
    this.#server = new SimServer(this.#world, new Process('target'));
    this.#signals = new SimSignals(this.#world);
    const splits = 1 + this.#world.below(3);
    this.#shape = {
      rows: 4 + this.#world.below(24),
      splits,
      resumable: this.#world.random() < 0.8,
      batch: 1 + this.#world.below(3),
    };
    this.#left = this.#world.below(5);
  }

  async run(): Promise<void> {
    await this.#fill();
    this.#coordinator();
    for (let i = 0; i < 1 + this.#world.below(2); i++) this.#worker();
    await this.#world.run(
      () => this.#ended(),
      () => this.#between(),
    );
  }

  problem(): string | undefined {
    const run = this.#run!;
    if (run.state !== 'succeeded')
      return `The run ends as ${run.state}: ${run.error?.code} ${run.error?.detail}`;
    const ids = Array.from({ length: this.#shape.rows }, (_, id) => id);
    const good = ids.filter((id) => !isBad(id)).join();
    const rows = [...this.#server.rows].sort((a, b) => a - b).join();
    if (rows !== good) return `The target has ${rows}, not ${good}.`;
    const bad = ids.filter(isBad).length;
    if (this.#server.dirty.size !== bad)
      return `The target has ${this.#server.dirty.size} dirty records, not ${bad}.`;
    const { counts } = run;
    if (counts === undefined || !balances(counts) || counts.read !== ids.length || counts.dirty !== bad)
      return `The ledger is ${JSON.stringify(counts)}.`;
    return undefined;
  }

  outcome(problem: string | undefined): Outcome {
    return {
      seed: this.#seed,
      faults: this.#faults,
      healing: this.#run?.healing ?? {},
      steps: this.#world.steps,
      log: this.#store.lines,
      ...(problem === undefined ? {} : { problem }),
      ...(this.#run === undefined ? {} : { state: this.#run.state }),
    };
  }

  async #fill(): Promise<void> {
    const now = this.#world.now;
    for (const name of ['source', 'target'])
      await this.#store.dataSources.insert({
        id: name,
        workspace: WORKSPACE,
        name,
        connector: 'stream',
        config: {},
        secrets: {},
        createdAt: now,
        updatedAt: now,
      });
    const document: TaskDocument = {
      mode: 'full',
      reader: { dataSource: 'source', parameters: { table: 'orders' } },
      writer: { dataSource: 'target', parameters: { table: 'orders' } },
      mapStage: this.#world.random() < 0.3,
      write: { mode: 'insert', truncateFirst: this.#world.random() < 0.5 },
      control: { channels: 1 + this.#world.below(2), dirtyLimit: 100 },
    };
    await this.#store.tasks.insert({
      id: TASK,
      workspace: WORKSPACE,
      name: 't',
      document,
      createdAt: now,
      updatedAt: now,
    });
  }

  #coordinator(): void {
    const process = new Process('coordinator');
    const runs = createRuns({
      store: steppedStore(this.#world, process, this.#store),
      bus: new SimBus(this.#broker, process),
      signals: this.#signals,
      clock: this.#world.clockOf(process),
      dataSources: { open: async () => ({ connector: 'stream', config: {} }), redact: (text) => text },
      specOf: async () => SPEC,
    });
    void runs.run(new AbortController().signal).catch(() => undefined);
    // Whoever asked asks again when the answer does not come: the run's id makes that harmless.
    const start = {
      workspace: WORKSPACE,
      task: TASK,
      trigger: 'test',
      actor: 'simulation',
      run: RUN,
    } as const;
    void runs.control.start(start).catch(() => undefined);
    if (this.#seat === undefined) this.#seat = { process, served: runs.coordination };
    else Object.assign(this.#seat, { process, served: runs.coordination });
  }

  #worker(): void {
    const name = `worker${++this.#names}`;
    const process = new Process(name);
    this.#workers.push(process);
    const raw = new SimConnections(this.#server, process);
    const connections = {
      open: async (application: string): Promise<SimSession> => {
        const session = await raw.open(application);
        return this.#sabotage.session?.(session) ?? session;
      },
      terminate: (application: string): Promise<void> => raw.terminate(application),
    };
    const connector = simConnector(this.#world, process, this.#shape, this.#source, connections);
    const worker = new Worker({
      id: name,
      name,
      group: 'default',
      stages: ['read', 'map', 'write'],
      coordination: this.#sabotaged(simCoordination(this.#world, process, this.#seat)),
      bus: new SimBus(this.#broker, process),
      signals: this.#signals,
      clock: this.#world.clockOf(process),
      connectors: async () => this.#sabotage.connector?.(connector) ?? connector,
    });
    void worker.run(new AbortController().signal);
  }

  #sabotaged(coordination: Coordination): Coordination {
    const { orders = (given) => given, report = (given) => given } = this.#sabotage;
    return {
      ...coordination,
      renew: async (said, wait) => orders(await coordination.renew(report(said), wait)),
    };
  }

  #ended(): boolean {
    this.#run = this.#store.peekRuns().at(-1);
    return (
      this.#run !== undefined && ['succeeded', 'failed', 'cancelled', 'stopped'].includes(this.#run.state)
    );
  }

  #lastSweep = 0;

  /** Before every step: what servers notice by themselves, and now and then a fault. */
  #between(): void {
    if (this.#world.now - this.#lastSweep > 1000) {
      this.#lastSweep = this.#world.now;
      this.#server.sweep();
      for (const key of this.#broker.members.keys()) this.#broker.rebalance(key);
      this.#broker.faults.repeat = 0;
    }
    if (this.#left > 0 && this.#world.random() < 0.004) {
      this.#left--;
      this.#fault();
    }
  }

  #lossesLeft = 3;

  /** Some of the losses that one batch may meet by chance; more at one place fail the run, as D-11 says. */
  #losses(): number {
    const some = Math.min(this.#lossesLeft, 1 + this.#world.below(2));
    this.#lossesLeft -= some;
    return some;
  }

  #fault(): void {
    const world = this.#world;
    const faults: Record<string, () => void> = {
      'kill a worker': () => {
        const alive = this.#workers.filter((worker) => worker.alive);
        const victim = alive[world.below(alive.length)]!;
        victim.alive = false;
        this.#worker();
        for (const key of this.#broker.members.keys()) this.#broker.rebalance(key);
      },
      'pause a worker': () => {
        const victim = this.#workers.at(-1)!;
        victim.pausedUntil = world.now + world.below(70_000);
        if (world.random() < 0.5) this.#worker();
      },
      'kill the coordinator': () => {
        this.#seat.process.alive = false;
        this.#coordinator();
      },
      'lose everything on the bus': () => this.#broker.loseEverything(),
      'reset the offsets': () => this.#broker.resetOffsets(),
      'drop messages': () => (this.#broker.faults.drop = this.#losses()),
      'repeat messages': () => (this.#broker.faults.repeat = 0.6),
      'swap messages': () => (this.#broker.faults.swap = this.#losses()),
      'end the sessions of the target': () => {
        for (const session of this.#server.sessions) this.#server.end(session);
      },
      'lose the answer of a commit': () => (this.#server.faults.unknownCommit = true),
      'lose a commit': () => (this.#server.faults.lostCommit = true),
      'cut the source': () => (this.#source.broken = true),
    };
    const names = Object.keys(faults);
    const name = names[world.below(names.length)]!;
    this.#faults.push(name);
    faults[name]!();
  }
}
