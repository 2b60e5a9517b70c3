import type { ConnectorSpec, TaskDocument } from '@sluice/model';
import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import type * as A from './answers.ts';
import { call, inWorkspace, queryOf } from './client.ts';

interface Page<T> {
  readonly items: readonly T[];
  readonly nextCursor?: string;
}

/** A task with its document as the engine reads it. */
export type Task = Omit<A.Task, 'document'> & { readonly document: TaskDocument };

const get = <T>(path: string, signal: AbortSignal): Promise<T> => call<T>('GET', path, { signal });

export const workspacesQuery = queryOptions({
  queryKey: ['workspaces'],
  queryFn: ({ signal }) => get<Page<A.Workspace>>('/api/v1/workspaces?limit=200', signal),
});

export const connectorsQuery = queryOptions({
  queryKey: ['connectors'],
  queryFn: ({ signal }) => get<Page<ConnectorSpec>>('/api/v1/connectors', signal),
  staleTime: Infinity,
});

export const workersQuery = queryOptions({
  queryKey: ['workers'],
  queryFn: ({ signal }) => get<Page<A.Worker>>('/api/v1/workers', signal),
});

export const sourcesQuery = (w: string) =>
  queryOptions({
    queryKey: [w, 'sources'],
    queryFn: ({ signal }) => get<Page<A.DataSource>>(inWorkspace(w, 'data-sources?limit=200'), signal),
  });

export const sourceQuery = (w: string, id: string) =>
  queryOptions({
    queryKey: [w, 'sources', id],
    queryFn: ({ signal }) => get<A.DataSource>(inWorkspace(w, 'data-sources', id), signal),
  });

export const tablesQuery = (w: string, id: string, search: string) =>
  queryOptions({
    queryKey: [w, 'tables', id, search],
    queryFn: ({ signal }) =>
      get<Page<A.Table>>(
        inWorkspace(w, 'data-sources', id, `tables${queryOf({ search, limit: 200 })}`),
        signal,
      ),
    placeholderData: keepPreviousData,
    retry: false,
  });

export const tasksQuery = (w: string) =>
  queryOptions({
    queryKey: [w, 'tasks'],
    queryFn: ({ signal }) => get<Page<Task>>(inWorkspace(w, 'tasks?limit=200&sort=-createdAt'), signal),
  });

export const taskQuery = (w: string, id: string) =>
  queryOptions({
    queryKey: [w, 'tasks', id],
    queryFn: ({ signal }) => get<Task>(inWorkspace(w, 'tasks', id), signal),
  });

export const runsQuery = (
  w: string,
  filter: {
    readonly state?: string | undefined;
    readonly task?: string | undefined;
    readonly limit?: number;
  } = {},
) =>
  queryOptions({
    queryKey: [w, 'runs', 'list', filter],
    queryFn: ({ signal }) =>
      get<Page<A.Run>>(inWorkspace(w, `runs${queryOf({ limit: 50, ...filter })}`), signal),
    placeholderData: keepPreviousData,
  });

export const runQuery = (w: string, id: string) =>
  queryOptions({
    queryKey: [w, 'runs', id],
    queryFn: ({ signal }) => get<A.Run>(inWorkspace(w, 'runs', id), signal),
  });

/** A part of a run that changes while it runs. */
const partQuery = <T>(w: string, id: string, part: string) =>
  queryOptions({
    queryKey: [w, 'runs', id, part],
    queryFn: ({ signal }) => get<T>(inWorkspace(w, 'runs', id, part), signal),
  });

export const splitsQuery = (w: string, id: string) => partQuery<Page<A.Split>>(w, id, 'splits');
export const ledgerQuery = (w: string, id: string) => partQuery<A.Ledger>(w, id, 'ledger');
export const runEventsQuery = (w: string, id: string) => partQuery<Page<A.RunEvent>>(w, id, 'events');
export const dirtyQuery = (w: string, id: string) =>
  partQuery<Page<A.DirtyRecord>>(w, id, 'dirty-records?limit=200');

export const topicsQuery = (w: string) =>
  queryOptions({
    queryKey: [w, 'topics'],
    queryFn: ({ signal }) => get<Page<A.Topic>>(inWorkspace(w, 'topics'), signal),
  });

export const partitionsQuery = (w: string, topic: string) =>
  queryOptions({
    queryKey: [w, 'topics', topic, 'partitions'],
    queryFn: ({ signal }) => get<Page<A.Partition>>(inWorkspace(w, 'topics', topic, 'partitions'), signal),
  });

export const consumersQuery = (w: string, topic: string) =>
  queryOptions({
    queryKey: [w, 'topics', topic, 'consumers'],
    queryFn: ({ signal }) => get<Page<A.Consumers>>(inWorkspace(w, 'topics', topic, 'consumers'), signal),
  });

export const messagesQuery = (w: string, topic: string, partition: number, offset: number | undefined) =>
  queryOptions({
    queryKey: [w, 'topics', topic, 'messages', partition, offset ?? 'newest'],
    queryFn: ({ signal }) =>
      get<Page<A.Message>>(
        inWorkspace(w, 'topics', topic, `messages${queryOf({ partition, offset, limit: 10 })}`),
        signal,
      ),
  });
