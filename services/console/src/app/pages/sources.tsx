import { Button, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import type { DataSource } from '../api/answers.ts';
import { connectorsQuery, sourcesQuery, tasksQuery } from '../api/queries.ts';
import { ago, plain } from '../parts/format.ts';
import { Icon } from '../parts/icon.tsx';
import { Empty, Page, Waiting } from '../parts/page.tsx';
import { ProblemCard } from '../parts/problem-card.tsx';
import { useView, useWorkspace } from '../shell/address.ts';
import { t } from '../texts/texts.ts';

/** Where a data source is: host or file, without anything secret. */
export function placeOf({ config }: DataSource): string {
  const { host, port, database, path, url, topic } = config as Readonly<Record<string, unknown>>;
  const server = host === undefined ? undefined : `${host}${port === undefined ? '' : `:${port}`}`;
  const parts = [server, database, path, url, topic].filter((part) => part !== undefined);
  return plain(parts.map(String).join(' / '));
}

/** Data sources of the workspace and who uses them. */
export function SourcesPage(): ReactElement {
  const w = useWorkspace();
  const [{ q = '' }, change] = useView();
  const sources = useQuery(sourcesQuery(w));
  const connectors = useQuery(connectorsQuery);
  const tasks = useQuery(tasksQuery(w));
  const titleOf = (name: string): string =>
    connectors.data?.items.find((one) => one.name === name)?.title ?? name;
  const usedBy = ({ id, name }: DataSource): number =>
    (tasks.data?.items ?? []).filter(({ document: { reader, writer } }) =>
      [reader.dataSource, writer.dataSource].some((used) => used === id || used === name),
    ).length;
  const items = (sources.data?.items ?? []).filter((source) =>
    `${source.name} ${source.connector} ${placeOf(source)}`.toLowerCase().includes(q.toLowerCase()),
  );
  return (
    <Page
      title={t('sources.title')}
      actions={
        <>
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
            {...({ to: '/$w/sources/new', params: { w } } as object)}
            leftSection={<Icon name="plus" />}
          >
            {t('sources.new')}
          </Button>
        </>
      }
    >
      {sources.error !== null && <ProblemCard error={sources.error} onRetry={() => void sources.refetch()} />}
      <section className="card flush">
        {sources.isPending ? (
          <Waiting />
        ) : items.length === 0 ? (
          <Empty title={t('sources.none')} why={t(q === '' ? 'sources.noneWhy' : 'sources.noneSuch')} />
        ) : (
          <div className="scroll" tabIndex={0} role="region" aria-label={t('sources.title')}>
            <table className="list">
              <thead>
                <tr>
                  <th>{t('sources.name')}</th>
                  <th>{t('sources.type')}</th>
                  <th>{t('sources.place')}</th>
                  <th className="num">{t('sources.usedBy')}</th>
                  <th>{t('sources.changed')}</th>
                </tr>
              </thead>
              <tbody>
                {items.map((source) => (
                  <tr key={source.id}>
                    <td>
                      <Link to="/$w/sources/$id" params={{ w, id: source.id }}>
                        {plain(source.name)}
                      </Link>
                    </td>
                    <td>{titleOf(source.connector)}</td>
                    <td className="mono wrap dim">{placeOf(source)}</td>
                    <td className="num">
                      {usedBy(source) === 0 ? (
                        <span className="dim">–</span>
                      ) : (
                        <Link to="/$w/tasks" params={{ w }} search={{ source: source.id }}>
                          {t('sources.tasks', { count: usedBy(source) })}
                        </Link>
                      )}
                    </td>
                    <td className="dim">{ago(source.updatedAt)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
      </section>
    </Page>
  );
}
