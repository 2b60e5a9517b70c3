import { useQueries, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import type { Consumers, Partition } from '../api/answers.ts';
import { consumersQuery, partitionsQuery, tasksQuery, topicsQuery } from '../api/queries.ts';
import { ago, count, plain } from '../parts/format.ts';
import { Empty, Page, Waiting } from '../parts/page.tsx';
import { ProblemCard } from '../parts/problem-card.tsx';
import { useWorkspace } from '../shell/address.ts';
import { t } from '../texts/texts.ts';

/** Stage and task of a topic `sluice.{workspace}.{task}.{stage}`. */
export function partsOf(topic: string): { readonly task: string; readonly stage: string } {
  const parts = topic.split('.');
  return { task: parts.slice(2, -1).join('.'), stage: parts.at(-1) ?? '' };
}

export const messagesIn = (partitions: readonly Partition[]): number =>
  partitions.reduce((sum, { low, high }) => sum + high - low, 0);

/** The group that is furthest behind; groups that never took anything are no groups of this topic. */
export function lagOf(consumers: readonly Consumers[]): number | undefined {
  const groups = consumers.filter(({ lag }) => lag.some(({ committed }) => committed !== null));
  if (groups.length === 0) return undefined;
  return Math.max(...groups.map(({ lag }) => lag.reduce((sum, one) => sum + one.lag, 0)));
}

/** Topics of the workspace: a snapshot with its age, which blocks nobody. */
export function TopicsPage(): ReactElement {
  const w = useWorkspace();
  const topics = useQuery(topicsQuery(w));
  const tasks = useQuery(tasksQuery(w));
  const items = topics.data?.items ?? [];
  const partitions = useQueries({ queries: items.map(({ name }) => partitionsQuery(w, name)) });
  const consumers = useQueries({ queries: items.map(({ name }) => consumersQuery(w, name)) });
  const taskOf = (topic: string): string =>
    tasks.data?.items.find(({ id }) => id === partsOf(topic).task)?.name ?? partsOf(topic).task;
  return (
    <Page
      title={t('topics.title')}
      beside={
        topics.data !== undefined && (
          <span className="dim">{t('topics.age', { age: ago(topics.dataUpdatedAt) })}</span>
        )
      }
    >
      {topics.error !== null && <ProblemCard error={topics.error} onRetry={() => void topics.refetch()} />}
      <section className="card flush">
        {topics.isPending ? (
          <Waiting />
        ) : items.length === 0 ? (
          <Empty title={t('topics.none')} why={t('topics.noneWhy')} />
        ) : (
          <div className="scroll" tabIndex={0} role="region" aria-label={t('topics.title')}>
            <table className="list">
              <thead>
                <tr>
                  <th>{t('runs.task')}</th>
                  <th>{t('topics.stage')}</th>
                  <th>{t('topics.topic')}</th>
                  <th className="num">{t('topics.partitions')}</th>
                  <th className="num">{t('topics.messages')}</th>
                  <th className="num">{t('topics.lag')}</th>
                </tr>
              </thead>
              <tbody>
                {items.map(({ name, channels }, at) => {
                  const lag = lagOf(consumers[at]?.data?.items ?? []);
                  const held = partitions[at]?.data?.items;
                  return (
                    <tr key={name}>
                      <td>
                        <Link to="/$w/topics/$topic" params={{ w, topic: name }}>
                          {plain(taskOf(name))}
                        </Link>
                      </td>
                      <td>{partsOf(name).stage}</td>
                      <td className="mono wrap dim">{name}</td>
                      <td className="num">{channels}</td>
                      <td className="num">{held === undefined ? '–' : count(messagesIn(held))}</td>
                      <td className="num">{lag === undefined ? '–' : count(lag)}</td>
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
