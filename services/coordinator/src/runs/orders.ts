import type { ResolvedMapping } from '@sluice/mapping';
import { DEFAULT_BATCH_LIMITS, type Stage } from '@sluice/model';
import type {
  Access,
  Directive,
  RunRow,
  SplitClaim,
  SplitRow,
  StageOrder,
  Versioned,
  WorkerOrders,
  WorkerReport,
} from '@sluice/ports';
import { everything, type RunsContext, topicsOf } from './context.ts';
import type { StoredErrands } from './errands.ts';
import { dataSource } from './data-source.ts';
import { groupOf } from './groups.ts';
import { openSources, readerSources } from './reader-sources.ts';
import type { Reports } from './reports.ts';
import { splitsOf, untoldOf } from './splits.ts';
import type { Workers } from './workers.ts';

/** How far the readers of one worker may be ahead of the target (D-18). */
const AHEAD_BYTES = 64 * 1024 * 1024;
const AHEAD_BATCHES = 128;
/**
 * Flow control by the slow way round changes the orders at most this often, in milliseconds: it is for what signals lose and for
 * processes without Redis.
 */
const FLOW_EVERY = 1000;

/** Derives what a worker is to do from the store alone, so that any coordinator gives the same orders. */
export class Orders {
  readonly #context: RunsContext;
  readonly #errands: StoredErrands;
  readonly #reports: Reports;
  readonly #workers: Workers;

  constructor(context: RunsContext, errands: StoredErrands, reports: Reports, workers: Workers) {
    this.#context = context;
    this.#errands = errands;
    this.#reports = reports;
    this.#workers = workers;
  }

