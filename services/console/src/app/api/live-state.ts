import type { QueryClient } from '@tanstack/react-query';
import { useSyncExternalStore } from 'react';
import { listen, type LiveEvent, type RunProgress } from './live.ts';

/** Rows per second that a run's line shows at most: four a second for a minute. */
const MOST_POINTS = 240;
/** Runs whose figures are kept; the oldest leave. */
const MOST_RUNS = 50;
/** What a screen reads of a run is read again this often (milliseconds) while it moves. */
const READ_EVERY = 1000;

export interface Live {
  readonly isOpen: boolean;
  readonly isPaused: boolean;
  /** Events that wait while the view is frozen. */
  readonly held: number;
  readonly runs: ReadonlyMap<string, RunFigures>;
}

export interface RunFigures {
  readonly last: RunProgress;
  readonly rates: readonly number[];
}

let state: Live = { isOpen: false, isPaused: false, held: 0, runs: new Map() };
const listeners = new Set<() => void>();
const readAt = new Map<string, number>();
const reading = new Map<string, ReturnType<typeof setTimeout>>();
let stale = false;

function set(next: Partial<Live>): void {
  state = { ...state, ...next };
  for (const listener of listeners) listener();
}

const subscribe = (listener: () => void): (() => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

export const useLive = (): Live => useSyncExternalStore(subscribe, () => state);

/** Figures of one run, if it has moved since this page was loaded. */
export const useFigures = (run: string): RunFigures | undefined =>
  useSyncExternalStore(subscribe, () => state.runs.get(run));

/** Feeds what happens in a workspace into the shown data. Answers what ends it. */
export function follow(workspace: string, client: QueryClient): () => void {
  set({ runs: new Map(), held: 0 });
  const leave = listen(workspace, (event) => take(workspace, client, event));
  return () => {
    leave();
    for (const timer of reading.values()) clearTimeout(timer);
    reading.clear();
    readAt.clear();
  };
}

/** Freezes the view, or shows what has happened meanwhile. */
export function pause(workspace: string, client: QueryClient, isPaused: boolean): void {
  set({ isPaused, held: 0 });
  if (!isPaused && stale) void client.invalidateQueries({ queryKey: [workspace] });
  stale = false;
}

function take(workspace: string, client: QueryClient, event: LiveEvent): void {
  if (event.kind === 'link') return set({ isOpen: event.isOpen });
  if (state.isPaused) {
    stale = true;
    return set({ held: state.held + 1 });
  }
  if (event.kind === 'reset') return void client.invalidateQueries({ queryKey: [workspace] });
  if (event.kind === 'state') {
    void client.invalidateQueries({ queryKey: [workspace, 'runs', 'list'] });
    void client.invalidateQueries({ queryKey: [workspace, 'topics'] });
    return readSoon(workspace, client, event.data.run, 0);
  }
  keep(event.data);
  readSoon(workspace, client, event.data.run, READ_EVERY);
}

function keep(last: RunProgress): void {
  const runs = new Map(state.runs);
  const rates = [...(runs.get(last.run)?.rates ?? []), last.rowsPerSecond].slice(-MOST_POINTS);
  runs.delete(last.run);
  runs.set(last.run, { last, rates });
  for (const id of runs.keys()) {
    if (runs.size <= MOST_RUNS) break;
    runs.delete(id);
  }
  set({ runs });
}

/** What is on screen of a run is read again, once per `every` milliseconds, and once more after the last event. */
function readSoon(workspace: string, client: QueryClient, run: string, every: number): void {
  if (reading.has(run)) return;
  const wait = Math.max(0, (readAt.get(run) ?? 0) + every - Date.now());
  reading.set(
    run,
    setTimeout(() => {
      reading.delete(run);
      readAt.set(run, Date.now());
      void client.invalidateQueries({ queryKey: [workspace, 'runs', run] });
    }, wait),
  );
}
