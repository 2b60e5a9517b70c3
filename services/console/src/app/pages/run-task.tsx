import { Button, Modal } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import type { Run } from '../api/answers.ts';
import { call, inWorkspace, problemFrom } from '../api/client.ts';
import { runsQuery } from '../api/queries.ts';
import { Icon } from '../parts/icon.tsx';
import { ProblemCard } from '../parts/problem-card.tsx';
import { useWorkspace } from '../shell/address.ts';
import { t } from '../texts/texts.ts';

/** Starts a task, saved before when that is needed, and shows its run. */
export function RunTask(props: {
  readonly task: string;
  readonly isSmall?: boolean;
  readonly isDisabled?: boolean;
}): ReactElement {
  const w = useWorkspace();
  const navigate = useNavigate();
  const client = useQueryClient();
  const show = (id: string): void => void navigate({ to: '/$w/runs/$id', params: { w, id } });
  const start = useMutation({
    mutationFn: () =>
      call<Run>('POST', inWorkspace(w, 'tasks', `${props.task}:run`), {
        body: {},
        headers: { 'idempotency-key': crypto.randomUUID() },
      }),
    onSuccess: ({ id }) => {
      void client.invalidateQueries({ queryKey: [w, 'runs', 'list'] });
      show(id);
    },
  });
  const code = start.error === null ? undefined : problemFrom(start.error).code;
  const active = async (): Promise<void> => {
    const { items } = await client.fetchQuery(runsQuery(w, { task: props.task, limit: 1 }));
    if (items[0] !== undefined) show(items[0].id);
  };
  return (
    <>
      <Button
        size={props.isSmall === true ? 'compact-sm' : 'sm'}
        variant={props.isSmall === true ? 'default' : 'filled'}
        leftSection={<Icon name="run" size={14} />}
        loading={start.isPending}
        disabled={props.isDisabled === true}
        onClick={() => start.mutate()}
        data-key={props.isSmall === true ? undefined : 'r'}
      >
        {t('tasks.run')}
      </Button>
      <Modal
        opened={start.error !== null}
        onClose={() => start.reset()}
        lockScroll={false}
        title={t('problem.title')}
        closeButtonProps={{ 'aria-label': t('action.close') }}
      >
        {start.error !== null && <ProblemCard error={start.error} />}
        <div className="row end">
          {code === 'SLUICE_RUN_ACTIVE' && <Button onClick={() => void active()}>{t('tasks.active')}</Button>}
          <Button
            variant="default"
            component={Link}
            {...({ to: '/$w/tasks/$id', params: { w, id: props.task } } as object)}
          >
            {t('tasks.open')}
          </Button>
        </div>
      </Modal>
    </>
  );
}
