import { useCallback, useEffect, useRef, useState } from 'react';
import type { LogLine, LogPage } from '../api/answers.ts';
import { call, inWorkspace, queryOf } from '../api/client.ts';
import { useFigures } from '../api/live-state.ts';

/** Lines of one page, and lines that are held at most: what is further away is read again when it is wanted. */
const PAGE = 500;
const MOST = 5000;
/** Lines in front of one that is asked for. */
const AROUND = 50;
/** The last lines of a run are written a moment after its last event: looked for this much later (milliseconds). */
const AFTERWARDS = [500, 2000];

export interface LogFilter {
  readonly level?: string | undefined;
  readonly stage?: string | undefined;
  readonly q?: string | undefined;
}

export interface Log {
  readonly lines: readonly LogLine[];
  readonly isLoaded: boolean;
  readonly hasEarlier: boolean;
  readonly error: unknown;
  earlier(): void;
}

interface Held {
  readonly lines: readonly LogLine[];
  /** Cursors of the server: behind the last line that was looked at, before the first one. */
  readonly after: number;
  readonly before: number;
  readonly isLoaded: boolean;
  readonly error: unknown;
}

const NOTHING: Held = { lines: [], after: 0, before: 0, isLoaded: false, error: undefined };

/** The end of a run's log, growing as the stream tells that the run moves; earlier pages when they are asked for. */
export function useLog(of: {
  readonly workspace: string;
  readonly run: string;
  readonly filter: LogFilter;
  /** A line to begin around; without it the end. */
  readonly line: number | undefined;
}): Log {
  const { workspace, run } = of;
  const { level, stage, q } = of.filter;
  const [held, setHeld] = useState(NOTHING);
  const now = useRef(held);
  // A line that is marked later is on screen already.
  const begin = useRef(of.line);
  const busy = useRef(false);
  const moved = useFigures(run)?.last;

  const keep = useCallback((next: Held) => {
    now.current = next;
    setHeld(next);
  }, []);
  const read = useCallback(
    (more: Readonly<Record<string, string | number>>, signal?: AbortSignal) =>
      call<LogPage>(
        'GET',
        inWorkspace(workspace, 'runs', run, `logs${queryOf({ limit: PAGE, level, stage, q, ...more })}`),
        signal === undefined ? {} : { signal },
      ),
    [workspace, run, level, stage, q],
  );
  const later = useCallback(async (): Promise<void> => {
    if (busy.current || !now.current.isLoaded) return;
    busy.current = true;
    try {
      for (;;) {
        const page = await read({ after: now.current.after });
        const isOver = page.after === now.current.after;
        if (page.lines.length > 0 || !isOver)
          keep({
            ...now.current,
            lines: [...now.current.lines, ...page.lines].slice(-MOST),
            after: page.after,
          });
        if (isOver) break;
      }
    } catch (error) {
      keep({ ...now.current, error });
    } finally {
      busy.current = false;
    }
  }, [read, keep]);

  useEffect(() => {
    const left = new AbortController();
    keep(NOTHING);
    const { current: line } = begin;
    const where = line === undefined ? { from: 'tail' } : { after: Math.max(0, line - AROUND) };
    read(where, left.signal).then(
      ({ lines, after, before }) => keep({ lines, after, before, isLoaded: true, error: undefined }),
      (error: unknown) => left.signal.aborted || keep({ ...NOTHING, isLoaded: true, error }),
    );
    return () => left.abort();
  }, [read, keep]);
  useEffect(() => {
    void later();
    const timers = AFTERWARDS.map((wait) => setTimeout(() => void later(), wait));
    return () => timers.forEach(clearTimeout);
  }, [moved, later]);

  const earlier = (): void => {
    if (busy.current || held.before <= 1) return;
    busy.current = true;
    read({ before: held.before })
      .then(({ lines, before }) =>
        keep({ ...now.current, lines: [...lines, ...now.current.lines].slice(0, MOST), before }),
      )
      .catch((error: unknown) => keep({ ...now.current, error }))
      .finally(() => {
        busy.current = false;
      });
  };
  return { ...held, hasEarlier: held.before > 1, earlier };
}
