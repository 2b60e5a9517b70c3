import { Code } from '@mantine/core';
import { RUN_TRANSITIONS, type RunState } from '@sluice/model/run-state';
import { useQuery, type UseQueryResult } from '@tanstack/react-query';
import type { ReactElement, ReactNode } from 'react';
import { dirtyQuery, ledgerQuery, runEventsQuery, splitsQuery } from '../api/queries.ts';
import { bytes, count, plain, time } from '../parts/format.ts';
import { Empty, Waiting } from '../parts/page.tsx';
import { ProblemCard } from '../parts/problem-card.tsx';
import { Figure } from '../parts/run-progress.tsx';
import { RunStatus, Status } from '../parts/status.tsx';
import { useWorkspace } from '../shell/address.ts';
import { t, type TextKey } from '../texts/texts.ts';

interface Part {
  readonly run: string;
}

const isState = (what: string): what is RunState => Object.hasOwn(RUN_TRANSITIONS, what);

/** What a query found, or that it is on its way, or what went wrong. */
function Loaded<T>(props: {
  readonly query: UseQueryResult<T>;
  readonly children: (data: T) => ReactNode;
}): ReactNode {
  const { data, error, refetch } = props.query;
  if (data !== undefined) return props.children(data);
  return error === null ? <Waiting /> : <ProblemCard error={error} onRetry={() => void refetch()} />;
}

function Rows(props: { readonly heads: readonly TextKey[]; readonly children: ReactNode }): ReactElement {
  return (
    <div className="scroll" tabIndex={0} role="region" aria-label={t('run.parts')}>
      <table className="list">
        <thead>
          <tr>
            {props.heads.map((head) => (
              <th key={head}>{t(head)}</th>
            ))}
          </tr>
        </thead>
        <tbody>{props.children}</tbody>
      </table>
    </div>
  );
}

export function SplitsTab({ run }: Part): ReactElement {
  const query = useQuery(splitsQuery(useWorkspace(), run));
  return (
    <Loaded query={query}>
      {({ items }) =>
        items.length === 0 ? (
          <Empty title={t('splits.none')} why={t('splits.noneWhy')} />
        ) : (
          <Rows
            heads={[
              'splits.split',
              'splits.state',
              'splits.channel',
              'ledger.read',
              'ledger.written',
              'ledger.dirty',
              'splits.position',
            ]}
          >
            {items.map((split) => (
              <tr key={split.split}>
                <td className="mono wrap">{plain(split.label)}</td>
                <td>
                  <Status
                    tone={split.state === 'final' ? 'good' : 'busy'}
                    icon={split.state === 'final' ? 'check' : 'run'}
                  >
                    {t(`splits.${split.state}`)}
                  </Status>
                </td>
                <td>{split.channel}</td>
                <td>{count(split.counts.read)}</td>
                <td>{count(split.counts.written)}</td>
                <td>{count(split.counts.dirty)}</td>
                <td className="mono wrap dim">{split.position === null ? '–' : plain(split.position)}</td>
              </tr>
            ))}
          </Rows>
        )
      }
    </Loaded>
  );
}

export function DirtyTab({ run }: Part): ReactElement {
  const query = useQuery(dirtyQuery(useWorkspace(), run));
  return (
    <Loaded query={query}>
      {({ items, nextCursor }) =>
        items.length === 0 ? (
          <Empty title={t('dirty.none')} why={t('dirty.noneWhy')} />
        ) : (
          <>
            <Rows heads={['dirty.column', 'dirty.reason', 'dirty.record', 'splits.split']}>
              {items.map((row) => (
                <tr key={row.id}>
                  <td>
                    <Code>{row.column ?? '–'}</Code>
                  </td>
                  <td>
                    {plain(row.reason)}
                    <div className="dim mono">{row.code}</div>
                  </td>
                  <td className="mono wrap">{plain(row.record)}</td>
                  <td>{row.split}</td>
                </tr>
              ))}
            </Rows>
            {nextCursor !== undefined && <p className="dim">{t('dirty.more', { count: items.length })}</p>}
          </>
        )
      }
    </Loaded>
  );
}

export function LedgerTab({ run }: Part): ReactElement {
  const query = useQuery(ledgerQuery(useWorkspace(), run));
  return (
    <Loaded query={query}>
      {(ledger) => (
        <div className="stack">
          <div className="figures">
            <Figure label={t('ledger.read')} value={count(ledger.read)} />
            <Figure label={t('ledger.written')} value={`= ${count(ledger.written)}`} />
            <Figure label={t('ledger.filtered')} value={`+ ${count(ledger.filtered)}`} />
            <Figure label={t('ledger.dirty')} value={`+ ${count(ledger.dirty)}`} />
            <Figure label={t('ledger.bytes')} value={bytes(ledger.bytes)} />
          </div>
          <div>
            <Status tone={ledger.balanced ? 'good' : 'bad'} icon={ledger.balanced ? 'check' : 'cross'}>
              {t(ledger.balanced ? 'ledger.balanced' : 'ledger.open')}
            </Status>
          </div>
        </div>
      )}
    </Loaded>
  );
}

export function HistoryTab({ run }: Part): ReactElement {
  const query = useQuery(runEventsQuery(useWorkspace(), run));
  return (
    <Loaded query={query}>
      {({ items }) => (
        <Rows heads={['history.time', 'runs.state', 'history.cause', 'history.actor']}>
          {items.map((event) => (
            <tr key={event.id}>
              <td className="dim">{time(event.time)}</td>
              <td>{isState(event.what) ? <RunStatus state={event.what} /> : event.what}</td>
              <td className="wrap">{plain(event.cause)}</td>
              <td className="dim">{event.actor}</td>
            </tr>
          ))}
        </Rows>
      )}
    </Loaded>
  );
}
