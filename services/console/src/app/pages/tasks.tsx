import { Button, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import { runsQuery, sourcesQuery, type Task, tasksQuery } from '../api/queries.ts';
import { ago, plain } from '../parts/format.ts';
import { Icon } from '../parts/icon.tsx';
import { Empty, Page, Waiting } from '../parts/page.tsx';
import { ProblemCard } from '../parts/problem-card.tsx';
import { RunStatus } from '../parts/status.tsx';
import { useView, useWorkspace } from '../shell/address.ts';
import { t } from '../texts/texts.ts';
import { RunTask } from './run-task.tsx';

/** Tasks of the workspace, each with its last run. */
export function TasksPage(): ReactElement {
  const w = useWorkspace();
  const [{ q = '', source }, change] = useView();
  const tasks = useQuery(tasksQuery(w));
  const sources = useQuery(sourcesQuery(w));
  const runs = useQuery(runsQuery(w, { limit: 200 }));
  const known = sources.data?.items ?? [];
  const sourceOf = (used: string) => known.find(({ id, name }) => id === used || name === used);
  const items = (tasks.data?.items ?? []).filter(
    ({ name, document: { reader, writer } }) =>
      name.toLowerCase().includes(q.toLowerCase()) &&
      (source === undefined ||
        [reader.dataSource, writer.dataSource].some((used) => sourceOf(used)?.id === source)),
  );
  const end = ({ document }: Task, side: 'reader' | 'writer'): string => {
    const { dataSource, parameters } = document[side];
    const { table } = parameters as { readonly table?: unknown };
    return plain([sourceOf(dataSource)?.name ?? dataSource, table].filter(Boolean).join('.'));
  };
  return (
    <Page
      title={t('tasks.title')}
      actions={
        <>
          {source !== undefined && (
            <Button variant="default" onClick={() => change({ source: undefined })}>
              {t('tasks.ofSource', { name: sourceOf(source)?.name ?? source })}{' '}
              <Icon name="cross" size={14} />
            </Button>
          )}
          <TextInput
            data-filter
            aria-label={t('sources.filter')}
            placeholder={t('sources.filter')}
            leftSection={<Icon name="search" size={15} />}
            value={q}
            onChange={({ currentTarget }) => change({ q: currentTarget.value })}
          />
          <Button
            component={Link}
            {...({ to: '/$w/tasks/new', params: { w } } as object)}
            leftSection={<Icon name="plus" />}
          >
            {t('tasks.new')}
          </Button>
        </>
      }
    >
      {tasks.error !== null && <ProblemCard error={tasks.error} onRetry={() => void tasks.refetch()} />}
      <section className="card flush">
        {tasks.isPending ? (
          <Waiting />
        ) : items.length === 0 ? (
          <Empty title={t('tasks.none')} why={t(q === '' ? 'tasks.noneWhy' : 'sources.noneSuch')}>
            <Button component={Link} {...({ to: '/$w/tasks/new', params: { w } } as object)}>
              {t('home.copy')}
            </Button>
          </Empty>
        ) : (
          <div className="scroll" tabIndex={0} role="region" aria-label={t('tasks.title')}>
            <table className="list">
              <thead>
                <tr>
                  <th>{t('tasks.name')}</th>
                  <th>{t('tasks.from')}</th>
                  <th>{t('tasks.to')}</th>
                  <th>{t('tasks.lastRun')}</th>
                  <th>{t('sources.changed')}</th>
                  <th>{t('tasks.start')}</th>
                </tr>
              </thead>
              <tbody>
                {items.map((task) => {
                  const last = runs.data?.items.find((run) => run.task === task.id);
                  return (
                    <tr key={task.id}>
                      <td>
                        <Link to="/$w/tasks/$id" params={{ w, id: task.id }}>
                          {plain(task.name)}
                        </Link>
                      </td>
                      <td className="mono wrap">{end(task, 'reader')}</td>
                      <td className="mono wrap">{end(task, 'writer')}</td>
                      <td>
                        {last === undefined ? (
                          <span className="dim">–</span>
                        ) : (
                          <Link to="/$w/runs/$id" params={{ w, id: last.id }}>
                            <RunStatus state={last.state} />
                          </Link>
                        )}
                      </td>
                      <td className="dim">{ago(task.updatedAt)}</td>
                      <td>
                        <RunTask task={task.id} isSmall />
                      </td>
                    </tr>
                  );
                })}
              </tbody>
            </table>
          </div>
        )}
      </section>
    </Page>
  );
}
