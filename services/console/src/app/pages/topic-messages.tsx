import { Button, NumberInput, Select } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { type ReactElement, useState } from 'react';
import type { Message, Partition } from '../api/answers.ts';
import { messagesQuery } from '../api/queries.ts';
import { CopyButton } from '../parts/copy-button.tsx';
import { bytes, clock, count, plain } from '../parts/format.ts';
import { Empty, Waiting } from '../parts/page.tsx';
import { ProblemCard } from '../parts/problem-card.tsx';
import { Status } from '../parts/status.tsx';
import { useView, useWorkspace } from '../shell/address.ts';
import { t } from '../texts/texts.ts';

/** Rows of a batch that are shown at first; a batch may hold a thousand. */
const FIRST_ROWS = 20;

/** Batches of one partition from an offset on, the newest without one; each opens to its rows. */
export function TopicMessages(props: {
  readonly topic: string;
  readonly partitions: readonly Partition[];
}): ReactElement {
  const w = useWorkspace();
  const [view, change] = useView();
  const partition = Number(view['partition'] ?? 0);
  const offset = view['offset'] === undefined ? undefined : Number(view['offset']);
  const found = useQuery(messagesQuery(w, props.topic, partition, offset));
  const bounds = props.partitions.find(({ channel }) => channel === partition);
  const items = found.data?.items ?? [];
  const go = (to: number): void =>
    change({ offset: String(Math.max(bounds?.low ?? 0, to)), open: undefined });
  return (
    <div className="stack">
      <div className="row">
        <Select
          size="xs"
          w={150}
          aria-label={t('topics.partition')}
          value={String(partition)}
          allowDeselect={false}
          data={props.partitions.map(({ channel }) => ({
            value: String(channel),
            label: `${t('topics.partition')} ${channel}`,
          }))}
          onChange={(value) => change({ partition: value ?? '0', offset: undefined, open: undefined })}
        />
        <NumberInput
          data-filter
          size="xs"
          w={150}
          aria-label={t('topics.offset')}
          placeholder={t('topics.newest')}
          min={bounds?.low ?? 0}
          max={bounds?.high ?? 0}
          value={offset ?? ''}
          onChange={(value) => (value === '' ? change({ offset: undefined }) : go(Number(value)))}
        />
        <Button size="xs" variant="default" onClick={() => go(bounds?.low ?? 0)}>
          {t('topics.oldest')}
        </Button>
        <Button size="xs" variant="default" onClick={() => go((items[0]?.offset ?? 0) - 10)}>
          {t('topics.earlier')}
        </Button>
        <Button size="xs" variant="default" onClick={() => go((items.at(-1)?.offset ?? 0) + 1)}>
          {t('topics.later')}
        </Button>
        <Button
          size="xs"
          variant="default"
          onClick={() => {
            change({ offset: undefined, open: undefined });
            void found.refetch();
          }}
        >
          {t('topics.newest')}
        </Button>
        <span className="grow" />
        {bounds !== undefined && (
          <span className="dim">
            {t('topics.range', { low: count(bounds.low), high: count(bounds.high) })}
          </span>
        )}
      </div>
      {found.error !== null && <ProblemCard error={found.error} onRetry={() => void found.refetch()} />}
      {found.isPending && <Waiting />}
      {found.data !== undefined && items.length === 0 && (
        <Empty title={t('topics.noMessages')} why={t('topics.noMessagesWhy')} />
      )}
      {items.map((message) => (
        <Batch
          key={message.offset}
          message={message}
          isOpen={view['open'] === String(message.offset)}
          onToggle={(isOpen) => change({ open: isOpen ? String(message.offset) : undefined })}
        />
      ))}
    </div>
  );
}

function Batch(props: {
  readonly message: Message;
  readonly isOpen: boolean;
  readonly onToggle: (isOpen: boolean) => void;
}): ReactElement {
  const w = useWorkspace();
  const { message, isOpen } = props;
  return (
    <div className="batch">
      <button
        type="button"
        className="batch-head"
        aria-expanded={isOpen}
        onClick={() => props.onToggle(!isOpen)}
      >
        <b className="num">{count(message.offset)}</b>
        <Status
          tone={message.error === undefined ? 'busy' : 'bad'}
          icon={message.error === undefined ? 'topic' : 'cross'}
        >
          {message.kind ?? t('topics.unreadable')}
        </Status>
        <span>{t('topics.records', { count: count(message.recordCount ?? 0) })}</span>
        {(message.dirtyCount ?? 0) > 0 && (
          <Status tone="wait" icon="warn">
            {t('topics.dirty', { count: message.dirtyCount! })}
          </Status>
        )}
        {message.split !== undefined && (
          <span className="dim">
            {t('splits.split')} {message.split} · {t('topics.seq')} {message.seq}
          </span>
        )}
        <span className="grow" />
        {message.sourceBytes !== undefined && <span className="dim">{bytes(message.sourceBytes)}</span>}
        <span className="dim mono">{clock(message.timestamp)}</span>
      </button>
      {isOpen && (
        <div className="batch-body stack">
          <div className="row dim">
            {message.run !== undefined && (
              <Link to="/$w/runs/$id" params={{ w, id: message.run }}>
                {t('topics.run')}
              </Link>
            )}
            {message.position !== undefined && message.position !== null && (
              <span className="mono wrap">
                {t('splits.position')} {plain(message.position)}
              </span>
            )}
            {message.traceId !== undefined && (
              <span className="row tight mono">
                {t('problem.trace')} {message.traceId}
                <CopyButton value={message.traceId} label={t('copy.id')} />
              </span>
            )}
            <CopyButton value={JSON.stringify(message, null, 2)} label={t('topics.copy')} />
          </div>
          {message.error !== undefined && <span className="wrap">{plain(message.error)}</span>}
          <Rows rows={message.rows ?? []} />
        </div>
      )}
    </div>
  );
}

/** Decoded rows as a table; a value that is no text shows as JSON. */
export function Rows({
  rows,
}: {
  readonly rows: readonly Readonly<Record<string, unknown>>[];
}): ReactElement | null {
  const [isAll, setAll] = useState(false);
  const columns = Object.keys(rows[0] ?? {});
  if (columns.length === 0) return null;
  const shown = isAll ? rows : rows.slice(0, FIRST_ROWS);
  return (
    <>
      <div className="scroll" tabIndex={0} role="region" aria-label={t('topics.rows')}>
        <table className="list tight">
          <thead>
            <tr>
              {columns.map((column) => (
                <th key={column}>{plain(column)}</th>
              ))}
            </tr>
          </thead>
          <tbody>
            {shown.map((row, at) => (
              <tr key={at}>
                {columns.map((column) => (
                  <td key={column} className="mono">
                    <Value value={row[column]} />
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {rows.length > shown.length && (
        <div>
          <Button size="xs" variant="default" onClick={() => setAll(true)}>
            {t('topics.all', { count: rows.length })}
          </Button>
        </div>
      )}
    </>
  );
}

export function Value({ value }: { readonly value: unknown }): ReactElement {
  if (value === null || value === undefined) return <span className="dim">null</span>;
  return <>{plain(typeof value === 'string' ? value : JSON.stringify(value))}</>;
}
