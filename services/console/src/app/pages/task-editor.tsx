import { Button, TextInput } from '@mantine/core';
import type { TaskDocument } from '@sluice/model';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { lazy, type ReactElement, Suspense, useState } from 'react';
import type { Run } from '../api/answers.ts';
import { call, inWorkspace } from '../api/client.ts';
import { sourcesQuery, type Task } from '../api/queries.ts';
import { CopyId } from '../parts/copy-button.tsx';
import { Icon } from '../parts/icon.tsx';
import { Page, Waiting } from '../parts/page.tsx';
import { ProblemCard } from '../parts/problem-card.tsx';
import { Status } from '../parts/status.tsx';
import { Tabs } from '../parts/tabs.tsx';
import { useView, useWorkspace } from '../shell/address.ts';
import { t } from '../texts/texts.ts';
import { isJudgeable, nameOf } from './task-document.ts';
import { TaskWizard } from './task-wizard.tsx';

const TaskScript = lazy(async () => ({ default: (await import('./task-script.tsx')).TaskScript }));

/** One document with two views of it: wizard and script. Nothing is lost by going from one to the other. */
export function TaskEditor(props: { readonly document: TaskDocument; readonly task?: Task }): ReactElement {
  const w = useWorkspace();
  const navigate = useNavigate();
  const client = useQueryClient();
  const [{ view = 'wizard' }] = useView();
  const sources = useQuery(sourcesQuery(w));
  const [document, setDocument] = useState(props.document);
  const [saved, setSaved] = useState<Task | undefined>(props.task);
  const [given, setName] = useState(props.task?.name);
  const sourceName = (id: string): string => sources.data?.items.find((one) => one.id === id)?.name ?? id;
  const name = given ?? (isJudgeable(document) ? nameOf(document, sourceName) : '');
  const isChanged =
    saved === undefined || saved.name !== name || JSON.stringify(saved.document) !== JSON.stringify(document);
  const keep = async (): Promise<Task> => {
    if (!isChanged) return saved!;
    const body = { name: name.trim(), document };
    const task =
      saved === undefined
        ? await call<Task>('POST', inWorkspace(w, 'tasks'), {
            body,
            headers: { 'idempotency-key': crypto.randomUUID() },
          })
        : await call<Task>('PUT', inWorkspace(w, 'tasks', saved.id), {
            body,
            headers: { 'if-match': `"${saved.version}"`, prefer: 'require-match' },
          });
    setSaved(task);
    setName(task.name);
    client.setQueryData([w, 'tasks', task.id], task);
    void client.invalidateQueries({ queryKey: [w, 'tasks'], exact: true });
    return task;
  };
  const act = useMutation({
    mutationFn: async (what: 'save' | 'run') => {
      const task = await keep();
      if (what === 'save') return { task, run: undefined };
      const run = await call<Run>('POST', inWorkspace(w, 'tasks', `${task.id}:run`), {
        body: {},
        headers: { 'idempotency-key': crypto.randomUUID() },
      });
      return { task, run };
    },
    onSuccess: ({ task, run }) => {
      if (run !== undefined) return navigate({ to: '/$w/runs/$id', params: { w, id: run.id } });
      if (props.task === undefined)
        return navigate({ to: '/$w/tasks/$id', params: { w, id: task.id }, search: { view }, replace: true });
      return undefined;
    },
  });
  const mayAct = name.trim() !== '' && isJudgeable(document);
  return (
    <Page
      title={saved?.name ?? t('tasks.new')}
      above={
        <Link to="/$w/tasks" params={{ w }}>
          {t('tasks.title')}
        </Link>
      }
      beside={
        <span className="row">
          {saved !== undefined && <CopyId id={saved.id} />}
          {saved !== undefined && (
            <Link to="/$w/runs" params={{ w }} search={{ task: saved.id }}>
              {t('tasks.runs')}
            </Link>
          )}
          {isChanged ? (
            saved !== undefined && (
              <Status tone="wait" icon="warn">
                {t('tasks.unsaved')}
              </Status>
            )
          ) : (
            <Status tone="good" icon="check">
              {t('tasks.saved')}
            </Status>
          )}
        </span>
      }
      actions={
        <>
          <Button
            variant="default"
            disabled={!mayAct || !isChanged}
            loading={act.isPending && act.variables === 'save'}
            onClick={() => act.mutate('save')}
          >
            {t('tasks.save')}
          </Button>
          <Button
            leftSection={<Icon name="run" size={14} />}
            disabled={!mayAct}
            loading={act.isPending && act.variables === 'run'}
            onClick={() => act.mutate('run')}
            data-key="r"
          >
            {t(isChanged ? 'tasks.saveAndRun' : 'tasks.run')}
          </Button>
        </>
      }
    >
      {act.error !== null && <ProblemCard error={act.error} />}
      <div className="row task-name">
        <TextInput
          aria-label={t('tasks.name')}
          placeholder={t('tasks.name')}
          value={name}
          onChange={({ currentTarget }) => setName(currentTarget.value)}
          className="grow"
        />
      </div>
      <Tabs
        name="view"
        current={view}
        label={t('tasks.views')}
        tabs={[
          ['wizard', t('tasks.wizard')],
          ['script', t('tasks.script')],
        ]}
      />
      {view === 'script' ? (
        <Suspense fallback={<Waiting />}>
          <TaskScript document={document} onChange={setDocument} />
        </Suspense>
      ) : (
        <TaskWizard document={document} onChange={setDocument} sourceName={sourceName} />
      )}
    </Page>
  );
}
