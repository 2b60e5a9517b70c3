import { Button, Modal, NumberInput } from '@mantine/core';
import { ACTIVE_STATES } from '@sluice/model/run-state';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { type ReactElement, useState } from 'react';
import type { Run } from '../api/answers.ts';
import { call, inWorkspace } from '../api/client.ts';
import { Icon } from '../parts/icon.tsx';
import { ProblemCard } from '../parts/problem-card.tsx';
import { useWorkspace } from '../shell/address.ts';
import { t } from '../texts/texts.ts';

type Verb = 'stop' | 'cancel' | 'resume' | 'rerun';

/** What can be done with a run in the state that it is in. */
export function RunActions({ run }: { readonly run: Run }): ReactElement {
  const w = useWorkspace();
  const client = useQueryClient();
  const navigate = useNavigate();
  const [dialog, setDialog] = useState<'cancel' | 'throttle'>();
  const act = useMutation({
    mutationFn: (verb: Verb) => call<Run>('POST', inWorkspace(w, 'runs', `${run.id}:${verb}`)),
    onSuccess: (answer, verb) => {
      void client.invalidateQueries({ queryKey: [w, 'runs'] });
      if (verb === 'rerun') void navigate({ to: '/$w/runs/$id', params: { w, id: answer.id } });
    },
  });
  const isActive = ACTIVE_STATES.has(run.state);
  const mayResume = run.state === 'stopped' || run.state === 'failed';
  const button = (verb: Verb, more: object = {}): ReactElement => (
    <Button
      variant="default"
      size="sm"
      loading={act.isPending && act.variables === verb}
      onClick={() => act.mutate(verb)}
      {...more}
    >
      {t(`run.${verb}`)}
    </Button>
  );
  return (
    <>
      {isActive && (
        <Button variant="default" size="sm" onClick={() => setDialog('throttle')}>
          {t('run.throttle')}
        </Button>
      )}
      {isActive && button('stop', { leftSection: <Icon name="pause" size={15} /> })}
      {isActive && (
        <Button variant="default" size="sm" onClick={() => setDialog('cancel')}>
          {t('run.cancel')}
        </Button>
      )}
      {mayResume && button('resume', { leftSection: <Icon name="run" size={15} /> })}
      {!isActive && button('rerun', { leftSection: <Icon name="retry" size={15} />, 'data-key': 'r' })}
      <Modal
        opened={act.error !== null}
        onClose={() => act.reset()}
        lockScroll={false}
        title={t('problem.title')}
        closeButtonProps={{ 'aria-label': t('action.close') }}
      >
        {act.error !== null && <ProblemCard error={act.error} />}
      </Modal>
      <Modal
        opened={dialog === 'cancel'}
        onClose={() => setDialog(undefined)}
        lockScroll={false}
        title={t('run.cancelTitle')}
        closeButtonProps={{ 'aria-label': t('action.close') }}
      >
        <p>{t('run.cancelText')}</p>
        <div className="row end">
          <Button variant="default" onClick={() => setDialog(undefined)}>
            {t('run.keep')}
          </Button>
          <Button
            color="red"
            onClick={() => {
              setDialog(undefined);
              act.mutate('cancel');
            }}
          >
            {t('run.cancel')}
          </Button>
        </div>
      </Modal>
      <Throttle run={run} isOpen={dialog === 'throttle'} onClose={() => setDialog(undefined)} />
    </>
  );
}

function Throttle(props: {
  readonly run: Run;
  readonly isOpen: boolean;
  readonly onClose: () => void;
}): ReactElement {
  const w = useWorkspace();
  const { run } = props;
  const [rows, setRows] = useState<number | string>(run.rowsPerSecond ?? '');
  const [size, setSize] = useState<number | string>(run.bytesPerSecond ?? '');
  const send = useMutation({
    mutationFn: () =>
      call<Run>('POST', inWorkspace(w, 'runs', `${run.id}:throttle`), {
        body: {
          ...(rows === '' ? {} : { rowsPerSecond: Number(rows) }),
          ...(size === '' ? {} : { bytesPerSecond: Number(size) }),
        },
      }),
    onSuccess: props.onClose,
  });
  return (
    <Modal
      opened={props.isOpen}
      onClose={props.onClose}
      lockScroll={false}
      title={t('run.throttleTitle')}
      closeButtonProps={{ 'aria-label': t('action.close') }}
    >
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          send.mutate();
        }}
      >
        {send.error !== null && <ProblemCard error={send.error} />}
        <NumberInput label={t('control.rows')} min={1} value={rows} onChange={setRows} data-autofocus />
        <NumberInput label={t('control.bytes')} min={1} value={size} onChange={setSize} />
        <div className="row end">
          <Button type="submit" loading={send.isPending}>
            {t('run.throttleSend')}
          </Button>
        </div>
      </form>
    </Modal>
  );
}
