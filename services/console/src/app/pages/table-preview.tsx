import { useQuery } from '@tanstack/react-query';
import type { ReactElement } from 'react';
import type { Preview } from '../api/answers.ts';
import { call, inWorkspace } from '../api/client.ts';
import { plain } from '../parts/format.ts';
import { Card, Empty, Waiting } from '../parts/page.tsx';
import { ProblemCard } from '../parts/problem-card.tsx';
import { useWorkspace } from '../shell/address.ts';
import { t } from '../texts/texts.ts';
import { Value } from './topic-messages.tsx';

const ROWS = 50;

/** The first rows of a table as a reader gets them, with the types of its columns. */
export function TablePreview(props: { readonly source: string; readonly table: string }): ReactElement {
  const w = useWorkspace();
  const { source, table } = props;
  const found = useQuery({
    queryKey: [w, 'preview', source, table],
    queryFn: ({ signal }) =>
      call<Preview>('POST', inWorkspace(w, 'data-sources', `${source}:preview`), {
        body: { parameters: { table }, rows: ROWS },
        signal,
      }),
    retry: false,
  });
  const { data } = found;
  const title = t('tables.previewOf', { table: plain(table) });
  return (
    <Card title={title} beside={data?.isCut === true && <span className="dim">{t('tables.cut')}</span>}>
      {found.error !== null && <ProblemCard error={found.error} onRetry={() => void found.refetch()} />}
      {found.isPending && <Waiting />}
      {data !== undefined && data.dirty.length > 0 && (
        <p>{t('tables.bad', { count: data.dirty.length, reason: plain(data.dirty[0]!.reason) })}</p>
      )}
      {data !== undefined && data.rows.length === 0 && <Empty title={title} why={t('tables.empty')} />}
      {data !== undefined && data.rows.length > 0 && (
        <div className="scroll preview" tabIndex={0} role="region" aria-label={title}>
          <table className="list tight">
            <thead>
              <tr>
                {data.columns.map(({ name, kind, nativeType }) => (
                  <th key={name}>
                    {plain(name)}
                    <div className="mono">{plain(nativeType ?? kind)}</div>
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {data.rows.map((row, at) => (
                <tr key={at}>
                  {row.map((value, column) => (
                    <td key={data.columns[column]?.name ?? column} className="mono">
                      <Value value={value} />
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Card>
  );
}
