import { randomBytes } from 'node:crypto';
import { connectorForUrl } from '@sluice/connectors';
import { type Counts, RESTING_STATES, type RunState, type TaskDocument } from '@sluice/model';
import type { Cluster } from './cluster.ts';

export interface ShownRun {
  readonly id: string;
  readonly task: string;
  readonly state: RunState;
  readonly traceId: string;
  readonly counts?: Counts;
  readonly healing?: Readonly<Record<string, number>>;
  readonly error?: { readonly code: string; readonly detail: string };
}

/** Makes data sources and a task by the API and starts it. */
export async function startCopy(...given: Parameters<typeof makeCopy>): Promise<ShownRun> {
  const task = await makeCopy(...given);
  return given[0].call<ShownRun>('POST', `/tasks/${task}:run`);
}

/** Makes data sources and a task by the API; answers the task's id. */
export async function makeCopy(
  cluster: Pick<Cluster, 'call'>,
  from: string,
  to: string,
  table: string,
  document: Partial<TaskDocument> = {},
): Promise<string> {
  const name = randomBytes(4).toString('hex');
  for (const [end, url] of [
    ['from', from],
    ['to', to],
  ] as const) {
    const { connector, config } = connectorForUrl(url);
    await cluster.call('POST', '/data-sources', { name: `${name}-${end}`, connector, config });
  }
  const task = await cluster.call<{ id: string }>('POST', '/tasks', {
    name,
    document: {
      mode: 'full',
      reader: { dataSource: `${name}-from`, parameters: { table } },
      writer: { dataSource: `${name}-to`, parameters: { table } },
      ...document,
    },
  });
  return task.id;
}

/** The run's changes of state, in order. */
export async function statesOf(cluster: Cluster, run: string): Promise<string[]> {
  const { items } = await cluster.call<{ items: { what: string }[] }>('GET', `/runs/${run}/events`);
  return items.map(({ what }) => what);
}

/** Waits until the run rests; a coordinator that is away meanwhile is waited for. */
export async function restedRun(
  cluster: Pick<Cluster, 'call'>,
  id: string,
  patience = 110_000,
): Promise<ShownRun> {
  const started = Date.now();
  for (;;) {
    const run = await cluster.call<ShownRun>('GET', `/runs/${id}`).catch(() => undefined);
    if (run !== undefined && RESTING_STATES.has(run.state)) return run;
    const waited = Date.now() - started;
    if (waited > patience) throw new Error(`Run ${id} does not end: ${JSON.stringify(run)}`);
    // Asking must not cost what is measured: the longer it takes, the seldomer.
    await new Promise((resolve) => setTimeout(resolve, Math.min(250, 10 + waited / 20)));
  }
}
