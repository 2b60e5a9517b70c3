import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import type { Consumers } from '../api/answers.ts';
import { consumersQuery, partitionsQuery, taskQuery } from '../api/queries.ts';
import { CopyButton } from '../parts/copy-button.tsx';
import { count } from '../parts/format.ts';
import { Page, Waiting } from '../parts/page.tsx';
import { ProblemCard } from '../parts/problem-card.tsx';
import { Tabs } from '../parts/tabs.tsx';
import { useView, useWorkspace } from '../shell/address.ts';
import { t } from '../texts/texts.ts';
import { TopicMessages } from './topic-messages.tsx';
import { partsOf } from './topics.tsx';

/** One topic: its batches as rows, its partitions, who reads it. */
export function TopicPage(): ReactElement {
  const w = useWorkspace();
  const { topic = '' } = useParams({ strict: false });
  const [{ tab = 'messages' }] = useView();
  const { task, stage } = partsOf(topic);
  const of = useQuery(taskQuery(w, task));
  const partitions = useQuery(partitionsQuery(w, topic));
  const consumers = useQuery(consumersQuery(w, topic));
  const error = partitions.error ?? consumers.error;
  return (
    <Page
      title={`${of.data?.name ?? task} · ${stage}`}
      above={
        <Link to="/$w/topics" params={{ w }}>
          {t('topics.title')}
        </Link>
      }
      beside={
        <span className="row tight dim mono wrap">
          {topic}
          <CopyButton value={topic} label={t('copy.id')} />
        </span>
      }
    >
      {error !== null && <ProblemCard error={error} onRetry={() => void partitions.refetch()} />}
      <section className="card">
        <Tabs
          current={tab}
          label={t('topics.parts')}
          tabs={[
            ['messages', t('topics.messages')],
            ['partitions', t('topics.partitions')],
            ['consumers', t('topics.consumers')],
          ]}
        />
        {partitions.data === undefined || consumers.data === undefined ? (
          error === null && <Waiting />
        ) : tab === 'partitions' ? (
          <table className="list">
            <thead>
              <tr>
                <th>{t('topics.partition')}</th>
                <th className="num">{t('topics.low')}</th>
                <th className="num">{t('topics.high')}</th>
                <th className="num">{t('topics.messages')}</th>
              </tr>
            </thead>
            <tbody>
              {partitions.data.items.map(({ channel, low, high }) => (
                <tr key={channel}>
                  <td>{channel}</td>
                  <td className="num">{count(low)}</td>
                  <td className="num">{count(high)}</td>
                  <td className="num">{count(high - low)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        ) : tab === 'consumers' ? (
          <Groups consumers={consumers.data.items} />
        ) : (
          <TopicMessages topic={topic} partitions={partitions.data.items} />
        )}
      </section>
    </Page>
  );
}

function Groups({ consumers }: { readonly consumers: readonly Consumers[] }): ReactElement {
  return (
    <table className="list">
      <thead>
        <tr>
          <th>{t('topics.group')}</th>
          <th className="num">{t('topics.partition')}</th>
          <th className="num">{t('topics.committed')}</th>
          <th className="num">{t('topics.lag')}</th>
        </tr>
      </thead>
      <tbody>
        {consumers.flatMap(({ group, lag }) =>
          lag.map((one) => (
            <tr key={`${group} ${one.channel}`}>
              <td className="mono wrap">{group}</td>
              <td className="num">{one.channel}</td>
              <td className="num">{one.committed === null ? '–' : count(one.committed)}</td>
              <td className="num">{one.committed === null ? '–' : count(one.lag)}</td>
            </tr>
          )),
        )}
      </tbody>
    </table>
  );
}
