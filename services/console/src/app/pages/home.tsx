import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import type { Run } from '../api/answers.ts';
import { runsQuery, sourcesQuery, tasksQuery } from '../api/queries.ts';
import { ago, duration, shortCount } from '../parts/format.ts';
import { Icon } from '../parts/icon.tsx';
import { Card, Empty, Page, Waiting } from '../parts/page.tsx';
import { ProblemCard } from '../parts/problem-card.tsx';
import { RunProgressCard } from '../parts/run-progress.tsx';
import { RunStatus } from '../parts/status.tsx';
import { useWorkspace } from '../shell/address.ts';
import { t } from '../texts/texts.ts';

const RESTING = new Set(['succeeded', 'failed', 'stopped', 'cancelled', 'needs-resync']);
const DAY = 86_400_000;

/** What is running now, what went wrong lately, and what to begin with. */
export function HomePage(): ReactElement {
  const w = useWorkspace();
  const runs = useQuery(runsQuery(w, { limit: 50 }));
  const tasks = useQuery(tasksQuery(w));
  const sources = useQuery(sourcesQuery(w));
  const nameOf = (id: string): string => tasks.data?.items.find((task) => task.id === id)?.name ?? id;
  const items = runs.data?.items ?? [];
  const active = items.filter(({ state }) => !RESTING.has(state));
  const failed = items.filter(({ state, createdAt }) => state === 'failed' && createdAt > Date.now() - DAY);
  const latest = items.filter(({ state }) => RESTING.has(state)).slice(0, 8);
  const shown = active.length > 0 ? active : items.slice(0, 1);
  return (
    <Page
      title={t('home.title')}
      actions={
        <Button
          component={Link}
          {...({ to: '/$w/tasks/new', params: { w } } as object)}
          leftSection={<Icon name="plus" />}
        >
          {t('tasks.new')}
        </Button>
      }
    >
      {runs.error !== null && <ProblemCard error={runs.error} onRetry={() => void runs.refetch()} />}
      <div className="quicks">
        <Quick to="/$w/tasks/new" icon="task" title={t('home.copy')} text={t('home.copyText')} />
        <Quick
          to="/$w/sources/new"
          icon="source"
          title={t('home.connect')}
          text={t('home.connectText', { count: sources.data?.items.length ?? 0 })}
        />
        <Quick to="/$w/topics" icon="topic" title={t('home.look')} text={t('home.lookText')} />
      </div>
      {runs.isPending && <Waiting />}
      {shown.map((run) => (
        <RunProgressCard
          key={run.id}
          run={run}
          title={active.length > 0 ? t('home.running') : t('home.last')}
          name={nameOf(run.task)}
        />
      ))}
      {failed.length > 0 && (
        <Card title={t('home.failed')}>
          <ul className="stages">
            {failed.slice(0, 5).map((run) => (
              <li key={run.id}>
                <Link to="/$w/runs/$id" params={{ w, id: run.id }}>
                  {nameOf(run.task)}
                </Link>
                <span className="grow wrap">{run.error?.detail}</span>
                <span className="dim">{ago(run.createdAt)}</span>
              </li>
            ))}
          </ul>
        </Card>
      )}
      <Latest runs={latest} nameOf={nameOf} isLoaded={!runs.isPending} />
    </Page>
  );
}

function Quick(props: {
  readonly to: '/$w/tasks/new' | '/$w/sources/new' | '/$w/topics';
  readonly icon: 'task' | 'source' | 'topic';
  readonly title: string;
  readonly text: string;
}): ReactElement {
  return (
    <Link to={props.to} params={{ w: useWorkspace() }} className="quick">
      <strong>
        <Icon name={props.icon} /> {props.title}
      </strong>
      <span className="dim">{props.text}</span>
    </Link>
  );
}

function Latest(props: {
  readonly runs: readonly Run[];
  readonly nameOf: (id: string) => string;
  readonly isLoaded: boolean;
}): ReactElement {
  const w = useWorkspace();
  if (props.isLoaded && props.runs.length === 0)
    return (
      <Card title={t('home.latest')}>
        <Empty title={t('runs.none')} why={t('runs.noneWhy')}>
          <Button component={Link} {...({ to: '/$w/tasks/new', params: { w } } as object)}>
            {t('home.copy')}
          </Button>
        </Empty>
      </Card>
    );
  return (
    <Card
      title={t('home.latest')}
      beside={
        <Link to="/$w/runs" params={{ w }}>
          {t('home.all')}
        </Link>
      }
    >
      <RunTable runs={props.runs} nameOf={props.nameOf} />
    </Card>
  );
}

/** Runs as rows; the first link of a row opens it. */
export function RunTable(props: {
  readonly runs: readonly Run[];
  readonly nameOf: (id: string) => string;
}): ReactElement {
  const w = useWorkspace();
  return (
    <div className="scroll" tabIndex={0} role="region" aria-label={t('runs.title')}>
      <table className="list">
        <thead>
          <tr>
            <th>{t('runs.task')}</th>
            <th>{t('runs.state')}</th>
            <th className="num">{t('ledger.read')}</th>
            <th className="num">{t('ledger.written')}</th>
            <th className="num">{t('ledger.dirty')}</th>
            <th className="num">{t('runs.took')}</th>
            <th>{t('runs.begun')}</th>
          </tr>
        </thead>
        <tbody>
          {props.runs.map((run) => (
            <tr key={run.id}>
              <td>
                <Link to="/$w/runs/$id" params={{ w, id: run.id }}>
                  {props.nameOf(run.task)}
                </Link>
              </td>
              <td>
                <RunStatus state={run.state} />
              </td>
              <td className="num">{shortCount(run.counts?.read ?? 0)}</td>
              <td className="num">{shortCount(run.counts?.written ?? 0)}</td>
              <td className="num">{shortCount(run.counts?.dirty ?? 0)}</td>
              <td className="num">
                {run.endedAt === undefined || run.startedAt === undefined
                  ? '–'
                  : duration(run.endedAt - run.startedAt)}
              </td>
              <td className="dim" title={new Date(run.createdAt).toISOString()}>
                {ago(run.createdAt)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
