import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import { sourcesQuery, taskQuery, workspacesQuery } from '../api/queries.ts';
import { Waiting } from '../parts/page.tsx';
import { ProblemCard } from '../parts/problem-card.tsx';
import { useView, useWorkspace } from '../shell/address.ts';
import { EMPTY_TASK, withTable } from './task-document.ts';
import { TaskEditor } from './task-editor.tsx';

/** A task that does not exist yet; the address may name its source and table. */
export function NewTaskPage(): ReactElement {
  const w = useWorkspace();
  const [{ source, table }] = useView();
  const workspaces = useQuery(workspacesQuery);
  const sources = useQuery(sourcesQuery(w));
  if (sources.error !== null) return <ProblemCard error={sources.error} />;
  if (sources.data === undefined || workspaces.data === undefined) return <Waiting />;
  const target = workspaces.data.items.find(({ id }) => id === w)?.defaultDataSource;
  const started = {
    ...EMPTY_TASK,
    reader: { dataSource: source ?? '', parameters: {} },
    writer: { dataSource: target === source ? '' : (target ?? ''), parameters: {} },
  };
  return <TaskEditor document={table === undefined ? started : withTable(started, 'reader', table)} />;
}

export function TaskPage(): ReactElement {
  const w = useWorkspace();
  const { id = '' } = useParams({ strict: false });
  const task = useQuery(taskQuery(w, id));
  if (task.error !== null) return <ProblemCard error={task.error} onRetry={() => void task.refetch()} />;
  if (task.data === undefined) return <Waiting />;
  return <TaskEditor key={task.data.id} document={task.data.document} task={task.data} />;
}
