import { Button, Select, Switch, TextInput } from '@mantine/core';
import { useVirtualizer } from '@tanstack/react-virtual';
import { type ReactElement, useEffect, useRef, useState } from 'react';
import type { LogLine } from '../api/answers.ts';
import { clock, plain } from '../parts/format.ts';
import { Empty } from '../parts/page.tsx';
import { ProblemCard } from '../parts/problem-card.tsx';
import { useView, useWorkspace } from '../shell/address.ts';
import { t } from '../texts/texts.ts';
import { useLog } from './log-pages.ts';

const LINE = 20;

/** The log of a run, its end first; only the lines on screen and some pages around them are held. */
export function LogTab(props: { readonly run: string; readonly isResting: boolean }): ReactElement {
  const w = useWorkspace();
  const [view, change] = useView();
  const [words, setWords] = useState(view['q'] ?? '');
  const isFollowing = view['follow'] !== 'no';
  const filter = { level: view['level'], stage: view['stage'], q: view['q'] };
  const marked = Number(view['line'] ?? 0);
  const log = useLog({ workspace: w, run: props.run, filter, line: marked > 0 ? marked : undefined });
  const box = useRef<HTMLDivElement>(null);
  const { lines } = log;
  const virtual = useVirtualizer({
    count: lines.length,
    getScrollElement: () => box.current,
    estimateSize: () => LINE,
    overscan: 20,
  });
  useEffect(() => {
    if (isFollowing && lines.length > 0) virtual.scrollToIndex(lines.length - 1, { align: 'end' });
  }, [isFollowing, lines, virtual]);
  // Once, when its page has come: afterwards people scroll as they like.
  const isShown = useRef(false);
  useEffect(() => {
    const at = lines.findIndex(({ n }) => n === marked);
    if (at < 0 || isShown.current || isFollowing) return;
    isShown.current = true;
    virtual.scrollToIndex(at, { align: 'center' });
  }, [lines, marked, isFollowing, virtual]);
  const scrolled = (): void => {
    const { scrollTop = 1 } = box.current ?? {};
    if (scrollTop === 0 && !isFollowing) log.earlier();
  };
  return (
    <div className="stack">
      <div className="row">
        <TextInput
          data-filter
          size="xs"
          aria-label={t('log.search')}
          placeholder={t('log.search')}
          value={words}
          onChange={({ currentTarget }) => setWords(currentTarget.value)}
          onKeyDown={({ key }) => key === 'Enter' && change({ q: words })}
          onBlur={() => words !== (view['q'] ?? '') && change({ q: words })}
        />
        <Select
          size="xs"
          w={130}
          aria-label={t('log.level')}
          placeholder={t('log.anyLevel')}
          clearable
          clearButtonProps={{ 'aria-label': t('action.clear') }}
          value={view['level'] ?? null}
          data={['debug', 'info', 'warn', 'error']}
          onChange={(level) => change({ level: level ?? undefined })}
        />
        <Select
          size="xs"
          w={130}
          aria-label={t('log.stage')}
          placeholder={t('log.anyStage')}
          clearable
          clearButtonProps={{ 'aria-label': t('action.clear') }}
          value={view['stage'] ?? null}
          data={['read', 'map', 'write']}
          onChange={(stage) => change({ stage: stage ?? undefined })}
        />
        <Switch
          size="sm"
          label={t('log.follow')}
          checked={isFollowing}
          onChange={({ currentTarget }) => change({ follow: currentTarget.checked ? undefined : 'no' })}
        />
        <Switch
          size="sm"
          label="UTC"
          checked={view['utc'] === 'yes'}
          onChange={({ currentTarget }) => change({ utc: currentTarget.checked ? 'yes' : undefined })}
        />
        <span className="grow" />
        {log.hasEarlier && (
          <Button size="compact-sm" variant="default" onClick={log.earlier}>
            {t('log.earlier')}
          </Button>
        )}
        <Button size="compact-sm" variant="default" onClick={() => save(`run-${props.run}.txt`, lines)}>
          {t('log.download')}
        </Button>
      </div>
      {log.error !== undefined && <ProblemCard error={log.error} />}
      {lines.length === 0 && log.isLoaded ? (
        <Empty title={t('log.none')} why={t(view['q'] === undefined ? 'log.noneWhy' : 'log.noneSuch')} />
      ) : (
        <div
          className="log"
          ref={box}
          onScroll={scrolled}
          tabIndex={0}
          role="log"
          aria-label={t('run.log')}
          aria-live="off"
        >
          <div className="log-lines" style={{ height: virtual.getTotalSize() }}>
            {virtual.getVirtualItems().map(({ index, start }) => (
              <Line
                key={lines[index]!.n}
                line={lines[index]!}
                top={start}
                isMarked={lines[index]!.n === marked}
                isUtc={view['utc'] === 'yes'}
                onMark={(n) => change({ line: String(n), follow: 'no' })}
              />
            ))}
          </div>
        </div>
      )}
    </div>
  );
}

/** Gives the lines that are loaded as a file. */
function save(name: string, lines: readonly LogLine[]): void {
  const text = lines.map(({ time, level, stage, message }) =>
    [new Date(time).toISOString(), level, stage ?? '-', message].join(' '),
  );
  const url = URL.createObjectURL(new Blob([`${text.join('\n')}\n`], { type: 'text/plain' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}

function Line(props: {
  readonly line: LogLine;
  readonly top: number;
  readonly isMarked: boolean;
  readonly isUtc: boolean;
  readonly onMark: (n: number) => void;
}): ReactElement {
  const { n, time, level, stage, split, code, message } = props.line;
  return (
    <div
      className={`log-line${props.isMarked ? ' marked' : ''}`}
      style={{ transform: `translateY(${props.top}px)` }}
      onDoubleClick={() => props.onMark(n)}
    >
      <span className="n">{n}</span>
      <span className="dim" title={new Date(time).toISOString()}>
        {clock(time, props.isUtc)}
      </span>
      <span className={`level-${level}`}>{level.padEnd(5)}</span>
      <span className="dim">{`${stage ?? ''}${split === undefined ? '' : ` ${split}`}`.padEnd(8)}</span>
      <span>
        {code === undefined ? '' : `${code} `}
        {plain(message)}
      </span>
    </div>
  );
}
