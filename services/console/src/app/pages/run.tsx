import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { lazy, type ReactElement, Suspense } from 'react';
import { runQuery, taskQuery } from '../api/queries.ts';
import { CopyId } from '../parts/copy-button.tsx';
import { time } from '../parts/format.ts';
import { Page, Waiting } from '../parts/page.tsx';
import { ProblemCard } from '../parts/problem-card.tsx';
import { RunProgressCard } from '../parts/run-progress.tsx';
import { RunStatus } from '../parts/status.tsx';
import { Tabs } from '../parts/tabs.tsx';
import { useView, useWorkspace } from '../shell/address.ts';
import { t } from '../texts/texts.ts';
import { RunActions } from './run-actions.tsx';
import { RunStages } from './run-stages.tsx';
import { DirtyTab, HistoryTab, LedgerTab, SplitsTab } from './run-tabs.tsx';

const LogTab = lazy(async () => ({ default: (await import('./run-log.tsx')).LogTab }));

/** One run: how far it is, its log, its splits, what was dirty, its ledger. */
export function RunPage(): ReactElement {
  const w = useWorkspace();
  const { id = '' } = useParams({ strict: false });
  const [{ tab = 'log' }] = useView();
  const run = useQuery(runQuery(w, id));
  const task = useQuery({ ...taskQuery(w, run.data?.task ?? ''), enabled: run.data !== undefined });
  if (run.data === undefined)
    return run.error === null ? (
      <Waiting />
    ) : (
      <ProblemCard error={run.error} onRetry={() => void run.refetch()} />
    );
  const shown = run.data;
  const name = task.data?.name ?? shown.task;
  const isResting = shown.endedAt !== undefined;
  return (
    <Page
      title={name}
      above={
        <span className="row">
          <Link to="/$w/tasks/$id" params={{ w, id: shown.task }}>
            {t('run.task')}
          </Link>
          {t('run.from', { time: time(shown.createdAt), actor: shown.actor })} <CopyId id={shown.id} />
        </span>
      }
      beside={<RunStatus state={shown.state} />}
      actions={<RunActions run={shown} />}
    >
      {shown.error !== undefined && (
        <div className="problem" role="alert">
          <div className="problem-title">{shown.error.code}</div>
          <div className="wrap">{shown.error.detail}</div>
          <div className="problem-hint">{shown.error.hint}</div>
        </div>
      )}
      <RunProgressCard run={shown} title={t('run.progress')} name={name} isLinked={false} />
      <RunStages run={shown} />
      <section className="card">
        <Tabs
          current={tab}
          label={t('run.parts')}
          tabs={[
            ['log', t('run.log'), 'l'],
            ['splits', t('run.splits')],
            ['dirty', t('run.dirty', { count: shown.counts?.dirty ?? 0 })],
            ['ledger', t('run.ledger')],
            ['history', t('run.history')],
          ]}
        />
        <Suspense fallback={<Waiting />}>
          {tab === 'log' && <LogTab run={shown.id} isResting={isResting} />}
          {tab === 'splits' && <SplitsTab run={shown.id} />}
          {tab === 'dirty' && <DirtyTab run={shown.id} />}
          {tab === 'ledger' && <LedgerTab run={shown.id} />}
          {tab === 'history' && <HistoryTab run={shown.id} />}
        </Suspense>
      </section>
    </Page>
  );
}
