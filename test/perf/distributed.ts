import { type ShownRun, restedRun, startCopy } from '../e2e/cluster-copy.ts';
import { Cluster } from '../e2e/cluster.ts';
import { place } from '../e2e/pairs.ts';
import { type Own, usageOf } from './measuring.ts';
import type { Workload } from './workload.ts';

/** A coordinator, a reader and a writer as processes on Kafka, PostgreSQL and Redis. */
export class Distributed {
  readonly #cluster: Cluster;
  readonly #closeStore: () => Promise<void>;

  constructor(cluster: Cluster, closeStore: () => Promise<void>) {
    this.#cluster = cluster;
    this.#closeStore = closeStore;
  }

  static async start(): Promise<Distributed> {
    const store = await place('postgres');
    const cluster = await Cluster.start({
      store: store.url,
      kafka: process.env['SLUICE_TEST_KAFKA']!,
      redis: process.env['SLUICE_TEST_REDIS']!,
    });
    for (const role of ['reader', 'writer'] as const) await cluster.add(role);
    return new Distributed(cluster, () => store.close());
  }

  /** One run by the API, with the making of its data sources and its task. */
  async copy(work: Workload, rows: number, channels: number): Promise<Own> {
    const pids = this.#cluster.members.map(({ process: child }) => child.pid!);
    const before = usageOf(pids);
    const started = performance.now();
    const document = { write: { mode: 'insert' as const, truncateFirst: true }, control: { channels } };
    const { id } = await startCopy(this.#cluster, work.source.url, work.target.url, 'orders', document);
    const run: ShownRun = await restedRun(this.#cluster, id, 1_800_000);
    if (run.state !== 'succeeded') throw new Error(JSON.stringify(run.error));
    const seconds = (performance.now() - started) / 1000;
    const { cpu, peakRssMb } = usageOf(pids);
    return { seconds, cpuSecondsPerMillionRows: ((cpu - before.cpu) / rows) * 1e6, peakRssMb };
  }

  async stop(): Promise<void> {
    await this.#cluster.stop();
    await this.#closeStore();
  }
}