  async for(report: WorkerReport): Promise<WorkerOrders> {
    const runs = await everything(this.#context.store.runs, {
      states: ['running', 'retrying', 'stopping', 'cancelling'],
    });
    const serve: StageOrder[] = [];
    const directives: Directive[] = await this.#errands.directives(report);
    const parts: string[] = [];
    for (const run of runs) {
      if (run.plan === undefined) continue;
      const splits = await splitsOf(this.#context, run.generation);
      for (const stage of report.stages) {
        if (!wants(run, stage) || groupOf(run, stage) !== report.group) continue;
        const order = await this.#order(run, stage, splits, report.worker);
        serve.push(order);
        const claims = (order.claims ?? []).map((claim) => `${claim.split}:${claim.epoch}`).join();
        parts.push(
          `${run.id} ${run.generation} ${order.attempt} ${stage} ${run.state} ${order.rowsPerSecond} ${order.bytesPerSecond} ${claims}`,
        );
      }
      if (report.stages.includes('write'))
        directives.push(...(await this.#runDirectives(run, splits, report.worker)));
    }
    for (const directive of directives) parts.push(directive.id);
    // What is asked for comes again until the store has its answer: the one that was given may have failed, or been forgotten.
    if (directives.length > 0 || runs.some((run) => run.state === 'running'))
      parts.push(String(Math.floor(this.#context.clock.now() / FLOW_EVERY)));
    return { version: parts.join('|') || 'idle', serve, directives };
  }

  async #order(
    run: Versioned<RunRow>,
    stage: Stage,
    splits: readonly SplitRow[],
    worker: string,
  ): Promise<StageOrder> {
    const plan = run.plan!;
    const topics = topicsOf(run.workspace, run.parent);
    const control = run.document.control;
    const flow = this.#reports.flow(run.id).applied;
    const applied = ({ ordinal, readerEpoch }: SplitRow): number => {
      const found = flow.get(ordinal);
      return found?.epoch === readerEpoch ? found.seq : 0;
    };
    const output = { read: topics.read, map: topics.mapped, write: undefined }[stage];
    const input = { read: undefined, map: topics.read, write: plan.mapped ? topics.mapped : topics.read }[
      stage
    ];
    return {
      run: run.id,
      stage,
      workspace: run.workspace,
      task: run.parent,
      desired: run.desired,
      attempt: run.attempt ?? 0,
      plan,
      ...(run.traceId === undefined ? {} : { traceId: run.traceId }),
      ...(input === undefined ? {} : { input, consumers: `${input}.${stage}` }),
      ...(output === undefined ? {} : { output }),
      ...(stage === 'map' ? await this.#mapping(run) : { access: await this.#access(run, stage) }),
      ...(run.rowsPerSecond === undefined ? {} : { rowsPerSecond: run.rowsPerSecond }),
      ...(run.bytesPerSecond === undefined ? {} : { bytesPerSecond: run.bytesPerSecond }),
      aheadBytes: AHEAD_BYTES,
      aheadBatches: AHEAD_BATCHES,
      batchRecords: control?.batchRecords ?? DEFAULT_BATCH_LIMITS.maxRecords,
      batchBytes: control?.batchBytes ?? DEFAULT_BATCH_LIMITS.maxBytes,
      committed: Object.fromEntries(
        splits.map((row) => [row.ordinal, { seq: row.seq, applied: applied(row) }]),
      ),
      ...(stage === 'read' ? { claims: splits.filter((row) => isClaim(row, worker)).map(claimOf) } : {}),
    };
  }

  /** The mapping with the secrets that it names (S-23). */
  async #mapping({ workspace, plan }: RunRow): Promise<Pick<StageOrder, 'mapping' | 'secrets'>> {
    const mapping = plan!.mapping as ResolvedMapping;
    if (mapping.secrets === undefined) return { mapping };
    return { mapping, secrets: await this.#context.dataSources.openSecrets(workspace, mapping.secrets) };
  }

  async #access(run: RunRow, stage: Stage): Promise<Access> {
    const end = stage === 'read' ? run.document.reader : run.document.writer;
    const { store, dataSources } = this.#context;
    const { id } = await dataSource(store, run.workspace, end.dataSource);
    const sources =
      stage === 'read' ? await readerSources(store, run.workspace, run.document.reader) : undefined;
    return {
      ...(await dataSources.open(id)),
      parameters: end.parameters,
      ...(await openSources(dataSources, sources)),
    };
  }

  /** Seals, finish and cancel follow from the store; one alive writer is asked, which may change: all may be repeated. */
  async #runDirectives(
    run: Versioned<RunRow>,
    splits: readonly SplitRow[],
    worker: string,
  ): Promise<Directive[]> {
    const writers = (await this.#workers.alive('write', groupOf(run, 'write'))).map((row) => row.id).sort();
    if (writers[0] !== worker) return [];
    if (run.state === 'cancelling') {
      if (run.fenced === true) return [];
      const access = await this.#access(run, 'write');
      return [{ id: `cancel ${run.id}`, kind: 'cancel', run: run.id, plan: run.plan!.write, access }];
    }
    if (run.prepared !== true) return [];
    const directives: Directive[] = splits
      .filter((row) => row.sealing === true && row.state === 'open')
      .map((row) => ({
        id: `seal ${run.id} ${row.ordinal} ${row.readerEpoch}`,
        kind: 'seal',
        run: run.id,
        split: row.ordinal,
        epoch: row.readerEpoch,
      }));
    if (run.finished !== true && splits.length > 0 && splits.every((row) => row.state === 'final')) {
      const untold = untoldOf(splits);
      directives.push({ id: `finish ${run.id} ${untold.join()}`, kind: 'finish', run: run.id, untold });
    }
    return directives;
  }
}

/** Which stages a run needs now. */
function wants(run: RunRow, stage: Stage): boolean {
  if (run.state === 'cancelling') return false;
  if (stage === 'map') return run.plan!.mapped;
  // Stopping: readers stop, what is on the bus is still mapped and written (D-23).
  if (stage === 'read') return run.state !== 'stopping';
  return true;
}

function isClaim(row: SplitRow, worker: string): boolean {
  return row.owner === worker && row.state === 'open' && row.sealing !== true && row.from !== undefined;
}

function claimOf(row: SplitRow): SplitClaim {
  return { split: row.ordinal, epoch: row.readerEpoch, ...row.from! };
}
