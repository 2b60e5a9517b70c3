import { ERRORS, type ErrorCode, SluiceError, type Stage, toldError, type ToldError } from '@sluice/model';
import type { Answer, Directive, ErrandRequest, ErrandRow, WorkerReport } from '@sluice/ports';
import type { ErrandOptions, Errands } from '../control.ts';
import { change, everything, newId, type RunsContext } from './context.ts';
import { DEFAULT_GROUP } from './groups.ts';
import { openSources } from './reader-sources.ts';
import type { Workers } from './workers.ts';

/** What a run or an errand waits for. */
export const noWorker = (stage: Stage, group: string): string =>
  `No ${stage} worker of the resource group ${group} is alive.`;

/** Errands as rows of the store: any coordinator may ask, any worker of the stage may take them. */
export class StoredErrands implements Errands {
  readonly #context: RunsContext;
  readonly #workers: Workers;

  constructor(context: RunsContext, workers: Workers) {
    this.#context = context;
    this.#workers = workers;
  }

  async ask<T>(request: ErrandRequest, options: ErrandOptions): Promise<T> {
    const { store, clock } = this.#context;
    const { stage, timeoutMs, patienceMs = timeoutMs } = options;
    const asked = clock.now();
    const deadline = asked + timeoutMs;
    const id = newId(this.#context);
    const group =
      options.group ?? (await store.dataSources.get(request.dataSource))?.resourceGroup ?? DEFAULT_GROUP;
    await store.errands.insert({ id, state: 'open', stage, group, deadline, request });
    this.#context.wake();
    try {
      for (;;) {
        const row = await store.errands.get(id);
        if (row?.state === 'done') return row.answer as T;
        if (row?.state === 'failed') throw remote(row.error!);
        const now = clock.now();
        if (now >= deadline || (row?.state === 'open' && now >= asked + patienceMs)) {
          const isNobody = (await this.#workers.alive(stage, group)).length === 0;
          if (isNobody)
            throw new SluiceError('SLUICE_RUN_NO_WORKER', {
              detail: noWorker(stage, group),
              hint: `Start a ${stage} worker with SLUICE_GROUP=${group}, or give task and data source a group that has one.`,
            });
          if (now >= deadline)
            throw new SluiceError(
              'SLUICE_RUN_NO_WORKER',
              `No ${stage} worker of the resource group ${group} answered within ${timeoutMs} ms.`,
            );
        }
        await this.#context.woken(200);
      }
    } finally {
      await store.errands.remove(id);
    }
  }

  /** Open errands for this worker, taken in its name; the data source's secrets go with them (S-23). */
  async directives(report: WorkerReport): Promise<Directive[]> {
    const { store, clock, dataSources } = this.#context;
    const found: Directive[] = [];
    for (const row of await everything(store.errands, { states: ['open', 'taken'] })) {
      if (row.group !== report.group || !report.stages.includes(row.stage) || row.deadline < clock.now())
        continue;
      if (row.state === 'taken' && row.worker !== report.worker) continue;
      if (row.state === 'open') {
        const taken = await store.errands.update(
          { ...row, state: 'taken', worker: report.worker },
          row.version,
        );
        if (taken === undefined) continue;
      }
      try {
        const { connector, config } = await dataSources.open(row.request.dataSource);
        const access = {
          connector,
          config,
          parameters: 'parameters' in row.request ? row.request.parameters : {},
          ...(await openSources(dataSources, 'sources' in row.request ? row.request.sources : undefined)),
        };
        const secrets = await this.#secrets(row.request);
        found.push({
          id: row.id,
          kind: 'errand',
          request: row.request,
          access,
          deadline: row.deadline,
          ...(secrets === undefined ? {} : { secrets }),
        });
      } catch (thrown) {
        await this.answer({ id: row.id, error: toldError(thrown) });
      }
    }
    return found;
  }

  async #secrets(request: ErrandRequest): Promise<Readonly<Record<string, string>> | undefined> {
    if (!('secrets' in request) || request.secrets === undefined) return undefined;
    const { workspace, names } = request.secrets;
    return this.#context.dataSources.openSecrets(workspace, names);
  }

  async answer(answer: Answer): Promise<boolean> {
    const row = await change(this.#context.store.errands, answer.id, (errand): ErrandRow =>
      answer.error === undefined
        ? { ...errand, state: 'done', answer: answer.result }
        : { ...errand, state: 'failed', error: answer.error },
    );
    if (row !== undefined) this.#context.wake();
    return row !== undefined;
  }
}

/** An error as it came from a worker. */
export function remote({ code, ...told }: ToldError): SluiceError {
  return new SluiceError((code in ERRORS ? code : 'SLUICE_SYS_BUG') as ErrorCode, told);
}
