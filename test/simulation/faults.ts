import type { Cluster } from './cluster.ts';
import type { Process } from './world.ts';

/** What happens to machines and networks, at a moment that the seed chooses. */
export class Faults {
  readonly #cluster: Cluster;
  /** What has happened, in order. */
  readonly happened: string[] = [];
  #left: number;
  #lossesLeft = 3;
  #swept = 0;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
    this.#left = cluster.shape.faults;
  }

  /** Before every step: what servers notice by themselves, and now and then a fault. */
  tick(): void {
    const { world, server, broker } = this.#cluster;
    if (world.now - this.#swept > 1000) {
      this.#swept = world.now;
      server.sweep();
      broker.rebalance();
      broker.faults.repeat = 0;
    }
    if (this.#left > 0 && world.chance(0.006)) {
      this.#left--;
      const names = Object.keys(this.#faults);
      this.do(names[world.below(names.length)]!);
    }
  }

  /** Nothing more happens. */
  end(): void {
    this.#left = 0;
  }

  do(name: string): void {
    this.happened.push(name);
    this.#faults[name]!();
  }

  readonly #faults: Readonly<Record<string, () => void>> = {
    'kill a worker': () => {
      this.#cluster.killWorker(this.#anyWorker());
      this.#cluster.startWorker();
    },
    'end a worker in order': () => {
      this.#cluster.workers.find(({ leaving }) => !leaving.signal.aborted)?.leaving.abort();
      this.#cluster.startWorker();
    },
    'pause a worker': () => {
      const { world } = this.#cluster;
      this.#anyWorker().pausedUntil = world.now + world.below(70_000);
      if (world.chance(0.5)) this.#cluster.startWorker();
    },
    'cut a worker off from the coordinators': () => {
      const { world } = this.#cluster;
      this.#anyWorker().cutOffUntil = world.now + world.below(40_000);
      if (world.chance(0.5)) this.#cluster.startWorker();
    },
    'kill a coordinator': () => {
      this.#cluster.killCoordinator();
      this.#cluster.startCoordinator();
    },
    'lose everything on the bus': () => this.#cluster.broker.loseEverything(),
    'delete the topics': () => this.#cluster.broker.deleteTopics(),
    'reset the offsets': () =>
      this.#cluster.broker.resetOffsets(this.#cluster.world.chance(0.5) ? 'beginning' : 'end'),
    'give every channel to another worker': () => this.#cluster.broker.turn(),
    'drop messages': () => (this.#cluster.broker.faults.drop = this.#losses()),
    'damage messages': () => (this.#cluster.broker.faults.damage = this.#losses()),
    'swap messages': () => (this.#cluster.broker.faults.swap = this.#losses()),
    'repeat messages': () => (this.#cluster.broker.faults.repeat = 0.6),
    'refuse messages': () => (this.#cluster.broker.faults.refuse = 1 + this.#cluster.world.below(3)),
    'end the sessions of the target': () => {
      const { server } = this.#cluster;
      for (const session of server.sessions) server.end(session);
    },
    'lose the answer of a commit': () => (this.#cluster.server.faults.unknownCommit = true),
    'lose a commit': () => (this.#cluster.server.faults.lostCommit = true),
    'cut the source': () => (this.#cluster.source.broken = true),
  };

  #anyWorker(): Process {
    const { world, workers } = this.#cluster;
    return workers[world.below(workers.length)]!;
  }

  /** Some of the losses that one batch may meet by chance; more at one place fail the run, as D-11 says. */
  #losses(): number {
    const some = Math.min(this.#lossesLeft, 1 + this.#cluster.world.below(2));
    this.#lossesLeft -= some;
    return some;
  }
}
