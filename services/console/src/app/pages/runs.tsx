import { Select } from '@mantine/core';
import { RUN_TRANSITIONS, type RunState } from '@sluice/model/run-state';
import { useQuery } from '@tanstack/react-query';
import type { ReactElement } from 'react';
import { runsQuery, tasksQuery } from '../api/queries.ts';
import { Empty, Page, Waiting } from '../parts/page.tsx';
import { ProblemCard } from '../parts/problem-card.tsx';
import { useView, useWorkspace } from '../shell/address.ts';
import { t, type TextKey } from '../texts/texts.ts';
import { RunTable } from './home.tsx';

/** Runs of the workspace, the newest first. */
export function RunsPage(): ReactElement {
  const w = useWorkspace();
  const [{ state, task }, change] = useView();
  const runs = useQuery(runsQuery(w, { state, task }));
  const tasks = useQuery(tasksQuery(w));
  const known = tasks.data?.items ?? [];
  const nameOf = (id: string): string => known.find((one) => one.id === id)?.name ?? id;
  const states = Object.keys(RUN_TRANSITIONS) as RunState[];
  return (
    <Page
      title={t('runs.title')}
      actions={
        <>
          <Select
            data-filter
            aria-label={t('runs.task')}
            placeholder={t('runs.anyTask')}
            clearable
            clearButtonProps={{ 'aria-label': t('action.clear') }}
            searchable
            size="sm"
            value={task ?? null}
            data={known.map(({ id, name }) => ({ value: id, label: name }))}
            onChange={(value) => change({ task: value ?? undefined })}
          />
          <Select
            aria-label={t('runs.state')}
            placeholder={t('runs.anyState')}
            clearable
            clearButtonProps={{ 'aria-label': t('action.clear') }}
            size="sm"
            value={state ?? null}
            data={states.map((value) => ({ value, label: t(`state.${value}` as TextKey) }))}
            onChange={(value) => change({ state: value ?? undefined })}
          />
        </>
      }
    >
      {runs.error !== null && <ProblemCard error={runs.error} onRetry={() => void runs.refetch()} />}
      <section className="card flush">
        {runs.isPending ? (
          <Waiting />
        ) : (runs.data?.items.length ?? 0) === 0 ? (
          <Empty title={t('runs.none')} why={t(state === undefined ? 'runs.noneWhy' : 'runs.noneSuch')} />
        ) : (
          <RunTable runs={runs.data!.items} nameOf={nameOf} />
        )}
      </section>
    </Page>
  );
}
