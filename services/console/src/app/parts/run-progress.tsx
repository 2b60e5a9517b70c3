import { Link } from '@tanstack/react-router';
import { type ReactElement, useEffect, useState } from 'react';
import type { Run } from '../api/answers.ts';
import { useFigures } from '../api/live-state.ts';
import { useWorkspace } from '../shell/address.ts';
import { t } from '../texts/texts.ts';
import { bytes, count, duration } from './format.ts';
import { Card } from './page.tsx';
import { Sparkline } from './sparkline.tsx';
import { RunStatus } from './status.tsx';

/** Words for people who cannot see the figures come this often (milliseconds). */
const SAY_EVERY = 10_000;

const NOTHING = { read: 0, written: 0, filtered: 0, dirty: 0, bytes: 0 };

/** How far a run is: share of known rows, else of splits; speed; what became of the records. */
export function RunProgressCard(props: {
  readonly run: Run;
  readonly title: string;
  readonly name: string;
  readonly isLinked?: boolean;
}): ReactElement {
  const { run } = props;
  const w = useWorkspace();
  const figures = useFigures(run.id);
  const isResting = run.endedAt !== undefined && run.state !== 'running';
  const live = figures?.last;
  // What the list says of a run that rests is final; while it runs the stream knows more.
  const state = isResting ? run.state : (live?.state ?? run.state);
  const counts = (isResting ? run.counts : live?.counts) ?? run.counts ?? NOTHING;
  const total = live?.total?.rows ?? run.plan.rows?.count;
  const done = counts.written + counts.filtered + counts.dirty;
  const share = state === 'succeeded' ? 1 : shareOf(done, total, live?.splits);
  const took = tookOf(run);
  const speed = isResting && took !== undefined ? (done / Math.max(took, 1)) * 1000 : live?.rowsPerSecond;
  const size =
    isResting && took !== undefined ? (counts.bytes / Math.max(took, 1)) * 1000 : live?.bytesPerSecond;
  const tone = state === 'succeeded' ? 'good' : state === 'failed' ? 'bad' : '';
  return (
    <Card title={props.title} beside={props.isLinked === false ? undefined : <RunStatus state={state} />}>
      <div className="row">
        {props.isLinked !== false && (
          <Link to="/$w/runs/$id" params={{ w, id: run.id }}>
            <strong>{props.name}</strong>
          </Link>
        )}
        <span className="grow" />
        <Sparkline values={figures?.rates ?? []} />
      </div>
      {share !== undefined && (
        <div
          className={`bar ${tone}`}
          role="progressbar"
          aria-label={t('run.progress')}
          aria-valuemin={0}
          aria-valuemax={100}
          aria-valuenow={Math.floor(share * 100)}
        >
          <i style={{ width: `${share * 100}%` }} />
        </div>
      )}
      <div className="figures">
        <Figure label={t('ledger.read')} value={count(counts.read)} />
        <Figure label={t('ledger.written')} value={count(counts.written)} />
        <Figure label={t('ledger.filtered')} value={count(counts.filtered)} />
        <Figure label={t('ledger.dirty')} value={count(counts.dirty)} />
        <Figure label={t('run.rowsPerSecond')} value={speed === undefined ? '–' : count(Math.round(speed))} />
        <Figure label={t('run.bytesPerSecond')} value={size === undefined ? '–' : `${bytes(size)}/s`} />
        {took !== undefined && isResting && <Figure label={t('runs.took')} value={duration(took)} />}
        {!isResting && live?.etaSeconds !== undefined && (
          <Figure label={t('run.eta')} value={`≈ ${duration(live.etaSeconds * 1000)}`} />
        )}
      </div>
      <Announce
        text={t('run.said', { name: props.name, state: t(`state.${state}`), written: count(counts.written) })}
      />
    </Card>
  );
}

function shareOf(
  done: number,
  total: number | undefined,
  splits: { readonly done: number; readonly total: number } | undefined,
): number | undefined {
  if (total !== undefined && total > 0) return Math.min(1, done / total);
  return splits === undefined || splits.total === 0 ? undefined : splits.done / splits.total;
}

const tookOf = ({ startedAt, endedAt }: Run): number | undefined =>
  startedAt === undefined || endedAt === undefined ? undefined : endedAt - startedAt;

export function Figure(props: { readonly label: string; readonly value: string }): ReactElement {
  return (
    <div className="figure">
      <b>{props.value}</b>
      <span>{props.label}</span>
    </div>
  );
}

/** Says a text to a screen reader, not more often than it can be heard. */
function Announce({ text }: { readonly text: string }): ReactElement {
  const [said, setSaid] = useState(text);
  const [at, setAt] = useState(0);
  useEffect(() => {
    const wait = Math.max(0, at + SAY_EVERY - Date.now());
    const timer = setTimeout(() => {
      setSaid(text);
      setAt(Date.now());
    }, wait);
    return () => clearTimeout(timer);
  }, [text, at]);
  return (
    <span className="announce" aria-live="polite">
      {said}
    </span>
  );
}
