import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import type { Consumers, Run } from '../api/answers.ts';
import { useFigures } from '../api/live-state.ts';
import { consumersQuery, topicsQuery } from '../api/queries.ts';
import { count } from '../parts/format.ts';
import { Icon } from '../parts/icon.tsx';
import { useWorkspace } from '../shell/address.ts';
import { t } from '../texts/texts.ts';

/** Batches that wait in front of a stage; undefined: it takes nothing from this topic. */
function waiting(consumers: readonly Consumers[], stage: string): number | undefined {
  const group = consumers.find((one) => one.group.endsWith(`.${stage}`));
  const taken = group?.lag.filter(({ committed }) => committed !== null) ?? [];
  return taken.length === 0 ? undefined : taken.reduce((sum, { lag }) => sum + lag, 0);
}

/** Reader, mapper where there is one, and writer, with what waits between them: the stage behind the longest queue is the slow one. */
export function RunStages({ run }: { readonly run: Run }): ReactElement {
  const w = useWorkspace();
  const counts = useFigures(run.id)?.last.counts ?? run.counts;
  const topics = useQuery(topicsQuery(w));
  const names = ['read', 'mapped'].map((end) => `sluice.${w}.${run.task}.${end}`);
  const [read = '', mapped = ''] = names.map((name) =>
    topics.data?.items.some((topic) => topic.name === name) === true ? name : '',
  );
  // Asked for again whenever the run moves: the key begins with the run's.
  const ask = (topic: string) => ({
    ...consumersQuery(w, topic),
    queryKey: [w, 'runs', run.id, 'consumers', topic],
    enabled: topic !== '',
  });
  const behindRead = useQuery(ask(read));
  const behindMap = useQuery(ask(run.plan.mapped === true ? mapped : ''));
  const beforeMap = waiting(behindRead.data?.items ?? [], 'map');
  const beforeWrite = waiting((run.plan.mapped === true ? behindMap : behindRead).data?.items ?? [], 'write');
  return (
    <section className="pipeline" aria-label={t('stages.title')}>
      <Stage name={t('stages.read')} text={t('stages.records', { count: count(counts?.read ?? 0) })} />
      <Queue topic={read} batches={run.plan.mapped === true ? beforeMap : beforeWrite} />
      {run.plan.mapped === true && (
        <>
          <Stage
            name={t('stages.map')}
            text={t('stages.filtered', { count: count(counts?.filtered ?? 0) })}
          />
          <Queue topic={mapped} batches={beforeWrite} />
        </>
      )}
      <Stage name={t('stages.write')} text={t('stages.records', { count: count(counts?.written ?? 0) })} />
    </section>
  );
}

function Stage(props: { readonly name: string; readonly text: string }): ReactElement {
  return (
    <div className="pipeline-stage">
      <strong>{props.name}</strong>
      <span className="dim">{props.text}</span>
    </div>
  );
}

function Queue(props: { readonly topic: string; readonly batches: number | undefined }): ReactElement {
  const w = useWorkspace();
  const text = props.batches === undefined ? '–' : t('stages.waiting', { count: count(props.batches) });
  return (
    <div className="pipeline-queue">
      <Icon name="arrow" />
      {props.topic === '' ? (
        <span className="dim">{text}</span>
      ) : (
        <Link to="/$w/topics/$topic" params={{ w, topic: props.topic }}>
          {text}
        </Link>
      )}
    </div>
  );
}
