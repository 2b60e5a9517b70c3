import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactElement } from 'react';
import type { DryRun } from '../api/answers.ts';
import { plain } from '../parts/format.ts';
import { Card, Empty, Waiting } from '../parts/page.tsx';
import { ProblemCard } from '../parts/problem-card.tsx';
import { Status } from '../parts/status.tsx';
import { t } from '../texts/texts.ts';
import { Value } from './topic-messages.tsx';

const SHOWN = {
  mapped: ['good', 'check'],
  filtered: ['rest', 'pause'],
  dirty: ['bad', 'warn'],
} as const;

/** Some rows of the source through the mapper that the run will use. */
export function TaskPreview(props: {
  readonly preview: UseQueryResult<DryRun>;
  readonly isAsked: boolean;
}): ReactElement {
  const { data, error, isFetching, refetch } = props.preview;
  const rows = data?.rows ?? [];
  const columns = Object.keys((rows.find(({ mapped }) => mapped !== undefined)?.mapped as object) ?? {});
  return (
    <Card title={t('preview.title')} beside={<span className="dim">{t('preview.hint')}</span>}>
      {error !== null && props.isAsked && <ProblemCard error={error} onRetry={() => void refetch()} />}
      {data === undefined && isFetching && <Waiting />}
      {data === undefined && !isFetching && error === null && <span className="dim">{t('preview.why')}</span>}
      {data !== undefined && rows.length === 0 && (
        <Empty title={t('preview.none')} why={t('preview.noneWhy')} />
      )}
      {rows.length > 0 && (
        <div className="scroll" tabIndex={0} role="region" aria-label={t('preview.title')}>
          <table className="list tight">
            <thead>
              <tr>
                <th>{t('preview.outcome')}</th>
                {columns.map((column) => (
                  <th key={column}>{plain(column)}</th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rows.map((row, at) => (
                <tr key={at}>
                  <td>
                    <Status tone={SHOWN[row.outcome][0]} icon={SHOWN[row.outcome][1]}>
                      {t(`preview.${row.outcome}`)}
                    </Status>
                  </td>
                  {row.mapped === undefined ? (
                    <td colSpan={Math.max(1, columns.length)}>
                      {row.column !== undefined && <b className="mono">{plain(row.column)} </b>}
                      {plain(row.reason ?? JSON.stringify(row.source))}
                    </td>
                  ) : (
                    columns.map((column) => (
                      <td key={column} className="mono">
                        <Value value={row.mapped?.[column]} />
                      </td>
                    ))
                  )}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Card>
  );
}
