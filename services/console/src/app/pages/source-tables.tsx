import { TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import { tablesQuery } from '../api/queries.ts';
import { plain, shortCount } from '../parts/format.ts';
import { Card, Empty, Waiting } from '../parts/page.tsx';
import { ProblemCard } from '../parts/problem-card.tsx';
import { useView, useWorkspace } from '../shell/address.ts';
import { t } from '../texts/texts.ts';
import { TablePreview } from './table-preview.tsx';

/** Tables of a data source, found by a worker; from each a task can be begun. */
export function SourceTables({ source }: { readonly source: string }): ReactElement {
  const w = useWorkspace();
  const [{ q = '', table: shown }, change] = useView();
  const tables = useQuery(tablesQuery(w, source, q));
  const items = tables.data?.items ?? [];
  return (
    <>
      <Card
        title={t('tables.title')}
        beside={
          <TextInput
            data-filter
            size="xs"
            aria-label={t('tables.search')}
            placeholder={t('tables.search')}
            value={q}
            onChange={({ currentTarget }) => change({ q: currentTarget.value })}
          />
        }
      >
        {tables.error !== null && <ProblemCard error={tables.error} onRetry={() => void tables.refetch()} />}
        {tables.isPending && <Waiting />}
        {tables.data !== undefined && items.length === 0 && (
          <Empty title={t('tables.none')} why={t(q === '' ? 'tables.noneWhy' : 'tables.noneSuch')} />
        )}
        {items.length > 0 && (
          <div
            className="scroll"
            style={{ maxHeight: 340, overflowY: 'auto' }}
            tabIndex={0}
            role="region"
            aria-label={t('tables.title')}
          >
            <table className="list">
              <thead>
                <tr>
                  <th>{t('tables.table')}</th>
                  <th>{t('tables.kind')}</th>
                  <th className="num">{t('tables.rows')}</th>
                  <th>{t('tables.use')}</th>
                </tr>
              </thead>
              <tbody>
                {items.map((table) => (
                  <tr key={table.qualified}>
                    <td className="mono wrap">{plain(table.qualified)}</td>
                    <td>{t(`tables.${table.kind}`)}</td>
                    <td className="num">
                      {table.rowsEstimate === undefined ? '–' : `≈ ${shortCount(table.rowsEstimate)}`}
                    </td>
                    <td className="row">
                      <Link
                        to="."
                        search={(old) => ({ ...(old as object), table: table.qualified }) as never}
                        resetScroll={false}
                      >
                        {t('tables.preview')}
                      </Link>
                      <Link to="/$w/tasks/new" params={{ w }} search={{ source, table: table.qualified }}>
                        {t('tables.copy')}
                      </Link>
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
      </Card>
      {shown !== undefined && <TablePreview source={source} table={shown} />}
    </>
  );
}
